"""Asking models: wordings, protocols, the plan of a run, and the loop that executes it.

Uses no tokens and no torch: a backend scores options or writes replies. Called by `runs`, `methods`
and `validity`.
"""
