"""Agreement -> a position on an axis, with interval, bounds and gates.

One model at a time; no files. Called by `tables` and `comparison`.
"""
