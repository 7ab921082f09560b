"""Whether an instrument is any good: balance, recovery of known respondents, chance.

No test on people. Called by `cli`.
"""
