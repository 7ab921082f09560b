"""The run folder: ask, judge, conclude, compare, in one language or several.

Computes no number itself. Called by `cli`, `api`, `report`, `cluster` and `demo`.
"""
