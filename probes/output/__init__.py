"""Output of a run: figures by name, tables to paste, display in a notebook.

Computes no number. Called by `runs`, `cli` and `api`.
"""
