"""Tests of the act of the invented groups."""
