"""Figures, one a file: ``draw(tables) -> Figure``. They receive finished numbers and draw."""
