"""A run's placements as a table to paste: LaTeX, Markdown, CSV or JSON.

One row per model: one column per axis with position and 95 % interval, then those selected from
`COLUMNS`. Formats existing results; computes nothing.
"""

import json
import math
import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from probes.errors import UsageError, nearest
from probes.files import csv
from probes.output import advice_table, markup
from probes.output.columns import ANSWERED, YES_BIAS, Column, cells
from probes.output.formats import DASH, Format, Row, number, signed
from probes.output.markup import MINUS, TableStyle
from probes.output.reservations import marked, reservations
from probes.types import Tables

if TYPE_CHECKING:
    import pandas as pd

POSITION = "position"
COLUMNS: Mapping[str, str] = {
    POSITION: "Position and 95 % interval, a column an axis",
    "answered": "Answered: pairs of statement and mirror x wordings with both sides answered, of "
    "those asked",
    "yes-bias": "Yes-bias: agreement with anything, from -1 to 1; it is taken out of positions",
    "opposition": "Opposition: 1 where claim and counterclaim are answered as opposites, 0 as any "
    "two texts",
    "control": "Control: share of everyday facts told from their opposites",
}
"""Column that a table may show after the model -> its explanation in the note."""
UNMIRRORED: Mapping[str, str] = {
    "answered": "Answered: statements x wordings that were answered, of those asked",
    "opposition": "Opposition is not known of statements without mirrors",
}
"""Explanations that differ where no statement has a mirror."""
BESIDE: Mapping[str, Format] = {
    "answered": ANSWERED.format,
    "yes-bias": YES_BIAS.format,
    "opposition": signed("opposition"),
    "control": lambda row: number(row["control"]),
}
MOST_DIGITS, PLAIN = 6, TableStyle()


