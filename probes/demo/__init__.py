"""Known opinions, taught to small models and found again: a check of the instrument.

Says nothing about real models. Called by `cli`.
"""
