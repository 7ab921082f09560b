"""Resolving a model's name, folder or hub id, and loading the model through `backends`.

Called by `runs`, `training` and `api`.
"""
