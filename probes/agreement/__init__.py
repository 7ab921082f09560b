"""Answers -> log-odds of agreeing: a row a statement and wording.

No positions on axes yet (see `placement`). Called by `tables`.
"""
