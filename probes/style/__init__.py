"""Style baselines: what style alone would prefer in pairs of texts, compared with a reward model's
preferences (docs/method.md 11).

Computes one table from the agreement table. Called by `runs`.
"""
