"""Options of several commands, and parsers of their values."""

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
    """Cluster engine that asks the models; None: this process asks."""
    if address is None:
        if workers is not None:
            raise UsageError(f"--workers {workers}: are those of a cluster; give --ray, too")
        return None
    from probes.cluster import Cluster

    return Cluster(address, workers)


def missing_as(word: str) -> "Missing":
    """Parse how missing answers count."""
    if word == "honest":
        return "honest"
    if word == "legacy-agree":
        return "legacy-agree"
    raise UsageError(f"--missing {word}: must be 'honest' or 'legacy-agree'")


def batch_size(text: str) -> "BatchSize":
    """Parse the batch size."""
    if text == "auto":
        return "auto"
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise UsageError(f"--batch-size {text}: must be 'auto' or a number from 1 up")


def named(option: str, typed: Sequence[str]) -> dict[str, str]:
    """Parse ``MODEL=NAME`` of a repeatable option: model -> name.

    Args:
        option: the option, for error messages.
        typed: its values.

    Raises:
        UsageError: a value has another format, or a model is repeated.
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
