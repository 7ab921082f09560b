"""Verification of a run folder made by somebody else: its files, evidence and tables.

Does not change the folder. Called by the command `probes verify`.
"""
