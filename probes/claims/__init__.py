"""Claims: predictions about models, recorded before the models are asked, and their outcomes.

Reads a file of claims and judges it by placements; `runs` stores it in the run folder.
"""
