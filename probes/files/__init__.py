"""Reading of untrusted files, and atomic writing of our own.

Independent of contents. Called by everything that reads or writes.
"""
