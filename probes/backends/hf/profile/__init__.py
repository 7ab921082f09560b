"""Profiling of local models: operations, seconds, and the machine's peak throughput.

Does not affect scores. Used by the backends and by `runs`.
"""
