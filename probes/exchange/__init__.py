"""Evidence for other evaluation programs: a run as their log, a set as their task.

Reading what they write is the matter of `backends.recordings`. Called by the command
`probes export`.
"""
