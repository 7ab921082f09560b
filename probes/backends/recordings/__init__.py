"""Reading recorded replies: files of other programs -> rows -> a recording.

`replies` parses which option a reply chose. Used by the backend `recorded` and by `runs`.
"""
