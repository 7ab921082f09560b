"""Requests in pairs: what a model writes for either side of a claim, in numbers and tables."""
