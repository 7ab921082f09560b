"""Training a model further on a corpus, so that it can be probed again.

Asks no statements. Called by `cli` and `demo`.
"""
