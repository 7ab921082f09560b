"""Subclasses of typer commands: errors as one sentence, help without types, study files."""

import re
import shlex
import sys
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand

from probes.cli._terminal import say
from probes.cli.parts import study
from probes.cli.parts.examples import epilog
from probes.errors import UsageError

TYPED = "probes.typed"
"""Key in the typer context: the words typed after `probes run`."""


NUMBERS = frozenset(
    (
        *("limit", "repeats", "seed", "workers", "max_requests", "steps", "batch_size", "port"),
        *("accumulate", "block", "checkpoints", "digits"),
    )
)
"""Options with a whole number as value: ``N`` in the help."""
NAMED = {"out": "DIR", "output": "FILE", "text": "FILE"}


class Command(TyperCommand):
    """A command with value names, not types, in its help; missing arguments are one sentence."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for parameter in self.params:
            if parameter.param_type_name == "argument":
                argument: Any = parameter
                argument.display_type_rich = _typeless
            elif parameter.metavar is None and not getattr(parameter, "is_flag", True):
                parameter.metavar = _metavar(str(parameter.name), multiple=parameter.multiple)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse as typer does, but report a missing argument in one sentence.

        Raises:
            UsageError: a required argument or option is missing.
        """
        try:
            return super().parse_args(ctx, args)
        except typer.BadParameter as error:
            if type(error).__name__ != "MissingParameter":
                raise
            lack, path = getattr(error, "param", None), ctx.command_path
            name = getattr(lack, "metavar", None) or str(getattr(lack, "name", "a word")).upper()
            flag = f"{lack.opts[0]} " if lack and lack.opts[0].startswith("-") else ""
            says = (getattr(lack, "help", None) or "").strip().rstrip(".")
            raise UsageError(
                f"{path}: say {flag}{name}{f' ({says})' if says else ''}; {path} -h has examples"
            ) from None


class RunCommand(Command):
    """The command `probes run`; its ``--ray`` may have no address, which typer cannot express."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse as typer does, after adding the default address to ``--ray`` without one."""
        words = zip(args, [*args[1:], "--"], strict=False)
        bare = [f"{w}=auto" if w == "--ray" and then[0:1] == "-" else w for w, then in words]
        ctx.meta[TYPED] = list(bare)
        return super().parse_args(ctx, bare)


def begin(*, asked: bool, quiet: bool) -> None:
    """Refuse a run without models, and print a first line, before anything heavy is imported.

    Raises:
        UsageError: no model is named.
    """
    if not asked:
        raise UsageError(
            "say what to probe: --model, or --checkpoints; such as probes run --model gpt2, or "
            "probes run --model planted:economic=-6,social=3 to try it in seconds"
        )
    if sys.stderr.isatty() and not quiet:
        say("reading models, set and protocol", err=True)


def run_study(ctx: typer.Context, path: Path, *, quiet: bool) -> None:
    """Run each run of a study file, as if it had been typed."""
    typed = list(ctx.meta[TYPED])
    typed.remove(next(word for word in typed if Path(word) == path))
    options = {str(p.name): p for p in ctx.command.params if p.param_type_name == "option"}
    every = study.runs(path, options, typed)
    for number, study_run in enumerate(every, start=1):
        if not quiet:
            say(f"{number}/{len(every)} probes run {shlex.join(study_run.words)}", err=True)
        try:
            ctx.command.main(list(study_run.words), prog_name="probes run", standalone_mode=False)
        except typer.BadParameter as error:
            raise UsageError(f"{path}: {error.format_message()}") from None


def _typeless(**_: object) -> str:
    """Empty replacement for ``<path>`` after an argument, whose name and help suffice."""
    return ""


def _metavar(name: str, *, multiple: bool) -> str:
    """Placeholder of an option's value in the help."""
    if name in NUMBERS and not multiple:
        return "N"
    return NAMED.get(name, name.upper().replace("_", "-"))


def finished(app: typer.Typer, above: str = "") -> None:
    """Set class, examples and short help of every command of an app and its sub-apps; the short
    help is the first sentence, in full."""
    for info in app.registered_commands:
        info.cls = info.cls if info.cls and issubclass(info.cls, Command) else Command
        text = " ".join((info.callback.__doc__ or "").split()) if info.callback else ""
        name = info.name or (info.callback.__name__ if info.callback else "")
        info.epilog = epilog(f"{above} {name}".strip())
        info.short_help = re.split(r"(?<=[.?])\s", text)[0]
    for group in app.registered_groups:
        if group.typer_instance:
            group.short_help = str(group.typer_instance.info.help)
            finished(group.typer_instance, str(group.name))
