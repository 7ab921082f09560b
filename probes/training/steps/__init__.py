"""The steps of a training: transformers' Trainer, its checkpoints, low-rank matrices."""
