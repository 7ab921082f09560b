"""Lines on the terminal and formats of numbers, for the commands.

Whatever stands in a text, only text is shown: control characters are spelt out.
"""

import math

import typer
from rich.console import Console
from rich.text import Text

from probes.files.escape import terminal


def say(text: object, *, err: bool = False, nl: bool = True) -> None:
    """Print a text; control characters, with which it could command the terminal, are spelt out.

    Args:
        text: what is said; several lines if need be.
        err: on standard error.
        nl: end with a line end.
    """
    typer.echo(terminal(str(text)), err=err, nl=nl)


def line(text: str) -> None:
    """Print a text that the terminal folds, and of which it obeys nothing."""
    console().print(Text(terminal(text)), soft_wrap=True)


def console() -> Console:
    """As wide as the terminal; wide enough for any table where there is none."""
    found = Console()
    return found if found.is_terminal else Console(width=200)


def interval(low: float, high: float) -> str:
    """Two ends with their signs; empty if there are none."""
    return f"{low:+.2f} to {high:+.2f}" if math.isfinite(low) and math.isfinite(high) else ""


def signed(value: float) -> str:
    """A number with its sign; empty if there is none."""
    return f"{value:+.2f}" if math.isfinite(value) else ""
