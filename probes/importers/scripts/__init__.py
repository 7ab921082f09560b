"""JavaScript read as data, never executed: tokens, literals, and nested lists of statements."""
