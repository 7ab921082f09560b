"""Tests of `probes.corpora`."""
