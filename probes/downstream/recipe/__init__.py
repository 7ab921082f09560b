"""Recipes of papers: how classifiers were trained, which metrics were reported, and the source of
each element."""
