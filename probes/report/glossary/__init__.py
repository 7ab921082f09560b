"""The glossary: explanations of the page's numbers, one file a language with the same keys."""
