"""Conditions: named variations of how all statements are asked (personas, users, examples ...).

Each YAML file is a list of conditions; `read` parses those that ship and a user's own. The texts
sent to a model are built in `asking.told`, effects are measured in `steering`.
"""
