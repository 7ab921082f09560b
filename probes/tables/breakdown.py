"""Breakdowns: positions of each model by wording, and its agreement by statement.

Data of the figures `wordings` and `statements`: means of cells, without intervals, with models
ordered so that similar ones are neighbours.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from probes.placement.criteria import Row
from probes.placement.interval import Floats, averaging
from probes.placement.model import Placement, yes_biases
from probes.types import Statement, StatementSet

WORDINGS = (
    *("model", "axis", "wording", "position", "weight", "yes_bias", "mass", "statements"),
    "official",
)
STATEMENTS = ("model", "statement", "axis", "topic", "pull", "agreement", "answered", "asked")
FEWEST_TO_CLUSTER = 3
MOST_TO_TURN = 1000
"""Maximum number of models for optimal leaf ordering, whose time is cubic."""


def wordings(models: Sequence[Placement]) -> pd.DataFrame:
    """Positions from one wording alone: one row per model, axis and wording.

    `position` is on the scale of placements; the mean weighted by `weight` is the placement.
    Missing cells are treated as there. `yes_bias` is the mean over the axis' statements, `mass` the
    median over all of the model's. `statements` is the number answered in this wording; `official`
    is the official test's score of the sheet that the wording filled in.
    """
    rows: list[Row] = []
    for model in models:
        for axis, position in model.points.items():
            used = position.used
            if used.empty:
                continue
            means = used.share @ used.complete
            counts = np.isfinite(used.z).sum(axis=0)
            weights = averaging(used.lexicons).mean(axis=1)
            official = model.official[axis].by_wording if model.official else {}
            columns = (used.wordings, means, weights, yes_biases(position), counts)
            for wording, mean, weight, bias, count in zip(*columns, strict=True):
                numbers = (used.at(float(mean)), float(weight), float(bias), model.mass[wording])
                cells = (
                    model.info.name,
                    axis,
                    wording,
                    *numbers,
                    int(count),
                    official.get(wording, np.nan),
                )
                rows.append(dict(zip(WORDINGS, cells, strict=True)))
    return pd.DataFrame(rows, columns=list(WORDINGS))


def statements(
    agreement: pd.DataFrame, materials: StatementSet, models: Sequence[str]
) -> pd.DataFrame:
    """Each model's agreement with each statement that was asked, one row each.

    Rows are sorted by model (models with similar answers next to each other), then in set order.

    Columns:
        axis, topic, pull: first axis that the statement loads on (empty for none), its topic, and
            +1 or -1, the pole of that axis that agreement points to (0 for none).
        agreement: in [-1, 1], disagree to agree; the mean over wordings of `leaning` if the
            statement has a mirror, else of `raw`. NaN if nothing was answered.
        answered, asked: numbers of wordings.
    """
    rows = agreement[["model", "statement", "leaning", "raw"]][agreement["role"] == "statement"]
    mirrored = {s.id for s in materials.statements if s.mirror}
    cell = (
        rows["leaning"]
        .clip(-1, 1)
        .where(rows["statement"].isin(mirrored), rows["raw"])
        .astype(float)
    )
    cells = rows[["model", "statement"]].assign(cell=cell).groupby(["model", "statement"])["cell"]
    means = cells.agg(agreement="mean", answered="count", asked="size")
    evident = set(rows["statement"].unique())
    shown = [s for s in materials.statements if s.id in evident]
    about = [(s.id, *_first_pull(s)) for s in shown]
    grid = means["agreement"].unstack().reindex(index=list(models), columns=[s.id for s in shown])  # noqa: PD010
    first = np.array([pull * (axis == about[0][1]) for _, axis, _, pull in about])
    everything = [
        (models[i], *description)
        for i in similarity_order(grid.to_numpy(dtype=np.float64), first)
        for description in about
    ]
    table = pd.DataFrame(everything, columns=list(STATEMENTS[:5]))
    table = table.join(means, on=["model", "statement"])
    counts = {name: table[name].fillna(0).astype(int) for name in ("answered", "asked")}
    return table.assign(**counts)[list(STATEMENTS)]


def _first_pull(statement: Statement) -> tuple[str, str, int]:
    """First axis, topic, and the pole that agreement points to."""
    pulls = statement.effects or {a: p[3] - p[0] for a, p in statement.table.items()}
    axis, pull = next(((a, p) for a, p in pulls.items() if p), ("", 0.0))
    return axis, statement.topic or "", int(np.sign(pull))


def similarity_order(grid: Floats, pull: Floats) -> Iterator[int]:
    """Row indices of ``(models, statements)`` in an order in which neighbours answered alike.

    Average linkage of Euclidean distances with optimal leaf ordering (Bar-Joseph et al. 2001); no
    reordering above `MOST_TO_TURN` models. A missing cell is set to its statement's mean, for the
    order only. Of the two directions, the one that begins nearer to the negative end of `pull`,
    ``(statements,)``, is taken.
    """
    if len(grid) < FEWEST_TO_CLUSTER or not grid.shape[1]:
        yield from range(len(grid))
        return
    finite = np.isfinite(grid)
    values = np.where(finite, grid, 0.0)
    means = values.sum(axis=0) / np.maximum(finite.sum(axis=0), 1)
    full = np.where(finite, grid, means)
    from scipy.cluster import hierarchy

    tree = hierarchy.linkage(full, method="average", optimal_ordering=len(full) <= MOST_TO_TURN)
    order = [int(i) for i in hierarchy.leaves_list(tree)]
    leaning = full @ pull
    yield from order if leaning[order[0]] <= leaning[order[-1]] else reversed(order)
