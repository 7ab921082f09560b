"""The protocols that ship, a YAML file each; no code.

Read by `asking.protocols`.
"""
