"""Tests of probes/training/classifiers."""
