"""Transformers checkpoints: loaded and checked, tokenised, scored, written with. Shared by the
backends `masked`, `causal`, `seq2seq` and `stance`."""
