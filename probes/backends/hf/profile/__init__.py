"""Profiling of local models: operations counted, seconds measured, the machine's peak throughput.

Changes no score. Used by the backends and by `runs`.
"""
