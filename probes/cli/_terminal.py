"""Lines on the terminal, for the commands.

Whatever stands in a text, only text is shown: control characters are spelt out.
"""

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
    console = Console()
    return console if console.is_terminal else Console(width=200)
