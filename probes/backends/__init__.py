"""Sources of replies, one a file, at most one heavy import each."""
