"""Statement sets: reads and validates their files, and fetches texts that are not in them.

Called by `asking`, `runs`, `importers` and `validity`.
"""
