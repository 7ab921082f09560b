"""Parallel forms of an instrument: positions by either form, and their reliability between models.

Takes the agreement table of any run, so it serves models and the respondents of `recovery`. Forms,
and the reliability of one model, are defined in `placement.parallel_forms`.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from probes.placement.grid import cells
from probes.placement.parallel_forms import forms, split_half_reliability, stepped_up
from probes.tables.place import placements
from probes.types import Axis, Header, Materials
from probes.validity.findings import Finding
from probes.validity.opinionated import VIEWED

COLUMNS = ["model", "axis", "pairs", "form_a", "form_b", "difference", "reliability"]
RELIABLE = 0.8
"""Minimum split-half reliability between planted respondents. (provisional)"""


def split_half(
    agreement: pd.DataFrame, materials: Materials, headers: Sequence[Header], axis: str
) -> pd.DataFrame:
    """One row per model, if the axis has pairs; other arguments as for `tables.place.place`.

    Columns: pairs (statements in each form); form_a, form_b, difference: positions by either form,
    and A less B; reliability: see `split_half_reliability`.
    """
    of, recipe = materials.statements, materials.recipe
    names = set(agreement["statement"])
    pairs = [p for p in zip(*forms(of, axis), strict=True) if names >= set(p)]
    if not pairs:
        return pd.DataFrame(columns=COLUMNS)
    table = pd.DataFrame(index=[header.model.name for header in headers])
    for column, form in zip(("form_a", "form_b"), zip(*pairs, strict=True), strict=True):
        rows = agreement[agreement["statement"].isin(form)]
        models = placements(rows, materials, headers)
        table[column] = [model.points[axis].position for model in models]
    table["difference"] = table["form_a"] - table["form_b"]
    table["reliability"] = [
        split_half_reliability(
            cells(agreement[agreement["model"] == name], of, recipe), of, recipe, axis
        )
        for name in table.index
    ]
    table = table.assign(axis=axis, pairs=len(pairs)).reset_index(names="model")
    return table[COLUMNS]


def between(halves: pd.DataFrame) -> pd.DataFrame:
    """Reliability between models: one row per axis of a table of `split_half`.

    Columns: axis, models, reliability (correlation of form_a with form_b, by Spearman-Brown; NaN
    below three models) and difference (mean absolute, in points).
    """
    rows = []
    for axis, part in halves.groupby("axis", sort=False):
        complete = part.dropna(subset=["form_a", "form_b"])
        form_a = complete["form_a"].to_numpy(dtype=np.float64)
        form_b = complete["form_b"].to_numpy(dtype=np.float64)
        gap = float(np.abs(form_a - form_b).mean()) if len(complete) else np.nan
        rows.append((axis, len(complete), stepped_up(form_a, form_b), gap))
    return pd.DataFrame(rows, columns=["axis", "models", "reliability", "difference"])


def agreement_of_forms(axis: Axis, halves: pd.DataFrame) -> Finding:
    """Finding on parallel forms: number of statements, and agreement of both forms."""
    name, on_axis = f"parallel forms, {axis.name}", halves[halves["axis"] == axis.name]
    if on_axis.empty:
        return Finding(name, "0 + 0", "warn", "no two statements of one topic and direction", {})
    (row,) = between(on_axis).to_dict("records")
    count, alone = int(on_axis["pairs"].iloc[0]), float(on_axis["reliability"].median())
    between_models, gap = float(row["reliability"]), float(row["difference"])
    numbers = {"statements": float(count), "reliability": between_models, "difference": gap}
    if not np.isfinite(between_models):
        sentence = "a half alone has no position"
        return Finding(name, f"{count} + {count}", "warn", sentence, numbers)
    value = f"{count} + {count}; split-half {between_models:.2f}, {gap:.2f} points apart"
    sentence = f"of planted respondents {VIEWED}"
    if np.isfinite(alone):
        numbers["within"] = alone
        sentence += f"; within one of them {alone:.2f} (median)"
    if between_models < RELIABLE:
        sentence = f"the halves do not order respondents alike: {sentence}"
        return Finding(name, value, "warn", sentence, numbers)
    return Finding(name, value, "ok", sentence, numbers)
