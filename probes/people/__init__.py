"""People's answers to a statement set: reading, positions, and psychometrics of the set.

Independent of models and runs. Called by `validity`, `tables` and `cli`.
"""
