"""Recorded replies: files of other programs -> rows -> a recording.

Does not read which option a reply chose (see `replies`). Used by the backend `recorded` and by
`runs`.
"""
