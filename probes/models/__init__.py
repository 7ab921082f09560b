"""Which model is meant by a name, folder or hub id, and opening it.

Loads through `backends` alone. Called by `runs`, `training` and `api`.
"""
