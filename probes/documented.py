"""Adds the docstrings of a class's fields to its own docstring, as `help()` does not show them."""

import ast
import inspect
import textwrap
from typing import Any


def described(cls: type[Any]) -> dict[str, str]:
    """Field -> the string after it in the source of the class."""
    try:
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    except (OSError, TypeError):
        return {}  # no source: only compiled files are installed
    descriptions, name = dict[str, str](), ""
    for node in getattr(tree, "body", ()):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and name:
            descriptions[name] = " ".join(str(node.value.value).split())
            name = ""
        else:
            name = ""
    return descriptions


def document(cls: type[Any]) -> None:
    """Append the fields' docstrings, inherited ones included, to the class's docstring, once."""
    mark = "\n\nFields:\n"
    if mark in (cls.__doc__ or ""):
        return
    fields = {n: text for base in reversed(cls.__mro__[:-1]) for n, text in described(base).items()}
    lines = [f"    {name}: {text}" for name, text in fields.items() if hasattr(cls, name)]
    if lines:
        cls.__doc__ = f"{inspect.getdoc(cls) or ''}{mark}" + "\n".join(lines)
