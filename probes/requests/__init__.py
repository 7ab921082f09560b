"""Paired requests to write for and against a claim: measures of even-handedness, and tables."""
