"""Options that several commands have, and what their words mean."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from probes.errors import UsageError

if TYPE_CHECKING:
    from probes.asking.batches import BatchSize
    from probes.runs.session import Engine
    from probes.types import Missing

MISSING = typer.Option(
    help="honest, or legacy-agree: missing answers count as agreement, as some published numbers "
    "have it."
)
MATRIX = typer.Option(
    help="Correct stances by this file of `probes stance check`; none: no longer.",
    metavar="FILE",
)
PEOPLE = typer.Option(
    help="People who answered the set, to stand beside the models: a folder of `probes sets "
    "validate`, or their answers; none: no longer.",
    metavar="FILE",
)


def engine(address: str | None, workers: int | None) -> "Engine | None":
    """Where models are asked: on a cluster, or, None, here."""
    if address is None:
        if workers is not None:
            raise UsageError(f"--workers {workers}: are those of a cluster; give --ray, too")
        return None
    from probes.cluster import Cluster

    return Cluster(address, workers)


def missing_as(word: str) -> "Missing":
    """How missing answers count, as typed."""
    if word == "honest":
        return "honest"
    if word == "legacy-agree":
        return "legacy-agree"
    raise UsageError(f"--missing {word}: must be 'honest' or 'legacy-agree'")


def batch_size(text: str) -> "BatchSize":
    """How many prompts are asked at a time, as typed."""
    if text == "auto":
        return "auto"
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise UsageError(f"--batch-size {text}: must be 'auto' or a number from 1 up")


def named(option: str, typed: Sequence[str]) -> dict[str, str]:
    """``MODEL=NAME`` of a repeatable option -> name, by model.

    Raises:
        UsageError: one is not so written, or a model stands twice.
    """
    names = dict[str, str]()
    for text in typed:
        model, _, name = text.partition("=")
        if not model or not name:
            raise UsageError(f"{option} {text}: must be MODEL=NAME")
        if model in names:
            raise UsageError(f"{option} {text}: {model!r} has a name already; give it one")
        names[model] = name
    return names
