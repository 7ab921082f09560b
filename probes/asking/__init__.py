"""How a statement is put: wordings, protocols, the plan of a run, and the loop that asks.

Knows no tokens and no torch: a backend scores or writes. Called by `runs`, `methods` and
`validity`.
"""
