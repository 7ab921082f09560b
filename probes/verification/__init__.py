"""Checking a run folder that somebody else made: its files, its evidence, its tables.

Writes nothing into the folder, asks no model. Called by the command `probes verify`.
"""
