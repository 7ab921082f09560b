"""The commands `probes tasks ...` and `probes downstream ...`: parse, call, print."""
