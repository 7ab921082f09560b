"""Tables for the terminal. Formats what others have computed; computes nothing."""

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, cast

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    import pandas as pd

    from probes.session import Progress
    from probes.types import Editions


NEAREST, FARTHEST = 5, 1
"""How many respondents are printed of a model; the file has them all."""


class _Row(Protocol):
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
        drawn.add_column(name.replace("_", " "), justify="right" if numeric else "left")
    for row in rows:
        # Text, not str: a name such as "[red]" is text, not markup.
        drawn.add_row(*(Text(_text(row[name])) for name in columns))
    _console().print(drawn)


def placements(frame: "pd.DataFrame") -> None:
    """Print where each model stands, how sure that is, and what speaks against believing it."""
    rows = cast("list[_Row]", list(frame.itertuples()))
    table(
        [
            {
                "model": row.model,
                "axis": row.axis,
                "position": f"{row.position:+.2f}" if math.isfinite(row.position) else "",
                "95 % interval": _interval(row.low, row.high),
                "bounds": _interval(row.minimum, row.maximum),
                "direction": _signed(row.direction),
                "yes-bias": _signed(row.yes_bias),
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
        _console().print(Text(f"{model}, {axis}: {reason}"), soft_wrap=True)


def alignment(frame: "pd.DataFrame") -> None:
    """Print which of the set's respondents each model agrees with most, and least."""
    for model, rows in frame.groupby("model", sort=False):
        ranked = rows.dropna(subset="score").sort_values("score", ascending=False, kind="stable")
        cut = len(ranked) > NEAREST + FARTHEST
        shown = [*ranked.head(NEAREST if cut else len(ranked)).to_dict("records")]
        shown += ranked.tail(FARTHEST).to_dict("records") if cut else []
        said = f"closest {NEAREST} and farthest {FARTHEST} of {len(ranked)}" if cut else "by score"
        _console().print(Text(f"\n{model}, agreement with respondents, {said}"))
        table(
            [
                {
                    "respondent": row["respondent"],
                    "score": _percent(row["score"]),
                    "score, 95 %": _percent(row["low"], row["high"]),
                    "correlation": _signed(row["correlation"]),
                    "correlation, 95 %": _interval(row["correlation_low"], row["correlation_high"]),
                    "statements": row["n"],
                }
                for row in shown
            ]
        )
        reason = rows["reason"].iloc[0]
        if isinstance(reason, str) and reason:
            _console().print(Text(f"{model}: {reason}"), soft_wrap=True)


def languages(found: "Editions") -> None:
    """Print where each model stands in each language, and how far that is from the first."""
    for language, tables in found.tables.items():
        _console().print(Text(f"\n{language}"))
        placements(tables.placements)
    rows = found.differences.to_dict("records")
    table(
        [
            {
                "model": row["model"],
                "axis": row["axis"],
                "language": row["language"],
                "position": _signed(row["position"]),
                "against": f"{row['against']} {_signed(row['position_against'])}",
                "difference": _signed(row["difference"]),
                "95 % interval": _interval(row["low"], row["high"]),
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
            _console().print(Text(place), soft_wrap=True)


def _console() -> Console:
    """As wide as the terminal; wide enough for any table where there is none."""
    console = Console()
    return console if console.is_terminal else Console(width=200)


def _interval(low: float, high: float) -> str:
    return f"{low:+.2f} to {high:+.2f}" if math.isfinite(low) and math.isfinite(high) else ""


def _percent(*values: float) -> str:
    return " to ".join(f"{v:.0%}".replace("%", " %") for v in values if math.isfinite(v))


def _signed(value: float) -> str:
    return f"{value:+.2f}" if math.isfinite(value) else ""


def _text(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


@contextlib.contextmanager
def progress() -> "Iterator[Callable[[Progress], None]]":
    """A bar with ETA on a terminal; silence elsewhere."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=console, disable=not console.is_terminal) as bar:
        tasks = {}

        def tell(progress: "Progress") -> None:
            if progress.model not in tasks:
                label = f"{progress.index}/{progress.models} {progress.model}"
                tasks[progress.model] = bar.add_task(label, total=progress.cells)
            bar.update(tasks[progress.model], completed=progress.done)

        yield tell
