"""A statement set: from its file to a value, texts from elsewhere included.

Asks no model. Called by `asking`, `runs`, `importers` and `validity`.
"""
