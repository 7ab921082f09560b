"""The command line's reference: the help of every command, as it is printed."""

from collections.abc import Iterator

import typer.main
from typer.testing import CliRunner

from probes.cli import app


def page() -> str:
    """A heading and a help text a command."""
    return "\n\n".join(
        f"## `{' '.join(('probes', *words))}`\n\n```text\n{_help(words)}\n```" for words in _names()
    )


def _names() -> Iterator[tuple[str, ...]]:
    """Every command, groups before what is in them."""
    root = typer.main.get_command(app)
    yield ()
    for name, command in getattr(root, "commands", {}).items():
        yield (name,)
        yield from ((name, inner) for inner in getattr(command, "commands", {}))


def _help(words: tuple[str, ...]) -> str:
    shown = CliRunner(env={"COLUMNS": "88", "TERMINAL_WIDTH": "88"}).invoke(
        app, [*words, "--help"], prog_name="probes"
    )
    if shown.exit_code:
        raise RuntimeError(f"probes {' '.join(words)} --help: {shown.output}")
    return shown.output.strip()
