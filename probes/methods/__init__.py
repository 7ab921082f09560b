"""Elicitation methods, one per file: they turn statements and wordings into prompts. No torch."""
