"""Opening a Hugging Face checkpoint safely: folder, hub, adapter, architecture, device, memory.

Scores and writes nothing. Called by the backends `masked`, `causal`, `seq2seq` and `stance`.
"""
