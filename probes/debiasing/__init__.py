"""Losses that keep a classifier from leaning on a shortcut, and what is known of the shortcut.

Logits, labels and the predictions of a bias model in, one number out. Trains nothing itself.
Called by the training of classifiers.
"""
