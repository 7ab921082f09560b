"""Elicitation methods, one a file: statements in wordings become prompts. Pure, no torch."""
