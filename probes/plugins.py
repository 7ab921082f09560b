"""The one door for what people add: plug-ins and data files, found by file name.

`find` imports a module of a room (``backends``, ``methods``, ``plots``) or a user's own file;
`data` finds a YAML file of a room (``statements``, ``protocols``) or a user's own file. Nothing is
imported, or opened, before it is asked for. Names that begin with an underscore are private.
"""

import importlib
import importlib.util
import sys
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from types import ModuleType

from probes.errors import ProbesError, UsageError, nearest

SINGULAR = {
    "backends": "backend",
    "importers": "format",
    "methods": "method",
    "plots": "figure",
    "protocols": "protocol",
    "statements": "statement set",
}


def folder(room: str) -> Path:
    """Where the files of a room lie, in a checkout as in an installed wheel."""
    return Path(str(resources.files(f"probes.{room}")))


def names(room: str, suffix: str = ".py") -> list[str]:
    """What a room offers, sorted: ``names("plots") -> ["axes", "compass"]``."""
    return sorted(p.stem for p in folder(room).glob(f"*{suffix}") if not p.name.startswith("_"))


def find(room: str, name: str, needs: str) -> ModuleType:
    """The plug-in called `name`, or the user's own file if `name` ends in ``.py``.

    `needs` is the function that it must define. A user's file is executed: it was typed.

    Raises:
        UsageError: there is no such plug-in or file, or it lacks `needs`.
    """
    if name.endswith(".py"):
        module = _user_module(Path(name))
    elif name in names(room):
        module = importlib.import_module(f"probes.{room}.{name}")
    else:
        raise UsageError(f"unknown {SINGULAR[room]} {name!r}: {nearest(name, names(room))}")
    if not callable(getattr(module, needs, None)):
        raise UsageError(f"{name}: a {SINGULAR[room]} must define a function {needs!r}")
    return module


def data(room: str, name: str, error: type[ProbesError]) -> Path:
    """The path of a YAML file: a user's own (a path), or one that ships with probes (a name).

    Raises:
        error: neither is there; names the nearest.
    """
    if name.endswith((".yaml", ".yml")) or "/" in name or "\\" in name:
        return Path(name)
    if name in names(room, ".yaml"):
        return folder(room) / f"{name}.yaml"
    raise error(
        f"unknown {SINGULAR[room]} {name!r}: {nearest(name, names(room, '.yaml'))} "
        "(a file of your own is given by its path, such as ./mine.yaml)"
    )


def _user_module(path: Path) -> ModuleType:
    """Import a file from anywhere, under a name that cannot shadow a real module."""
    if not path.is_file():
        raise UsageError(f"{path}: no such file")
    name = f"_probes_user_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path}: not a Python file")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)  # dataclasses look there
    load: Callable[[ModuleType], None] = spec.loader.exec_module
    load(module)
    return module
