"""Findings on a set from people's answers, and the sample size needed.

Verdicts on the tables of `probes.people`; computes no statistic of people.
"""
