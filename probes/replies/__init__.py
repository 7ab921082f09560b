"""Reading of written replies: chosen option, stance, and the accuracy of stances.

Reads texts and runs no model itself. Called by `methods`, `agreement`, `backends` and `runs`.
"""
