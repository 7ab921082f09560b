"""JavaScript as data: tokens, the literals of a script, lists that hold statements; none is run."""
