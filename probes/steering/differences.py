"""Difference of each condition from the first: `conditions.csv`, a row for each model, condition
and axis.

Computed by `comparison.table` for one model under two conditions: paired by statement and wording,
with Holm's correction over all models, conditions and axes.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from probes.comparison import table as pairs
from probes.placement.model import Placement
from probes.types import Materials
from probes.types.reasons import JOINT

PAIRED = pairs.DIFFERENCES[3:]
"""Columns of `comparison.table` for a difference."""
COLUMNS = (
    *("model", "condition", "against", "axis", "position", "position_low", "position_high"),
    *("placed", *PAIRED[1:]),
)
Under = Mapping[str, Mapping[str, Placement]]
"""Condition -> model -> placement; the first condition is the reference."""


def differences(
    under: Under, materials: Materials, notes: Mapping[tuple[str, str], str]
) -> pd.DataFrame:
    """A row for each model, condition and axis, in their order.

    Rows of the first condition have a position and no difference. `notes` are remarks by (model,
    condition), added to the reasons.
    """
    first, *others = under
    placements, names = dict[str, Placement](), dict[tuple[str, str], str]()
    for condition, models in under.items():
        for model, placement in models.items():
            names[model, condition] = f"{model} under {condition}"
            placements[names[model, condition]] = placement
    compared = [
        ((names[model, first], names[model, condition]), model, condition)
        for model in under[first]
        for condition in others
        if (model, condition) in names
    ]
    table = pairs.differences(placements, [pair for pair, *_ in compared], materials)
    repeated = [(m, c) for _, m, c in compared for _ in materials.statements.axes]
    table = table.assign(
        model=[model for model, _ in repeated],
        condition=[condition for _, condition in repeated],
        against=first,
    )
    own = pd.DataFrame(
        [row for c, models in under.items() for m in models.values() for row in _own(m, c)],
        columns=[*COLUMNS[:2], *COLUMNS[3:8], "own_reason"],
    )
    merged = own.merge(
        table.drop(columns="position"), on=["model", "condition", "axis"], how="left"
    )
    merged["against"] = first
    merged["reason"] = merged["reason"].where(merged["condition"] != first, merged["own_reason"])
    remarks = [notes.get(key, "") for key in zip(merged["model"], merged["condition"], strict=True)]
    merged["reason"] = [
        JOINT.join(filter(None, [note, reason]))
        for note, reason in zip(remarks, merged["reason"].fillna(""), strict=True)
    ]
    rank = {name: n for n, name in enumerate(under[first])}
    order = np.argsort(merged["model"].map(rank).to_numpy(), kind="stable")
    return merged.iloc[order].reset_index(drop=True)[list(COLUMNS)]


def _own(placement: Placement, condition: str) -> Sequence[tuple[object, ...]]:
    """Rows with a model's position under one condition, one for each axis."""
    return [
        (
            placement.info.name,
            condition,
            *(row[name] for name in ("axis", "position", "low", "high", "placed", "reason")),
        )
        for row in placement.rows
    ]
