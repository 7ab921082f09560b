"""Comparison of two placements of one set: did a model move?

Paired differences with intervals and verdicts; reads no files. Called by `tables` and `runs`.
"""
