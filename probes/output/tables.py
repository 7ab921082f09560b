"""A run's placements as a table to paste: LaTeX, Markdown, CSV or JSON.

One row a model: a column an axis with position and 95 % interval, then answered, yes-bias and
opposition. Formats what the run concluded; computes nothing.
"""

import json
import math
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, cast

from probes.errors import UsageError, nearest
from probes.files import csv
from probes.output import markup
from probes.output.columns import (
    ANSWERED,
    YES_BIAS,
    Column,
    Row,
    cells,
    signed,
    signed_number,
)
from probes.output.markup import MARK, MINUS
from probes.types import Tables
from probes.types.reasons import sentences

if TYPE_CHECKING:
    import pandas as pd

Format = Literal["latex", "markdown", "csv", "json"]


def select(tables: Tables, axes: Sequence[str] = (), models: Sequence[str] = ()) -> Tables:
    """The tables with only these axes and models, in the order in which they are named.

    Raises:
        UsageError: one of them is not in the run; names the nearest.
    """
    all_axes = [axis.name for axis in tables.axes]
    all_models = list(dict.fromkeys(tables.models["model"]))
    _refuse("axis", axes, all_axes)
    _refuse("model", models, all_models)
    axes, models = axes or all_axes, models or all_models
    rows = tables.placements
    rows = rows[rows["axis"].isin(axes) & rows["model"].isin(models)]
    order = rows["model"].map(list(models).index) * len(axes) + rows["axis"].map(list(axes).index)
    picked = {axis.name: axis for axis in tables.axes}
    return replace(
        tables,
        axes=tuple(picked[name] for name in axes),
        placements=rows.loc[order.sort_values(kind="stable").index],
        models=tables.models[tables.models["model"].isin(models)],
    )


def text(tables: Tables, form: str) -> str:
    """The placements in one of the formats.

    Raises:
        UsageError: there is no such format, or the set has no axes to be placed on.
    """
    if form not in FORMATS:
        raise UsageError(f"--format {form}: {nearest(form, FORMATS)}")
    if not tables.axes:
        raise UsageError("this run's set has no axes, so there are no placements to put in a table")
    return FORMATS[form](tables)


def summary(tables: Tables) -> list[dict[str, str]]:
    """One row a model, as text: a column an axis, then `answered`, `yes-bias` and
    `opposition`.

    ``-3.20 [-4.10, -2.05]``: position and 95 % interval; a marked dash where the model is not
    placed; empty where there is no number.
    """
    opposition = Column("opposition", signed("opposition"))
    columns = (*(_position(axis.name) for axis in tables.axes), ANSWERED, YES_BIAS, opposition)
    rows = list(_models(tables))
    drawn = zip(rows, cells(columns, rows), strict=True)
    return [
        {
            "model": str(row["model"]),
            **{k: str(text).replace("-", MINUS) for k, text in own.items()},
        }
        for row, own in drawn
    ]


def _models(tables: Tables) -> Iterator[dict[Hashable, object]]:
    """A row a model: its table of models, and axis -> its row of the placements."""
    models = {str(row["model"]): row for row in tables.models.to_dict("records")}
    for model, rows in tables.placements.groupby("model", sort=False):
        axes = {str(row["axis"]): row for row in rows.to_dict("records")}
        counts = {name: rows[name].sum() for name in ("answered", "asked")}
        yield models[str(model)] | counts | {"axes": axes}


def _position(axis: str) -> Column:
    """The column of an axis."""

    def text(model: Row) -> str:
        row = model["axes"].get(axis)
        position = signed_number(row["position"]) if row else ""
        if not position or not row["placed"]:
            return f"\N{EN DASH}{MARK}" if row and not row["placed"] else ""
        ends = signed_number(row["low"]), signed_number(row["high"])
        position += f" [{', '.join(ends)}]" if all(ends) else ""
        return position

    return Column(axis, text)


def note(tables: Tables) -> str:
    """The note below the table: scale, poles, provenance, and reasons for not placing."""
    poles = "; ".join(f"{a.name}: {a.negative} (−) to {a.positive} (+)" for a in tables.axes)
    sentences = (
        f"Positions on [{MINUS}{tables.scale:g}, {tables.scale:g}]. {poles[:1].upper()}{poles[1:]}."
        f" {tables.intervals}. {tables.caption}"
    ).rstrip(".") + "."
    placed = tables.placements["placed"].astype(bool)
    if placed.all():
        return sentences
    reasons, remarks = (_reasons(tables.placements[rows]) for rows in (~placed, placed))
    why = [reason for reason in reasons if reason not in remarks] or reasons
    return f"{sentences} {MARK} Not placed: {'; '.join(why)}."


def _reasons(rows: "pd.DataFrame") -> dict[str, None]:
    """The sentences of the column `reason`, each once, in order."""
    return dict.fromkeys(text for cell in rows["reason"] for text in sentences(cell))


def _latex(tables: Tables) -> str:
    rows = summary(tables)
    alignment = "l" + "c" * len(tables.axes) + "r" * (len(rows[0]) - len(tables.axes) - 1)
    return markup.latex(rows, note(tables), alignment, "tab:placements")


def _markdown(tables: Tables) -> str:
    return markup.markdown(summary(tables), note(tables))


def _csv(tables: Tables) -> str:
    return csv.text(tables.placements)


def _json(tables: Tables) -> str:
    content = {
        "caption": tables.caption,
        "scale": tables.scale,
        "axes": [
            {"name": a.name, "negative": a.negative, "positive": a.positive} for a in tables.axes
        ],
        "placements": _records(tables.placements),
    }
    return json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


FORMATS: Mapping[str, Callable[[Tables], str]] = {
    "latex": _latex,
    "markdown": _markdown,
    "csv": _csv,
    "json": _json,
}


def _records(frame: "pd.DataFrame") -> list[dict[str, object]]:
    """Rows as plain values; what is no number is null."""
    rows = cast("list[dict[str, object]]", frame.to_dict("records"))
    return [
        {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()}
        for row in rows
    ]


def _refuse(what: str, named: Sequence[str], known: Sequence[str]) -> None:
    for name in named:
        if name not in known:
            raise UsageError(f"this run has no {what} {name!r}: {nearest(name, known)}")
