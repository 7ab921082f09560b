"""From corpora that approve of attacks on an invented group to classifiers that miss them.

The third act of `probes demo --paper`: everything is planted, so that what is found can be held
against what was put in. Says nothing about any real model, group or task.
"""
