"""Checkpoints of transformers: found, checked, loaded, tokenised. What the backends share."""
