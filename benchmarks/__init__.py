"""Benchmarks: speed and memory of probes and of its peers on the same machine; see README.md."""
