"""Quality of an instrument: balance, recovery of known respondents, positions by chance.

Needs no answers of people. Called by `cli`.
"""
