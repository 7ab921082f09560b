"""Placing corpora on the same axes as models: retrieve passages about statements, judge their
stance, and write the tables."""
