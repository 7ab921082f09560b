"""Classifiers: a masked or causal model under a new head, trained on the texts of a task."""
