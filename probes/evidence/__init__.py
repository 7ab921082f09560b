"""Evidence: the answers of models, as lines on disk and as columns in memory.

Answers are interpreted in `agreement`. Called by `asking`, `agreement` and `runs`.
"""
