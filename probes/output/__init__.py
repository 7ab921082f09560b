"""What leaves a run: figures by name, tables to paste, what a notebook shows.

Computes no number. Called by `runs`, `cli` and `api`.
"""
