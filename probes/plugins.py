"""Plug-ins and data files, found by file name.

A room is a package of plug-ins or data files (``backends``, ``methods``, ``statements`` ...).
`find` imports a plug-in of a room or a user's file; `optional` returns an optional function of a
plug-in; `data` finds a YAML file of a room or a user's file. Nothing is imported or opened before
it is needed. Names that begin with an underscore are private.
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
"""Function of a plug-in -> number of its positional arguments, and its keyword arguments."""
_OWN: set[str] = set()
"""Paths of the user's files that were executed."""


def folder(room: str) -> Path:
    """The folder of a room, in a checkout or in an installed wheel."""
    return Path(str(resources.files(f"probes.{room}")))


def names(room: str, suffix: str = ".py") -> list[str]:
    """Names of the files of a room, sorted: ``names("plots") -> ["axes", "compass"]``."""
    return sorted(p.stem for p in folder(room).glob(f"*{suffix}") if not p.name.startswith("_"))


def find(room: str, name: str, needs: str) -> ModuleType:
    """Import the plug-in called `name`, or a user's file if `name` ends in ``.py``.

    `needs` is the function that it must define. A user's file is executed, as the user named it.

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
    """Description of an error raised in a user's file, with its line; None if raised elsewhere.

    >>> own_fault(ValueError("elsewhere")) is None
    True
    """
    words = str(error).strip().partition("\n")[0][:200]
    title = f"{type(error).__name__}: {words}" if words else type(error).__name__
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename in _OWN]
    return f"{frames[-1].filename}, line {frames[-1].lineno}: {title}" if frames else None


def optional(room: str, name: str, function: str, needs: str) -> Callable[..., Any] | None:
    """An optional function of a plug-in, or None. A plug-in that ships is imported only if its
    source has the function; a user's file is executed.

    Raises:
        UsageError: as for `find`.
    """
    if name in names(room) and function not in _functions(room, name):
        return None
    member: Callable[..., Any] | None = getattr(find(room, name, needs), function, None)
    return member if callable(member) else None


def data(room: str, name: str, error: type[ProbesError]) -> Path:
    """The path of a YAML file: a user's file (given by path), or one that ships (given by name).

    Raises:
        error: no file of that name ships; the message has the nearest name.
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
    """Check that a function of a user's file accepts the arguments of its calls."""
    if needs not in CALLED:
        return
    positional, keywords = CALLED[needs]
    try:
        inspect.signature(function).bind(*[None] * positional, **dict.fromkeys(keywords))
    except ValueError:
        return  # not a Python function: its arguments are unknown
    except TypeError as error:
        code = getattr(function, "__code__", None)
        where = f"{name}, line {code.co_firstlineno}" if code else name
        by_name = f" and {', '.join(f'{word}=' for word in keywords)}" if keywords else ""
        raise UsageError(
            f"{where}: {needs!r} is called with {positional} arguments{by_name}, which it does not "
            f"take: {error}"
        ) from None


@cache
def _functions(room: str, name: str) -> frozenset[str]:
    """Names of the functions that the source of a plug-in defines."""
    tree = ast.parse((folder(room) / f"{name}.py").read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


class _Uncached(SourceFileLoader):
    """Compiles a file without Python's cache, which does not notice changes within one second that
    keep the length."""

    def get_code(self, fullname: str) -> CodeType:
        """Compile the source, bypassing the cache."""
        del fullname
        try:
            code: CodeType = self.source_to_code(self.get_data(self.path), self.path)
        except (SyntaxError, ValueError) as error:  # ValueError: the bytes are not text
            line = getattr(error, "lineno", None)
            where = f"{self.path}, line {line}" if line else self.path
            message = getattr(error, "msg", error)
            raise UsageError(f"{where}: {type(error).__name__}: {message}") from None
        return code


def _user_module(path: Path) -> ModuleType:
    """Import a file by path, once per content, under a name that cannot shadow another module."""
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
    module = sys.modules[name] = importlib.util.module_from_spec(spec)  # dataclasses need it there
    load: Callable[[ModuleType], None] = spec.loader.exec_module
    try:
        load(module)
    except BaseException:
        del sys.modules[name]  # do not keep a partial module
        raise
    return module
