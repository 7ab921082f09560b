"""Demo of the chain from corpora that approve of attacks on an invented group to classifiers that
miss such attacks.

The third act of `probes demo --paper`. All effects are planted, so that the measured ones can be
compared with them. It says nothing about any real model, group or task.
"""
