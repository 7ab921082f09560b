"""Tests of `probes.phrases`."""
