"""The versions that numbers depend on, written beside every number."""

import functools
import sys
from importlib.metadata import PackageNotFoundError, version


def versions() -> dict[str, str]:
    """Of everything that a score depends on; read from metadata, nothing is imported."""
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
