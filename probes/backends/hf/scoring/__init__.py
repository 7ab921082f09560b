"""Exact probabilities of forms in their texts, with as few computations as possible.

Loads nothing and writes no text. Used by the backends `masked`, `causal` and `seq2seq`.
"""
