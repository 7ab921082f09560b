"""Answers on disk, line by line, and as columns.

What an answer means is not known here (see `agreement`). Called by `asking`, `agreement`
and `runs`.
"""
