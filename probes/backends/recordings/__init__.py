"""Recorded replies: from files of strangers to rows, and from rows to a recording.

What a reply chose is not read here (see `replies`). Called by backend `recorded` and `runs`.
"""
