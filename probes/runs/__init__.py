"""Run folders: asking models, judging replies, computing tables, comparing models and languages.

Computes no number itself. Called by `cli`, `api`, `report`, `cluster` and `demo`.
"""
