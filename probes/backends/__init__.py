"""Backends: sources of scores and replies, one per module, with at most one heavy import each."""
