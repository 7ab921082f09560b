"""Comparison of models with people who answered the same set (referents).

Uses the people's positions from `people` and the models' from `placement`. Called by `tables`,
`output` and `runs`.
"""
