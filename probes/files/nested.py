"""A value in nested objects, by a path of keys with dots between."""

from collections.abc import Mapping


def at_path(row: Mapping[str, object], path: str) -> object:
    """The value at a path; a key that holds the dots itself goes before a path.

    Raises:
        KeyError: there is none.
    """
    if path in row:
        return row[path]
    key, _, rest = path.partition(".")
    inner = row[key]
    if not rest or not isinstance(inner, Mapping):
        raise KeyError(path)
    return at_path(inner, rest)
