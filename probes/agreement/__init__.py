"""Answers -> log-odds of agreement: one row per statement and wording.

Positions on axes are computed in `placement`. Called by `tables`.
"""
