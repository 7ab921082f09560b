"""Lines on the terminal, for the commands.

Control characters in any text are printed as escape sequences, never sent to the terminal.
"""

import os
from pathlib import Path

import typer
from rich.console import Console
from rich.text import Text

from probes.files.escape import terminal

WIDE = 200
"""Width of tables without a terminal or COLUMNS: enough for any table."""


def say(text: object, *, err: bool = False, nl: bool = True) -> None:
    """Print a text, with control characters escaped.

    Args:
        text: The text; may have several lines.
        err: Print to standard error.
        nl: End with a newline.
    """
    typer.echo(terminal(str(text)), err=err, nl=nl)


def counted(number: int, thing: str) -> str:
    """A number with its noun: ``1 file``, ``2,000 files``."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def line(text: str) -> None:
    """Print a text wrapped between words; markup and control characters have no effect."""
    to = console()
    to.print(Text(terminal(text)), soft_wrap=to.width >= WIDE and not to.is_terminal)


def console() -> Console:
    """Console with the width of COLUMNS, else of the terminal, else `WIDE`."""
    width = os.environ.get("COLUMNS", "")
    if width.isdecimal() and int(width) > 0:
        return Console(width=int(width))
    console = Console()
    return console if console.is_terminal else Console(width=WIDE)


def deliver(text: str, target: str) -> None:
    """Write a text to the file, or to standard output for ``-``."""
    if target == "-":
        say(text, nl=False)
        return
    from probes.files.atomic import write

    write(Path(target), text.encode())
