"""Versions of the software that results depend on, recorded with the results."""

import functools
import sys
from importlib.metadata import PackageNotFoundError, version


def versions() -> dict[str, str]:
    """Name -> installed version of everything that scores depend on, from package metadata."""
    return dict(_versions())


@functools.cache
def _versions() -> dict[str, str]:
    numbers = {"python": ".".join(map(str, sys.version_info[:3]))}
    for name in ("political-probes", "torch", "transformers", "tokenizers", "numpy"):
        try:
            numbers[name] = version(name)
        except PackageNotFoundError:
            numbers[name] = ""
    return numbers
