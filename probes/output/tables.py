"""A run's placements as a table to paste: LaTeX, Markdown, CSV or JSON.

One row a model: a column an axis with position and 95 % interval, then answered, yes-bias and
content. Formats what the run concluded; computes nothing.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, cast

from probes.errors import UsageError, nearest
from probes.files import csv, escape
from probes.types import Tables

if TYPE_CHECKING:
    import pandas as pd

Format = Literal["latex", "markdown", "csv", "json"]
MARK = "†"
"""Behind the numbers of a model that is not placed."""
MINUS = "\N{MINUS SIGN}"


def select(tables: Tables, axes: Sequence[str] = (), models: Sequence[str] = ()) -> Tables:
    """The tables with only these axes and models, in the order in which they are named.

    Raises:
        UsageError: one of them is not in the run; names the nearest.
    """
    all_axes = [axis.name for axis in tables.axes]
    all_models = list(dict.fromkeys(tables.models["model"]))
    _refuse_unknown("axis", axes, all_axes)
    _refuse_unknown("model", models, all_models)
    axes, models = axes or all_axes, models or all_models
    rows = tables.placements
    rows = rows[rows["axis"].isin(axes) & rows["model"].isin(models)]
    order = rows["model"].map(list(models).index) * len(axes) + rows["axis"].map(list(axes).index)
    by_name = {axis.name: axis for axis in tables.axes}
    return replace(
        tables,
        axes=tuple(by_name[name] for name in axes),
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
    about = {str(r["model"]): r for r in tables.models.to_dict("records")}
    for model, own in tables.placements.groupby("model", sort=False):
        records = {str(r["axis"]): r for r in own.to_dict("records")}
        rows.append(
            {
                "model": str(model),
                **{axis.name: _cell(records.get(axis.name)) for axis in tables.axes},
                "answered": f"{own['answered'].sum()}/{own['asked'].sum()}",
                "yes-bias": _number(about[str(model)]["yes_bias"]),
                "content": _number(about[str(model)]["content"], signed=False),
            }
        )
    return rows


def note(tables: Tables) -> str:
    """The note below the table: scale, poles, provenance, and reasons for not placing."""
    poles = "; ".join(f"{a.name}: {a.negative} (−) to {a.positive} (+)" for a in tables.axes)
    text = (
        f"Positions on [{MINUS}{tables.scale:g}, {tables.scale:g}] with 95 % intervals over "
        f"statements and wordings. {poles[:1].upper()}{poles[1:]}. {tables.caption}"
    ).rstrip(".") + "."
    placed = tables.placements["placed"].astype(bool)
    if placed.all():
        return text
    why, remarks = (_reasons(tables.placements[rows]) for rows in (~placed, placed))
    return f"{text} {MARK} Not placed: {'; '.join([w for w in why if w not in remarks] or why)}."


def _reasons(rows: "pd.DataFrame") -> dict[str, None]:
    """The parts of the column `reason`, each once, in order."""
    return dict.fromkeys(part for cell in rows["reason"].dropna() for part in cell.split("; "))


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
    escaped = escape.latex(cell).replace(MINUS, "$-$")
    return escaped.replace(MARK, r"\textsuperscript{\textdagger}")


def _markdown(tables: Tables) -> str:
    rows = summary(tables)
    heads = list(rows[0]) if rows else []
    rule = ["---" if name == "model" else "---:" for name in heads]
    lines = [heads, rule, *([row[name] for name in heads] for row in rows)]
    table = "\n".join("| " + " | ".join(map(escape.markdown, line)) + " |" for line in lines)
    return f"{table}\n\n{escape.markdown(note(tables))}\n"


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
    """Rows as plain values; a float that is not finite is null."""
    rows = cast("list[dict[str, object]]", frame.to_dict("records"))
    return [
        {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()}
        for row in rows
    ]


def _cell(row: Mapping[object, object] | None) -> str:
    if row is None or not _finite(row["position"]):
        return ""
    cell = _number(row["position"])
    if _finite(row["low"]) and _finite(row["high"]):
        cell += f" [{_number(row['low'])}, {_number(row['high'])}]"
    return cell if row["placed"] else f"({cell}){MARK}"


def _number(value: object, *, signed: bool = True) -> str:
    if not _finite(value):
        return ""
    number = f"{value:+.2f}" if signed else f"{value:.2f}"
    return number.replace("-", MINUS)


def _finite(value: object) -> bool:
    return isinstance(value, float | int) and math.isfinite(value)


def _refuse_unknown(kind: str, names: Sequence[str], valid: Sequence[str]) -> None:
    for name in names:
        if name not in valid:
            raise UsageError(f"this run has no {kind} {name!r}: {nearest(name, valid)}")
