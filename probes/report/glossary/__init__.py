"""The glossary: explanations of the page's numbers, one file per language with the same keys."""
