"""What the reference pages are generated from: one module a page, text only.

`docs/hooks.py` puts the text where a page says so. Nothing here writes a file or needs mkdocs, so
that the tests can read it.
"""
