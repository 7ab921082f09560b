"""Everything that a run concludes, gathered into tables.

Reads no file and draws nothing. Called by `runs`, `validity` and `api`.
"""
