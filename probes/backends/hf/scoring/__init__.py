"""Exact probabilities of forms in their texts, with as little computation as possible.

Used by the backends `masked`, `causal` and `seq2seq`.
"""
