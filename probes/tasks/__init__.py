"""The classification tasks that ship with probes: YAML files, and the texts of `planted`; no code.

Read by `downstream.task`.
"""
