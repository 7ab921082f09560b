"""The command `probes compare`: parse, call, print."""

import json
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from probes.cli._terminal import line, say
from probes.errors import UsageError

if TYPE_CHECKING:
    from probes.comparison.models import Comparison

Row = Mapping[Hashable, Any]
"""A row of a table, as pandas gives it."""


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
        found = comparing.several(directory, "all" if every else "kin", margin)
    elif every:
        raise UsageError("--all compares all models; name none with it")
    else:
        found = comparing.named(directory, first, second, margin)
    if save:
        comparing.save(directory, found)
    if as_json:
        say(json.dumps(found.document(), ensure_ascii=False, indent=1, allow_nan=False))
    else:
        _tell(found, topics=topics)
        say(_said(found))
    raise typer.Exit(found.status)


def _tell(found: "Comparison", *, topics: bool) -> None:
    """Print the differences; topic by topic if asked for; of a single pair, what moved most."""
    from probes.cli import _tables

    _tables.table([_difference(row) for row in found.differences.to_dict("records")])
    for row in found.differences.to_dict("records"):
        if row["reason"]:
            line(f"{row['against']} to {row['model']}, {row['axis']}: {row['reason']}")
    single = len(found.pairs) == 1
    if topics:
        _tables.table([_topic(row, named=not single) for row in found.topics().to_dict("records")])
    if single:
        say("\nStatements that moved most, agreement from -1 to 1, 95 % over wordings:")
        _tables.table([_statement(row) for row in found.statements().to_dict("records")])


def _difference(row: Row) -> dict[str, object]:
    from probes.cli._terminal import interval, signed

    return {
        "from": row["against"],
        "to": row["model"],
        "axis": row["axis"],
        "positions": f"{signed(row['position_against'])} to {signed(row['position'])}",
        "difference": signed(row["difference"]),
        "95 % interval": interval(row["low"], row["high"]),
        "of direction": signed(row["direction"]),
        "95 %": interval(row["direction_low"], row["direction_high"]),
        "p (Holm)": row["p_holm"],
        "statements": row["statements"],
        "verdict": row["verdict"],
    }


def _topic(row: Row, *, named: bool) -> dict[str, object]:
    from probes.cli._terminal import interval, signed

    return {
        **({"from": row["against"], "to": row["model"]} if named else {}),
        "axis": row["axis"],
        "topic": row["topic"],
        "difference": signed(row["difference"]),
        "95 % interval": interval(row["low"], row["high"]),
        "p (Holm)": row["p_holm"],
        "statements": row["statements"],
    }


def _statement(row: Row) -> dict[str, object]:
    from probes.cli._terminal import interval, signed

    return {
        "statement": row["statement"],
        "agreement": f"{signed(row['agreement_against'])} to {signed(row['agreement'])}",
        "change": signed(row["change"]),
        "95 % interval": interval(row["low"], row["high"]),
        "points": f"{signed(row['points'])} {row['axis']}",
        "towards": row["towards"],
        "text": row["text"],
    }


def _said(found: "Comparison") -> str:
    """The verdict as one line."""
    from probes.comparison.models import WORDS

    margin = float(found.differences["margin"].iloc[0])
    return f"{WORDS[found.status]} (margin {margin:g}; exit status {found.status})"
