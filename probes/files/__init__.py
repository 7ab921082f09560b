"""Files of strangers are read warily, our own are written whole or not at all.

Knows formats, no contents. Called by everything that reads or writes.
"""
