"""Plain lines on the terminal, for the commands: whatever stands in them, only text is shown."""

import typer

from probes.plain import terminal


def say(text: object, *, err: bool = False, nl: bool = True) -> None:
    """Print a text; control characters, with which it could command the terminal, are spelt out.

    Args:
        text: what is said; several lines if need be.
        err: on standard error.
        nl: end with a line end.
    """
    typer.echo(terminal(str(text)), err=err, nl=nl)
