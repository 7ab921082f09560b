"""Export to other evaluation programs: a run as their log, a set as their task.

Their logs are read by `backends.recordings`. Called by the command `probes export`.
"""
