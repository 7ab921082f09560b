"""Parallel forms: split-half reliability of a model's answers to a set.

Form A and form B have one statement each per topic and direction. They differ in statements only:
wordings, protocol and day are the same, so the reliability is an upper bound.
"""

from collections.abc import Sequence

import numpy as np

from probes.placement import gates
from probes.placement.grid import Cells
from probes.placement.interval import Floats
from probes.placement.table_key import TableItems, graded
from probes.types import Recipe, StatementSet

FEWEST = 3
"""Minimum number of pairs for a correlation."""


def forms(of: StatementSet, axis: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Ids of the statements of form A and of form B on an axis, pair by pair.

    Within each topic and direction the first statement goes to A, the second to B, and so on; an
    odd one is left out. Statements without a topic are paired by direction only.
    """
    groups: dict[tuple[str | None, float], list[str]] = {}
    signs = _signs(of, axis)
    for s in of.statements:
        if signs.get(s.id):
            groups.setdefault((s.topic, signs[s.id]), []).append(s.id)
    pairs = [p for ids in groups.values() for p in zip(ids[::2], ids[1::2], strict=False)]
    return tuple(a for a, _ in pairs), tuple(b for _, b in pairs)


def split_half_reliability(cells: Cells, of: StatementSet, recipe: Recipe, axis: str) -> float:
    """Correlation of the two forms over pairs of statements, corrected to full length.

    Of unkeyed leanings, averaged over wordings; under a table key, over wordings with its four
    answers. NaN below three pairs, or if all answers are the same.
    """
    if of.scoring.kind == "table":
        cells = cells.of(graded(recipe))
    first, second = _opinions(cells, list(zip(*forms(of, axis), strict=True)))
    return stepped_up(first, second)


def stepped_up(first: Floats, second: Floats) -> float:
    """Full-length reliability 2r / (1 + r) from the correlation r of two halves (Spearman 1910;
    Brown 1910).

    -1 if the formula is below it (r < -1/3): the halves contradict each other.
    """
    if len(first) < FEWEST or not (np.ptp(first) > 0 and np.ptp(second) > 0):
        return np.nan
    r = float(np.corrcoef(first, second)[0, 1])
    return 2 * r / (1 + r) if r > -1 / 3 else -1.0


def _opinions(cells: Cells, pairs: Sequence[tuple[str, str]]) -> tuple[Floats, Floats]:
    """Unkeyed leanings on the first and second statement of each pair for which both are known."""
    leanings = np.tanh(gates.unkeyed(cells) / 2)
    count = np.isfinite(leanings).sum(axis=1)
    means = np.nansum(leanings, axis=1) / np.where(count, count, np.nan)
    by_id = {s.id: float(mean) for s, mean in zip(cells.statements, means, strict=True)}
    values = np.array([[by_id.get(name, np.nan) for name in pair] for pair in pairs]).reshape(-1, 2)
    values = values[np.isfinite(values).all(axis=1)]
    return values[:, 0], values[:, 1]


def _signs(statement_set: StatementSet, axis: str) -> dict[str, float]:
    """Statement id -> sign of the effect of agreement on the axis: 1, -1 or 0."""
    if statement_set.scoring.kind == "table":
        items = TableItems.of(statement_set, axis)
        return dict(zip(items.ids, items.direction.tolist(), strict=True))
    return {s.id: float(np.sign(s.effects.get(axis, 0.0))) for s in statement_set.statements}
