"""Sections of the report that only some runs have: people, conditions, and classifiers."""
