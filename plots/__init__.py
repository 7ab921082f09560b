"""Figures, one a file: ``draw(tables, **options) -> Figure``.

They draw finished numbers and compute none. All accept the options of `_style.StyleOptions`: style,
width and font size.
"""
