"""The command `probes compare`: parse, call, print."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from probes.cli._terminal import line, say
from probes.errors import UsageError

if TYPE_CHECKING:
    from probes.comparison.models import Comparison, Which

MOST_PAIRS = 5000
"""Maximum number of pairs compared without `--yes`: those of 100 models, about half a minute."""


def compare(
    directory: Annotated[Path, typer.Argument(help="Folder of a run.", metavar="DIR")],
    first: Annotated[
        str | None,
        typer.Argument(
            help="From this model (of DIR, or OTHER_DIR:MODEL of the same set and protocol) ...",
            metavar="A",
            show_default=False,
        ),
    ] = None,
    second: Annotated[
        str | None,
        typer.Argument(help="... to this one.", metavar="B", show_default=False),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All models with all others.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help=f"Compare more than {MOST_PAIRS:,} pairs, too.")
    ] = False,
    margin: Annotated[
        float | None,
        typer.Option(
            help="Points within which two positions count as equal [default: the protocol's, 1].",
            show_default=False,
        ),
    ] = None,
    topics: Annotated[bool, typer.Option("--topics", help="Also topic by topic.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document, with all.")] = False,
    save: Annotated[
        bool, typer.Option("--save", help="Write differences.csv into DIR, for `plot shift`.")
    ] = False,
) -> None:
    """Did a model move? Paired differences of B less A, or of each model less its parent.

    Exit status, for use as a gate: 0 not moved, 1 moved, 3 cannot be told apart, 2 for mistakes.
    Of several axes and pairs: 1 if any moved, else 3 if any cannot be told apart. A move that is
    within the margin, or only makes a model more (or less) decided and not further along the axis,
    is no move. With several comparisons, a move must survive Holm's correction.
    """
    from probes.runs import compare as comparing

    if first is None or second is None:
        if first is not None:
            raise UsageError(f"{first}: compared with which? name two models, or none")
        which: Which = "all" if every else "kin"
        comparison = comparing.several(directory, which, margin, None if yes else MOST_PAIRS)
    elif every:
        raise UsageError("--all compares all models; name none with it")
    else:
        comparison = comparing.named(directory, first, second, margin)
    if save:
        comparing.save(directory, comparison)
    if as_json:
        say(json.dumps(comparison.document(), ensure_ascii=False, indent=1, allow_nan=False))
    else:
        _print(comparison, topics=topics)
        say(_verdict(comparison))
    raise typer.Exit(comparison.status)


def _print(comparison: "Comparison", *, topics: bool) -> None:
    """Print the differences; also by topic if asked for; for a single pair, the largest changes."""
    from probes.cli import _tables
    from probes.output import columns

    rows = comparison.differences.to_dict("records")
    _tables.listed(columns.MODEL_DIFFERENCE, rows)
    for row in rows:
        if row["reason"]:
            line(f"{row['against']} to {row['model']}, {row['axis']}: {row['reason']}")
    is_single = len(comparison.pairs) == 1
    if topics:
        shown = columns.TOPIC if is_single else (*columns.PAIR, *columns.TOPIC)
        _tables.listed(shown, comparison.topics().to_dict("records"))
    if is_single:
        rows = comparison.statements().to_dict("records")
        line(
            f"\nStatements that moved most, agreement from -1 to 1, 95 % over wordings. Chosen as "
            f"the {len(rows)} largest, they look larger than they are: 'shrunk' is what to expect."
        )
        _tables.listed(columns.STATEMENT, rows)


def _verdict(comparison: "Comparison") -> str:
    """The verdict in one line."""
    from probes.comparison.models import WORDS

    margin = float(comparison.differences["margin"].iloc[0])
    return f"{WORDS[comparison.status]} (margin {margin:g}; exit status {comparison.status})"
