"""Text by a causal or encoder-decoder model, the same bytes whatever the batch.

Reads no reply. Called by the backends `causal` and `seq2seq`.
"""
