"""Speed and memory of probes, beside its peers on the same machine; see README.md."""
