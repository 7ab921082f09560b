"""What all trainings share: transformers' Trainer, checkpoints, low-rank matrices (LoRA)."""
