"""Conditions: named variations of how everything is asked, a YAML file a list of them.

The files ship with the package; `read` makes values of them and of a user's own. Knows no model,
no wording and no number: what is said to a model is in `asking.told`, what comes of it in
`steering`.
"""
