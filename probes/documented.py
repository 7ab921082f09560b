"""What a class says of its fields, in its docstring: `help()` shows no string behind a field."""

import ast
import inspect
import textwrap
from typing import Any


def described(cls: type[Any]) -> dict[str, str]:
    """Field -> the string behind it in the source of the class."""
    try:
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    except (OSError, TypeError):
        return {}  # there is no source: compiled files alone
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
    """Put what is said of the fields, those of its base included, below the docstring, once."""
    mark = "\n\nFields:\n"
    if mark in (cls.__doc__ or ""):
        return
    fields = {n: text for base in reversed(cls.__mro__[:-1]) for n, text in described(base).items()}
    lines = [f"    {name}: {text}" for name, text in fields.items() if hasattr(cls, name)]
    if lines:
        cls.__doc__ = f"{inspect.getdoc(cls) or ''}{mark}" + "\n".join(lines)
