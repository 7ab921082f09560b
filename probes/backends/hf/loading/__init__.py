"""Loading transformers checkpoints safely: hub and folder, adapter, architecture, device, memory.

Scores and writes nothing. Used by the backends `masked`, `causal`, `seq2seq` and `stance`.
"""
