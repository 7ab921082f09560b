"""JavaScript data, read and never run, for the importer of it."""
