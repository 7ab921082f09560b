"""Tests of people's answers."""
