"""The glossary: what each number of the page means, a file a language with the same keys."""
