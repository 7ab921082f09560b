"""The statement sets that ship with probes: YAML files, no code."""
