"""Access to a value in nested objects and lists by a path of keys and indices, joined by dots."""

from collections.abc import Mapping, Sequence
from typing import TypeGuard


def at_path(value: object, path: str) -> object:
    """The value at a path, such as ``choices.0.text``; a key that contains dots takes precedence.

    A path below null gives null.

    Raises:
        KeyError: there is none.
    """
    if isinstance(value, Mapping) and path in value:
        return value[path]
    key, _, rest = path.partition(".")
    if isinstance(value, Mapping) and key in value:
        inner = value[key]
    elif _is_list(value) and key.isdecimal() and len(key) < 9 and int(key) < len(value):
        inner = value[int(key)]
    else:
        raise KeyError(path)
    return at_path(inner, rest) if rest and inner is not None else inner


def _is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, Sequence) and not isinstance(value, str)
