"""Where the time of a local model goes: operations, seconds, the machine's peak.

Changes no number. Called by the backends and `runs`.
"""
