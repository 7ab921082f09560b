"""`probes run` as typer has it: a bare ``--ray``, and study files."""

import shlex
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand

from probes.cli._terminal import say
from probes.cli.parts import study
from probes.errors import UsageError

TYPED = "probes.typed"
"""Of the context: the words behind `probes run`."""


class RunCommand(TyperCommand):
    """The command; its ``--ray`` may stand without an address, which typer has no option for."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As typer does, with the address that is meant where none was typed."""
        words = zip(args, [*args[1:], "--"], strict=False)
        bare = [f"{w}=auto" if w == "--ray" and then[0:1] == "-" else w for w, then in words]
        ctx.meta[TYPED] = list(bare)
        return super().parse_args(ctx, bare)


def run_study(ctx: typer.Context, path: Path, *, quiet: bool) -> None:
    """Each run of a study, as if it had been typed."""
    typed = list(ctx.meta[TYPED])
    typed.remove(str(path) if str(path) in typed else f"./{path}")
    options = {str(p.name): p for p in ctx.command.params if p.param_type_name == "option"}
    every = study.runs(path, options, typed)
    for number, one in enumerate(every, start=1):
        if not quiet:
            say(f"{number}/{len(every)} probes run {shlex.join(one.words)}", err=True)
        try:
            ctx.command.main(list(one.words), prog_name="probes run", standalone_mode=False)
        except typer.BadParameter as error:
            raise UsageError(f"{path}: {error.format_message()}") from None
