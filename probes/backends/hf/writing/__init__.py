"""Text generation with causal models and encoder-decoders, independent of the batch.

Used by the backends `causal` and `seq2seq`.
"""
