"""The commands `probes protocols ...` and `probes wordings ...`: parse, call, print."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from probes.cli._terminal import counted, line, say

if TYPE_CHECKING:
    from probes.types import Recipe, Wording

app = typer.Typer(
    help="List, show and check protocols: how statements are put.", no_args_is_help=True
)
wordings_app = typer.Typer(
    help="List and show wordings, the sentences that statements are put in.", no_args_is_help=True
)
AsJson = Annotated[bool, typer.Option("--json", help="As one JSON document.")]
Protocol = Annotated[
    str, typer.Argument(help="A protocol's name, or your own YAML.", metavar="PROTOCOL")
]
Language = Annotated[str, typer.Option(help="Code of the language, such as de.")]


@app.command("list")
def list_protocols(as_json: AsJson = False) -> None:
    """The protocols that ship with probes."""
    from probes import plugins
    from probes.asking import protocols
    from probes.cli import _tables

    rows = [
        {
            "protocol": recipe.name,
            "title": recipe.title,
            "method": recipe.method,
            "wordings": len(recipe.wordings),
            "repetitions": recipe.repetitions,
            "controls": recipe.controls,
        }
        for recipe in map(protocols.load, plugins.names("protocols", ".yaml"))
    ]
    if as_json:
        say(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        _tables.table(rows)


@app.command("show")
def show_protocol(protocol: Protocol) -> None:
    """What a protocol asks, wording by wording, and from when on it says what."""
    from dataclasses import asdict

    from probes.asking import protocols

    recipe = protocols.load(protocol)
    times = counted(recipe.repetitions, "repetition")
    say(f"{recipe.title} ({recipe.name}; method {recipe.method}, {times})")
    say(f"control pairs: {recipe.controls or 'none'}; blanks: {', '.join(recipe.blanks) or 'none'}")
    for wording in recipe.wordings:
        _show(wording)
    limits = ", ".join(f"{name} {value:g}" for name, value in asdict(recipe.thresholds).items())
    line(f"\nthresholds: {limits}")
    for backend in recipe.instead:
        line(f"models of backend {backend} are asked otherwise: see the file")


@app.command("check")
def check_protocol(protocol: Protocol) -> None:
    """Every fault of a protocol's file, or what it asks an example statement."""
    from probes.asking import protocols

    recipe = protocols.load(protocol)
    say(f"{recipe.name}: no fault; {counted(len(recipe.wordings), 'wording')}, an example of each:")
    for text in _examples(recipe):
        line(text)


@wordings_app.command("list")
def list_wordings(language: Language = "en", as_json: AsJson = False) -> None:
    """The wordings that ship with probes, in a language."""
    from probes.asking import wordings
    from probes.cli import _tables

    rows = [
        {
            "wording": wording.name,
            "ask": wording.ask,
            "answer": wording.answer,
            "options": _options(wording),
        }
        for wording in wordings.available(language, Path()).values()
    ]
    if as_json:
        say(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        _tables.table(rows)


@wordings_app.command("show")
def show_wording(
    wording: Annotated[str, typer.Argument(metavar="WORDING")], language: Language = "en"
) -> None:
    """A wording: what is asked, how the answer begins, which options it has."""
    from probes.asking import wordings
    from probes.errors import UsageError, nearest

    available = wordings.available(language, Path())
    if wording not in available:
        raise UsageError(
            f"unknown wording {wording!r} in {language}: {nearest(wording, available)}"
        )
    _show(available[wording])


def _show(wording: "Wording") -> None:
    line(f"\n{wording.name}\n  ask: {wording.ask}\n  answer: {wording.answer}")
    line(f"  options: {_options(wording) or 'none (open reply)'}")


def _options(wording: "Wording") -> str:
    return " | ".join(
        f"{', '.join(form.strip() for form in option.forms)} ({option.side})"
        for option in wording.options
    )


def _examples(recipe: "Recipe") -> Iterator[str]:
    """One example prompt of each wording."""
    from probes.asking.texts import ask

    for wording in recipe.wordings:
        text = ask(wording, "People should be free to choose.", 0)
        yield f"  {wording.name}: {text}{wording.joint}{wording.answer}"
