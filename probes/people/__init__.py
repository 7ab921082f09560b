"""People's answers to a statement set: read, placed like models, and what they say of the set.

Knows no model and no run. Called by `validity`, `tables` and `cli`.
"""
