"""Placement: from agreement to a position on an axis, with interval, bounds and gates.

Works on one model at a time; no files. Called by `tables` and `comparison`.
"""
