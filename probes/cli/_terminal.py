"""Lines on the terminal, for the commands.

Whatever stands in a text, only text is shown: control characters are spelt out.
"""

import os
from pathlib import Path

import typer
from rich.console import Console
from rich.text import Text

from probes.files.escape import terminal

WIDE = 200
"""Width where there is no terminal and nobody says another: room for any table."""


def say(text: object, *, err: bool = False, nl: bool = True) -> None:
    """Print a text; control characters, with which it could command the terminal, are spelt out.

    Args:
        text: what is said; several lines if need be.
        err: on standard error.
        nl: end with a line end.
    """
    typer.echo(terminal(str(text)), err=err, nl=nl)


def counted(number: int, thing: str) -> str:
    """``1 file``, ``2,000 files``: a number with the word for what is counted."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def line(text: str) -> None:
    """Print a text, folded between words where its end is known, of which nothing is obeyed."""
    to = console()
    to.print(Text(terminal(text)), soft_wrap=to.width >= WIDE and not to.is_terminal)


def console() -> Console:
    """As wide as COLUMNS says, else as the terminal; wide enough for any table where there is
    neither."""
    width = os.environ.get("COLUMNS", "")
    if width.isdecimal() and int(width) > 0:
        return Console(width=int(width))
    console = Console()
    return console if console.is_terminal else Console(width=WIDE)


def deliver(text: str, target: str) -> None:
    """Into the file, or to the standard output for ``-``."""
    if target == "-":
        say(text, nl=False)
        return
    from probes.files.atomic import write

    write(Path(target), text.encode())
