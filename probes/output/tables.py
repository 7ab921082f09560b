"""A run's placements as a table to paste: LaTeX, Markdown, CSV or JSON.

One row a model, a column an axis with the 95 % interval behind the position, then what speaks for
or against believing it. Formats what the run concluded; computes nothing.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, cast

from probes.errors import UsageError, nearest
from probes.files import csv, escape
from probes.types import Tables
from probes.types.reasons import sentences

if TYPE_CHECKING:
    import pandas as pd

Format = Literal["latex", "markdown", "csv", "json"]
MARK = "†"
"""Behind the numbers of a model that is not placed."""
MINUS = "\N{MINUS SIGN}"


def chosen(tables: Tables, axes: Sequence[str] = (), models: Sequence[str] = ()) -> Tables:
    """The tables with only these axes and models, in the order in which they are named.

    Raises:
        UsageError: one of them is not in the run; the nearest name is said.
    """
    known = [axis.name for axis in tables.axes]
    there = list(dict.fromkeys(tables.models["model"]))
    _refuse("axis", axes, known)
    _refuse("model", models, there)
    axes, models = axes or known, models or there
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
    """One row a model, as text: a column an axis, then `answered`, `yes-bias` and `content`.

    ``-3.20 [-4.10, -2.05]``: position and 95 % interval; in brackets and marked where the model is
    not placed; empty where there is no number.
    """
    rows = []
    whole = {str(r["model"]): r for r in tables.models.to_dict("records")}
    for model, own in tables.placements.groupby("model", sort=False):
        records = {str(r["axis"]): r for r in own.to_dict("records")}
        said = whole[str(model)]
        rows.append(
            {
                "model": str(model),
                **{axis.name: _cell(records.get(axis.name)) for axis in tables.axes},
                "answered": f"{own['answered'].sum()}/{own['asked'].sum()}",
                "yes-bias": _number(said["yes_bias"]),
                "content": _number(said["content"], signed=False),
            }
        )
    return rows


def note(tables: Tables) -> str:
    """What a reader must know of the numbers, in a sentence or two."""
    poles = "; ".join(f"{a.name}: {a.negative} (−) to {a.positive} (+)" for a in tables.axes)
    said = (
        f"Positions on [{MINUS}{tables.scale:g}, {tables.scale:g}] with 95 % intervals over "
        f"statements and wordings. {poles[:1].upper()}{poles[1:]}. {tables.caption}"
    ).rstrip(".") + "."
    placed = tables.placements["placed"].astype(bool)
    if placed.all():
        return said
    why, remarks = (_reasons(tables.placements[rows]) for rows in (~placed, placed))
    return f"{said} {MARK} Not placed: {'; '.join([w for w in why if w not in remarks] or why)}."


def _reasons(rows: "pd.DataFrame") -> dict[str, None]:
    """The sentences of the column `reason`, each once, in order."""
    return dict.fromkeys(text for cell in rows["reason"] for text in sentences(cell))


def _latex(tables: Tables) -> str:
    """A table environment for booktabs, ready to paste; every cell is escaped."""
    import pandas as pd

    frame = pd.DataFrame(summary(tables)).map(_tex)
    frame.columns = [_tex(name) for name in frame.columns]
    columns = "l" + "c" * len(tables.axes) + "r" * (len(frame.columns) - len(tables.axes) - 1)
    body: str = frame.style.hide(axis="index").to_latex(
        hrules=True,
        column_format=columns,
        position="t",
        position_float="centering",
        caption=_tex(note(tables)),
        label="tab:placements",
    )
    return (
        "% Needs \\usepackage{booktabs}; names in other scripts need XeLaTeX or LuaLaTeX.\n" + body
    )


def _tex(cell: str) -> str:
    written = escape.latex(cell).replace(MINUS, "$-$")
    return written.replace(MARK, r"\textsuperscript{\textdagger}")


def _markdown(tables: Tables) -> str:
    rows = summary(tables)
    heads = list(rows[0]) if rows else []
    rule = ["---" if name == "model" else "---:" for name in heads]
    lines = [heads, rule, *([row[name] for name in heads] for row in rows)]
    drawn = "\n".join("| " + " | ".join(map(escape.markdown, line)) + " |" for line in lines)
    return f"{drawn}\n\n{escape.markdown(note(tables))}\n"


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


def _cell(row: Mapping[object, object] | None) -> str:
    if row is None or not _finite(row["position"]):
        return ""
    found = _number(row["position"])
    if _finite(row["low"]) and _finite(row["high"]):
        found += f" [{_number(row['low'])}, {_number(row['high'])}]"
    return found if row["placed"] else f"({found}){MARK}"


def _number(value: object, *, signed: bool = True) -> str:
    if not _finite(value):
        return ""
    found = f"{value:+.2f}" if signed else f"{value:.2f}"
    return found.replace("-", MINUS)


def _finite(value: object) -> bool:
    return isinstance(value, float | int) and math.isfinite(value)


def _refuse(what: str, named: Sequence[str], known: Sequence[str]) -> None:
    for name in named:
        if name not in known:
            raise UsageError(f"this run has no {what} {name!r}: {nearest(name, known)}")
