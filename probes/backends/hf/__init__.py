"""Transformers checkpoints: loading, tokenizing, scoring and generation. Shared by the backends
`masked`, `causal`, `seq2seq`, `stance`, `reward` and `implicit`."""
