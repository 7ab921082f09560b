"""Parallel forms: an instrument split in two halves, and how well they agree.

Form A and form B hold a statement each per topic and direction. Takes the agreement table of any
run, so that it serves models as well as the respondents of `recovery`. Halves differ in statements
only: wordings, protocol and day are the same, so that the number is an upper end.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from probes.placement import gates
from probes.placement.grid import cells
from probes.placement.interval import Floats
from probes.placement.table_key import TableItems, graded
from probes.tables.place import placements
from probes.types import Header, Materials, StatementSet

COLUMNS = ["model", "axis", "pairs", "form_a", "form_b", "difference", "reliability"]
FEWEST = 3
"""Pairs, or models, below which there is no correlation."""


def forms(of: StatementSet, axis: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Ids of the statements of form A and of form B on an axis, pair by pair.

    Within each topic and direction the first statement goes to A, the second to B, and so on; one
    that is left over is in neither. Statements without a topic are paired by direction alone.
    """
    groups: dict[tuple[str | None, float], list[str]] = {}
    signs = _signs(of, axis)
    for s in of.statements:
        if signs.get(s.id):
            groups.setdefault((s.topic, signs[s.id]), []).append(s.id)
    pairs = [p for ids in groups.values() for p in zip(ids[::2], ids[1::2], strict=False)]
    return tuple(a for a, _ in pairs), tuple(b for _, b in pairs)


def split_half(
    agreement: pd.DataFrame, materials: Materials, headers: Sequence[Header]
) -> pd.DataFrame:
    """A row a model and axis that has pairs; arguments as for `tables.place.place`.

    Columns: pairs (statements in each form); form_a, form_b, difference: positions by either form
    alone, and A less B; reliability: correlation over the pairs of what the model makes of the
    statements (before the key, mean over wordings), stepped up to the whole length (Spearman 1910;
    Brown 1910), in [-1, 1], NaN below three pairs or where all answers are the same.
    """
    tables = [_axis(agreement, materials, headers, a.name) for a in materials.statements.axes]
    return pd.concat([t for t in tables if len(t)] or [pd.DataFrame(columns=COLUMNS)])[COLUMNS]


def between(halves: pd.DataFrame) -> pd.DataFrame:
    """Whether both forms order the models alike: a row an axis of a table of `split_half`.

    Columns: axis, models, reliability (correlation of form_a with form_b, stepped up; NaN below
    three models) and difference (mean absolute, in points).
    """
    rows = []
    for axis, part in halves.groupby("axis", sort=False):
        complete = part.dropna(subset=["form_a", "form_b"])
        form_a = complete["form_a"].to_numpy(dtype=np.float64)
        form_b = complete["form_b"].to_numpy(dtype=np.float64)
        gap = float(np.abs(form_a - form_b).mean()) if len(complete) else np.nan
        rows.append((axis, len(complete), _stepped_up(form_a, form_b), gap))
    return pd.DataFrame(rows, columns=["axis", "models", "reliability", "difference"])


def _axis(
    agreement: pd.DataFrame, materials: Materials, headers: Sequence[Header], axis: str
) -> pd.DataFrame:
    asked = set(agreement["statement"])
    pairs = [p for p in zip(*forms(materials.statements, axis), strict=True) if asked >= set(p)]
    if not pairs:
        return pd.DataFrame(columns=COLUMNS)
    table = pd.DataFrame(index=[header.model.name for header in headers])
    for column, form in zip(("form_a", "form_b"), zip(*pairs, strict=True), strict=True):
        rows = agreement[agreement["statement"].isin(form)]
        models = placements(rows, materials, headers)
        table[column] = [model.points[axis].position for model in models]
    table["difference"] = table["form_a"] - table["form_b"]
    table["reliability"] = [
        _stepped_up(*_opinions(agreement[agreement["model"] == name], materials, pairs))
        for name in table.index
    ]
    return table.assign(axis=axis, pairs=len(pairs)).reset_index(names="model")


def _opinions(
    rows: pd.DataFrame, materials: Materials, pairs: Sequence[tuple[str, str]]
) -> tuple[Floats, Floats]:
    """Unkeyed leanings of the first and the second statement of each pair that has both."""
    statements, recipe = materials.statements, materials.recipe
    grid = cells(rows, statements, recipe)
    if statements.scoring.kind == "table":
        grid = grid.of(graded(recipe))
    leanings = np.tanh(gates.unkeyed(grid) / 2)
    count = np.isfinite(leanings).sum(axis=1)
    means = np.nansum(leanings, axis=1) / np.where(count, count, np.nan)
    by_id = {s.id: float(mean) for s, mean in zip(grid.statements, means, strict=True)}
    values = np.array([[by_id.get(name, np.nan) for name in pair] for pair in pairs])
    values = values[np.isfinite(values).all(axis=1)]
    return values[:, 0], values[:, 1]


def _stepped_up(first: Floats, second: Floats) -> float:
    """Correlation r of two halves -> 2 r / (1 + |r|), that of two wholes."""
    if len(first) < FEWEST or not (np.ptp(first) > 0 and np.ptp(second) > 0):
        return np.nan
    r = float(np.corrcoef(first, second)[0, 1])
    return 2 * r / (1 + abs(r))


def _signs(of: StatementSet, axis: str) -> dict[str, float]:
    """Statement id -> where agreeing pulls on the axis: 1, -1 or 0."""
    if of.scoring.kind == "table":
        items = TableItems.of(of, axis)
        return dict(zip(items.ids, items.direction.tolist(), strict=True))
    return {s.id: float(np.sign(s.effects.get(axis, 0.0))) for s in of.statements}
