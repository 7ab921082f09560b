"""Directives for mkdocstrings: public names, wherever their code lies.

A name is looked up where users find it (`probes`, `probes.types`, `probes.errors`), and its
docstring is read from the module that it says it comes from; so pages name no module.
"""

import importlib
from collections.abc import Iterable

import probes


def public() -> str:
    """Every name of `probes.__all__` but the errors, which have a page: functions, then values."""
    named = {name: getattr(probes, name) for name in probes.__all__}
    types = [n for n, v in named.items() if isinstance(v, type)]
    values = [n for n in types if not issubclass(named[n], Exception)]
    parts = {"Functions": [n for n in named if n not in types], "Values": values}
    return "\n\n".join(
        "\n\n".join([f"## {title}", *(directive("probes", name) for name in names)])
        for title, names in parts.items()
    )


def listed(module: str, names: Iterable[str]) -> str:
    """These names of a public module."""
    return "\n\n".join(directive(module, name) for name in names)


def directive(module: str, name: str) -> str:
    """Where the docstring is, and the name that readers use."""
    value = getattr(importlib.import_module(module), name)
    home = f"{value.__module__}.{value.__qualname__}"
    title = f"{module}.{name}"
    again = module != "probes" and name in probes.__all__ and not issubclass(value, Exception)
    return (
        f"::: {home}\n    options:\n      heading: {title}\n      toc_label: {name}\n"
        f"      heading_level: 3\n      skip_local_inventory: {str(again).lower()}"
    )
