"""Text by causal models and encoder-decoders; the same bytes whatever the batch.

Does not read replies. Used by the backends `causal` and `seq2seq`.
"""
