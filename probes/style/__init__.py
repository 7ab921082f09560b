"""What style alone would prefer in pairs of texts, beside what a model prefers (docs/method.md 11).

Finished agreement in, one table out. Called by `runs`.
"""
