"""Demos: small models are trained to known opinions, which the measurement must recover.

They validate the instrument and say nothing about real models. Called by `cli`.
"""
