"""Classification tasks: strict task files, their texts, and checks before training."""
