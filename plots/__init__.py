"""Figures, one a file: ``draw(tables, **options) -> Figure``.

They receive finished numbers and draw. All take the options of `_style.StyleOptions`: style, width
and font size.
"""
