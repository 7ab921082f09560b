"""Tables for the terminal. Formats what others have computed; computes nothing."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, cast

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from probes.cli._terminal import console, interval, line, signed
from probes.files.escape import terminal

if TYPE_CHECKING:
    import pandas as pd

    from probes.types import Editions, Tables


NEAREST, FARTHEST = 5, 1
"""How many respondents are printed of a model; the file has them all."""


class _PlacementRow(Protocol):
    """What is read of a row of `placements.csv`."""

    model: str
    axis: str
    position: float
    low: float
    high: float
    minimum: float
    maximum: float
    direction: float
    yes_bias: float
    answered: int
    asked: int
    content: float
    control: float
    placed: bool
    reason: str


def table(rows: "Sequence[Mapping[str, object]] | pd.DataFrame") -> None:
    """Print rows with equal keys, numbers to the right; columns that are empty throughout go."""
    if not isinstance(rows, Sequence):
        rows = [{str(k): v for k, v in row.items()} for row in rows.to_dict("records")]
    columns = [name for name in (rows[0] if rows else ()) if any(_text(r[name]) for r in rows)]
    drawn = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        numeric = all(isinstance(r[name], int | float) or not _text(r[name]) for r in rows)
        drawn.add_column(
            Text(terminal(name.replace("_", " "))), justify="right" if numeric else "left"
        )
    for row in rows:
        # Text, not str: a name such as "[red]" is text, not markup.
        drawn.add_row(*(Text(_text(row[name])) for name in columns))
    console().print(drawn)


def tables(found: "Tables") -> None:
    """Print where models stand, on axes and beside the set's respondents."""
    if found.axes:
        placements(found.placements)
    if found.alignment is not None:
        alignment(found.alignment)
    if found.stances is not None:
        stances(found.stances)
    if found.faithful is not None:
        faithful(found.faithful)


def placements(frame: "pd.DataFrame") -> None:
    """Print where each model stands, how sure that is, and what speaks against believing it."""
    rows = cast("list[_PlacementRow]", list(frame.itertuples()))
    table(
        [
            {
                "model": row.model,
                "axis": row.axis,
                "position": f"{row.position:+.2f}" if math.isfinite(row.position) else "",
                "95 % interval": interval(row.low, row.high),
                "bounds": interval(row.minimum, row.maximum),
                "direction": signed(row.direction),
                "yes-bias": signed(row.yes_bias),
                "answered": f"{row.answered}/{row.asked}",
                "content": row.content,
                "control": row.control,
                "placed": "yes" if row.placed else "no",
            }
            for row in rows
        ]
    )
    notes = {
        (row.model, row.axis): row.reason
        for row in rows
        if isinstance(row.reason, str) and row.reason
    }
    for (model, axis), reason in notes.items():
        line(f"{model}, {axis}: {reason}")


def alignment(frame: "pd.DataFrame") -> None:
    """Print which of the set's respondents each model agrees with most, and least."""
    for model, rows in frame.groupby("model", sort=False):
        ranked = rows.dropna(subset="score").sort_values("score", ascending=False, kind="stable")
        cut = len(ranked) > NEAREST + FARTHEST
        shown = [*ranked.head(NEAREST if cut else len(ranked)).to_dict("records")]
        shown += ranked.tail(FARTHEST).to_dict("records") if cut else []
        said = f"closest {NEAREST} and farthest {FARTHEST} of {len(ranked)}" if cut else "by score"
        line(f"\n{model}, agreement with respondents, {said}")
        table(
            [
                {
                    "respondent": row["respondent"],
                    "score": _percent(row["score"]),
                    "score, 95 %": _percent(row["low"], row["high"]),
                    "correlation": signed(row["correlation"]),
                    "correlation, 95 %": interval(row["correlation_low"], row["correlation_high"]),
                    "statements": row["n"],
                }
                for row in shown
            ]
        )
        reason = rows["reason"].iloc[0]
        if isinstance(reason, str) and reason:
            line(f"{model}: {reason}")


def stances(frame: "pd.DataFrame") -> None:
    """Print which stances each model's replies take, and what the forced-choice reader says."""
    line("\nstances of replies")
    table(frame.drop(columns=["compared", "mismatch"] if not frame["compared"].any() else []))


def faithful(frame: "pd.DataFrame") -> None:
    """Print what a published rule concludes, beside the placement, and where the rule is known
    from."""
    rows = frame.to_dict("records")
    line("\nby the published rule, and by the method")
    table(
        [
            {
                "model": row["model"],
                "axis": row["axis"],
                "from": row["evidence"],
                "published rule": signed(row["faithful"]),
                "mean of seeds": signed(row["by_seed"]) if row["seeds"] > 1 else "",
                "agree words only": signed(row["agree_only"]),
                "whole vocabulary": signed(row["whole_vocabulary"]),
                "method": signed(row["honest"]),
                "95 % interval": interval(row["low"], row["high"]),
                "yes-bias": signed(row["yes_bias"]),
                "agrees with": _percent(row["agree_share"]),
                "no evidence": f"{row['no_evidence']}/{row['cells']}",
                "truncated": row["truncated"],
                "placed": "yes" if row["placed"] else "no",
            }
            for row in rows
        ]
    )
    for rule in dict.fromkeys(str(row["rule"]) for row in rows):
        for part in rule.split(" | "):
            line(part)


def languages(found: "Editions") -> None:
    """Print where each model stands in each language, and how far that is from the first."""
    for language, edition in found.tables.items():
        line(f"\n{language}")
        placements(edition.placements)
    rows = found.differences.to_dict("records")
    table(
        [
            {
                "model": row["model"],
                "axis": row["axis"],
                "language": row["language"],
                "position": signed(row["position"]),
                "against": f"{row['against']} {signed(row['position_against'])}",
                "difference": signed(row["difference"]),
                "95 % interval": interval(row["low"], row["high"]),
                "p (Holm)": row["p_holm"],
                "statements": row["statements"],
                "verdict": row["verdict"],
            }
            for row in rows
        ]
    )
    for row in rows:
        if isinstance(row["reason"], str) and row["reason"]:
            place = f"{row['model']}, {row['axis']}, {row['language']}: {row['reason']}"
            line(place)


def _percent(*values: float) -> str:
    return " to ".join(f"{v:.0%}".replace("%", " %") for v in values if math.isfinite(v))


def _text(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return terminal(str(value))
