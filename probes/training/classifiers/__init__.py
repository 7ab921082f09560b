"""Classifiers: a masked or causal model with a new head, fine-tuned on the texts of a task."""
