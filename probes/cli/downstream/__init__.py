"""The commands `probes corpus`, `probes tasks` and `probes downstream`: parse, call, print."""
