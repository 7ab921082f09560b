"""Computes the tables of a run.

Reads no file and draws nothing. Called by `runs`, `validity` and `api`.
"""
