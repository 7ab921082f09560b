"""What people's answers say of a set, and how many people that takes.

Points with verdicts, from the tables of `probes.people`; no statistic of people is made here.
"""
