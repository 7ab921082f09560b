"""People as referents: where a model stands among those who answered the same set.

Reads what `people` makes of answers and what `placement` makes of models; asks nobody anything.
Called by `tables`, `output` and `runs`.
"""
