"""Exact probabilities of forms in their place, with as little computation as that takes.

Loads nothing and writes no text. Called by the backends `masked`, `causal` and `seq2seq`.
"""
