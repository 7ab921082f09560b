"""What was expected of a run before its models were asked, and whether it came true.

A file of claims is read here, and judged by placements. Keeping it in a run folder is `runs`'.
"""
