"""What people may add: plug-ins and data files, found by file name.

`find` imports a module of a room (``backends``, ``methods``, ``plots``) or a user's own file;
`optional` finds a function that a plug-in may have; `data` finds a YAML file of a room
(``statements``, ``protocols``) or a user's own file. Nothing is imported, or opened, before it is
asked for. Names that begin with an underscore are private.
"""

import ast
import hashlib
import importlib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable
from functools import cache
from importlib import resources
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from probes.errors import ProbesError, UsageError, nearest

SINGULAR = {
    "backends": "backend",
    "conditions": "condition",
    "importers": "format",
    "methods": "method",
    "plots": "figure",
    "protocols": "protocol",
    "statements": "statement set",
    "tasks": "task",
}
CALLED: dict[str, tuple[int, tuple[str, ...]]] = {
    "prompts": (2, ("seed", "limit")),
    "fitted": (2, ()),
    "read_reply": (2, ("language",)),
    "load": (2, ()),
    "read": (2, ()),
}
"""Function of a plug-in -> how many arguments it gets by place, and which by name."""
_OWN: set[str] = set()
"""Files of the user's own that were executed."""


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
    if name.endswith(".py"):
        _require_arguments(name, needs, getattr(module, needs))
    return module


def own_fault(error: BaseException) -> str | None:
    """What went wrong in a file of the user's own, with its line; None if nothing did there.

    >>> own_fault(ValueError("elsewhere")) is None
    True
    """
    words = str(error).strip().partition("\n")[0][:200]
    title = f"{type(error).__name__}: {words}" if words else type(error).__name__
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename in _OWN]
    return f"{frames[-1].filename}, line {frames[-1].lineno}: {title}" if frames else None


def optional(room: str, name: str, function: str, needs: str) -> Callable[..., Any] | None:
    """A function that the plug-in may define, or None. One that ships is imported only if its
    source has the function; a user's file is executed.

    Raises:
        UsageError: as `find`.
    """
    if name in names(room) and function not in _functions(room, name):
        return None
    member: Callable[..., Any] | None = getattr(find(room, name, needs), function, None)
    return member if callable(member) else None


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


def _require_arguments(name: str, needs: str, function: Callable[..., Any]) -> None:
    """Refuse a function of a user's file that does not take what it will be given."""
    if needs not in CALLED:
        return
    places, words = CALLED[needs]
    try:
        inspect.signature(function).bind(*[None] * places, **dict.fromkeys(words))
    except ValueError:
        return  # It is no Python function, and says nothing of its arguments.
    except TypeError as error:
        code = getattr(function, "__code__", None)
        where = f"{name}, line {code.co_firstlineno}" if code else name
        by_name = f" and {', '.join(f'{word}=' for word in words)}" if words else ""
        raise UsageError(
            f"{where}: {needs!r} is called with {places} arguments{by_name}, which it does not "
            f"take: {error}"
        ) from None


@cache
def _functions(room: str, name: str) -> frozenset[str]:
    """The functions that the source of a plug-in defines."""
    tree = ast.parse((folder(room) / f"{name}.py").read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


class _Uncached(SourceFileLoader):
    """Runs the very bytes of a file: what Python caches beside it is told from a file of the same
    second and length by nothing."""

    def get_code(self, fullname: str) -> CodeType:
        """Of the source, compiled anew."""
        del fullname
        try:
            code: CodeType = self.source_to_code(self.get_data(self.path), self.path)
        except (SyntaxError, ValueError) as error:  # ValueError: of bytes that are no text
            line = getattr(error, "lineno", None)
            where = f"{self.path}, line {line}" if line else self.path
            message = getattr(error, "msg", error)
            raise UsageError(f"{where}: {type(error).__name__}: {message}") from None
        return code


def _user_module(path: Path) -> ModuleType:
    """Import a file from anywhere, once for as long as its bytes are the same, under a name that
    cannot shadow a real module."""
    if not path.is_file():
        raise UsageError(f"{path}: no such file")
    digest = hashlib.sha256(str(path.resolve()).encode() + b"\0" + path.read_bytes()).hexdigest()
    name = f"_probes_user_{path.stem}_{digest[:12]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path, loader=_Uncached(name, str(path)))
    if spec is None or spec.loader is None:
        raise UsageError(f"{path}: not a Python file")
    _OWN.add(str(path))
    module = sys.modules[name] = importlib.util.module_from_spec(spec)  # dataclasses look there
    load: Callable[[ModuleType], None] = spec.loader.exec_module
    try:
        load(module)
    except BaseException:
        del sys.modules[name]  # half of it is no module
        raise
    return module
