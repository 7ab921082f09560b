"""The conditions: effect of each condition on each model, one row per model and condition.

Below each model: a hollow dot at its position under the first condition, a line to a filled one
under another, and the interval of the difference. Draws finished numbers and computes none.
"""

from collections.abc import Sequence
from typing import Unpack

import pandas as pd
from matplotlib.figure import Figure

from probes.errors import UsageError
from probes.phrases import plural, say
from probes.types import Tables, reasons

from . import _corpora, _dumbbells, _marks, _names, _small_multiples, _style
from ._differences import AxisDifference, ModelShift
from ._marks import ModelMark
from ._model_rows import ModelRow
from ._page import Page

NUMBERS = ("position_against", "difference", "low", "high")


def draw(tables: Tables, **style: Unpack[_style.StyleOptions]) -> Figure:
    """Draw every model under every condition.

    Raises:
        UsageError: the run has no conditions, or no difference between them; an unknown style.
    """
    page = Page(_style.figure_style(**style))
    table = _differences(tables)
    shifts, first = _shifts(table), _style.shorten(str(table["against"].iloc[0]))
    with _style.rc_context():
        models = dict.fromkeys(shift.against for shift in shifts)
        page.title(
            plural(
                len(models),
                "{n} model under conditions, from {first}",
                "{n} models under conditions, from {first}",
                first=first,
            )
        )
        look, order = page.look, _under_models(shifts)
        lines, gutter = _small_multiples.fit_names(page, _rows(order, tables))
        layout = _small_multiples.PanelLayout(
            lines, tables.scale, gutter, 1.9 * look.size, 3.6 * look.small
        )

        def draw_cell(cell: _small_multiples.RowCell) -> None:
            shift = order[cell.place]
            if isinstance(shift, ModelShift):
                _dumbbells.draw_dumbbell(cell, shift, page)

        _small_multiples.draw_axes(page, layout, tables.axes, draw_cell)
        page.legend(_corpora.legend(row.mark for row in lines if row.mark))
        page.legend(_dumbbells.legend(say("under {name}", name=first)))
        page.note(_names.unclaimed_all(tables))
        page.caption([tables.caption, say("Differences: paired by statement and wording")])
        return page.finish()


def _differences(tables: Tables) -> pd.DataFrame:
    """Rows that have a difference."""
    if tables.conditions is None:
        raise UsageError(
            "the figure 'conditions' draws runs under conditions (`probes run --condition users`)"
        )
    compared = (
        tables.conditions["position_against"].notna() & tables.conditions["difference"].notna()
    )
    table = tables.conditions[compared]
    if table.empty:
        raise UsageError(
            "no model has a difference between two conditions, so there is nothing to draw;"
            " conditions.csv says why"
        )
    return table


def _shifts(table: pd.DataFrame) -> list[ModelShift]:
    """One shift for each model and condition: field `model` holds the condition's name."""
    shifts: dict[tuple[str, str], ModelShift] = {}
    for row, kind in zip(table.to_dict("records"), reasons.kinds(table), strict=True):
        model, condition = str(row["model"]), str(row["condition"])
        shift = shifts.setdefault((model, condition), ModelShift(condition, model, {}))
        start, change, low, high = (float(row[name]) for name in NUMBERS)
        shift.steps[str(row["axis"])] = AxisDifference(start, change, low, high, kind)
    return list(shifts.values())


def _under_models(shifts: Sequence[ModelShift]) -> list[ModelShift | str]:
    """Each model's name, followed by its conditions."""
    order: list[ModelShift | str] = []
    for model in dict.fromkeys(shift.against for shift in shifts):
        order += [model, *(shift for shift in shifts if shift.against == model)]
    return order


def _rows(order: Sequence[ModelShift | str], tables: Tables) -> list[ModelRow]:
    """One row for each condition; models are headings."""
    looks, plain = _marks.marks(tables), ModelMark("", _style.GREY, "o")
    claims = reasons.claims(tables)
    names = _style.distinct_names(item for item in order if isinstance(item, str))
    conditions = dict.fromkeys(item.model for item in order if isinstance(item, ModelShift))
    called = _style.distinct_names(conditions)
    rows = []
    for item in order:
        if isinstance(item, str):
            rows.append(ModelRow(names[item]))
            continue
        intervals = _dumbbells.solid_steps(item, item.against, claims)
        mark = looks.get(item.against, plain)
        rows.append(ModelRow(called[item.model], mark, intervals, item.against))
    return rows