def select(tables: Tables, axes: Sequence[str] = (), models: Sequence[str] = ()) -> Tables:
    """The tables with only these axes and models, in the order named.

    Raises:
        UsageError: one of them is not in the run; the message names the nearest.
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
    advice = tables.advice_summary
    return replace(
        tables,
        axes=tuple(picked[name] for name in axes),
        placements=rows.loc[order.sort_values(kind="stable").index],
        models=tables.models[tables.models["model"].isin(models)],
        advice_summary=None if advice is None else advice[advice["model"].isin(models)],
    )


def text(tables: Tables, form: str, style: TableStyle = PLAIN) -> str:
    """The placements in one of the formats; `style` applies to LaTeX and Markdown.

    Raises:
        UsageError: there is no such format or column, too many digits are asked for, or the set has
            no axes.
    """
    for name in style.columns:
        if name not in COLUMNS:
            raise UsageError(f"--columns {name}: {nearest(name, COLUMNS)}")
    if not re.fullmatch(r"[\w:.-]+", style.label, re.ASCII):
        raise UsageError(f"--label {style.label}: must be letters, digits and : . - _")
    if not 0 <= style.digits <= MOST_DIGITS:
        raise UsageError(f"--digits {style.digits}: must lie between 0 and {MOST_DIGITS}")
    if form not in FORMATS:
        raise UsageError(f"--format {form}: {nearest(form, FORMATS)}")
    if tables.advice_summary is not None:
        return advice_table.text(tables, form, style)
    if not tables.axes:
        raise UsageError("this run's set has no axes, so there are no placements to put in a table")
    return FORMATS[form](tables, style)


def summary(tables: Tables, style: TableStyle = PLAIN) -> list[dict[str, str]]:
    """One row per model, as text: one column per axis, then those of the style.

    ``-3.20 [-4.10, -2.05]``: position and 95 % interval. A model that is not placed has a dash and
    a mark; a position without a claim, or with a limited interval, has a mark. Empty where there is
    no number.
    """
    by_name = {name: Column(name, format_) for name, format_ in BESIDE.items()}
    axes = [_position(axis.name, style.digits) for axis in tables.axes]
    columns = [
        column
        for name in style.columns
        for column in (axes if name == POSITION else [by_name[name]])
    ]
    rows, marks = list(_models(tables)), {m: mark for mark, m, _ in marked(tables)}
    for row in rows:
        row["mark"] = marks.get(str(row["model"]), "")
    rows_with_cells = zip(rows, cells(columns, rows), strict=True)
    return [
        {
            "model": str(row["model"]),
            **{k: str(text).replace("-", MINUS) for k, text in texts.items()},
        }
        for row, texts in rows_with_cells
    ]


def _models(tables: Tables) -> Iterator[dict[Hashable, object]]:
    """One mapping per model: its row of the table of models, and axis -> its placement."""
    models = {str(row["model"]): row for row in tables.models.to_dict("records")}
    for model, rows in tables.placements.groupby("model", sort=False):
        axes = {str(row["axis"]): row for row in rows.to_dict("records")}
        counts = {name: rows[name].sum() for name in ("answered", "asked")}
        yield models[str(model)] | counts | {"axes": axes}


def _position(axis: str, digits: int) -> Column:
    """The column of an axis: position and interval."""

    def text(model: Row) -> str:
        row, form = model["axes"].get(axis), f"+.{digits}f"
        position = number(row["position"], form) if row else ""
        if not position:
            return ""
        if not row["placed"]:
            return f"{DASH}{model['mark']}"
        ends = number(row["low"], form), number(row["high"], form)
        position += f" [{', '.join(ends)}]" if all(ends) else ""
        return f"{position}{model['mark']}" if reservations(row) else position

    return Column(axis, text)


def note(tables: Tables, style: TableStyle = PLAIN) -> str:
    """The note below the table: its columns, provenance, and the meaning of its marks."""
    statements = tables.agreement[tables.agreement["role"] == "statement"]
    paired = bool(statements["log_odds_mirror"].notna().any())
    says = COLUMNS if paired else {**COLUMNS, **UNMIRRORED}
    explanations = [says[name] for name in style.columns if name != POSITION]
    about = f" {'. '.join(explanations)}." if explanations else ""
    by_mark: dict[tuple[str, str], list[str]] = {}
    for mark, model, meaning in marked(tables):
        by_mark.setdefault((mark, meaning), []).append(model)
    marks = "".join(
        f" {mark} {meaning} ({', '.join(who)})." for (mark, meaning), who in by_mark.items()
    )
    return f"{title(tables)}{about} {tables.caption}".rstrip(".") + f".{marks}"


def title(tables: Tables) -> str:
    """Default caption of the table."""
    poles = "; ".join(f"{a.name}: {a.negative} (−) to {a.positive} (+)" for a in tables.axes)
    return (
        f"Positions on [{MINUS}{tables.scale:g}, {tables.scale:g}]. {poles[:1].upper()}{poles[1:]}."
        f" {tables.intervals}."
    )


def _latex(tables: Tables, style: TableStyle) -> str:
    rows = summary(tables, style)
    axes = {axis.name for axis in tables.axes}
    alignment = "l" + "".join("c" if name in axes else "r" for name in list(rows[0])[1:])
    below = note(tables, style).removeprefix(title(tables)).strip()
    return markup.latex(
        rows, style.caption or title(tables), below, replace(style, alignment=alignment)
    )


def _markdown(tables: Tables, style: TableStyle) -> str:
    return markup.markdown(summary(tables, style), note(tables, style))


def _csv(tables: Tables, style: TableStyle) -> str:
    del style
    return csv.text(tables.placements)


def _json(tables: Tables, style: TableStyle) -> str:
    del style
    content = {
        "caption": tables.caption,
        "scale": tables.scale,
        "axes": [
            {"name": a.name, "negative": a.negative, "positive": a.positive} for a in tables.axes
        ],
        "placements": _records(tables.placements),
    }
    return json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


FORMATS: Mapping[str, Callable[[Tables, TableStyle], str]] = {
    "latex": _latex,
    "markdown": _markdown,
    "csv": _csv,
    "json": _json,
}


def _records(frame: "pd.DataFrame") -> list[dict[str, object]]:
    """Rows as plain values for JSON; NaN becomes null."""
    rows = cast("list[dict[str, object]]", frame.to_dict("records"))
    return [
        {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()}
        for row in rows
    ]


def _refuse(noun: str, names: Sequence[str], valid: Sequence[str]) -> None:
    for name in names:
        if name not in valid:
            raise UsageError(f"this run has no {noun} {name!r}: {nearest(name, valid)}")
