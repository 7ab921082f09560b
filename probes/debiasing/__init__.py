"""Debiasing: losses that keep a classifier from using a shortcut, and bias models of the shortcut.

A loss maps logits, labels and a bias model's predictions to one number. Nothing is trained here;
`training.classifiers` uses these functions.
"""
