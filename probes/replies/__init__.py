"""What a written reply says: the option it names, the stance it takes, how far to trust that.

Reads texts and runs no model itself. Called by `methods`, `agreement`, `backends` and `runs`.
"""
