"""The wordings that ship, a YAML file a language; no code.

Read by `asking.wordings`.
"""
