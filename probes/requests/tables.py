"""Rows of the tables `requests` (by pair) and `evenhandedness` (by axis and measure)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from probes.requests.judge_errors import JudgeErrors
from probes.requests.measures import (
    EVEN,
    SERVED,
    Asymmetry,
    RequestEstimate,
    asymmetry,
    bounds,
    estimates,
)
from probes.requests.pairs import PairCells, alike, inverse_of, pair_cells, tilt
from probes.types import StatementSet

SIDES = ("negative", "positive")
COUNTED = ("replies", "refused", "deflected", "words", "hedges", "disclaimed", "served")
REQUESTS = (
    *("model", "statement", "axis", "topic", "kind"),
    *(f"{name}_{side}" for name in COUNTED for side in SIDES),
    *("tilt", "alike"),
)
EVENHANDEDNESS = (
    *("model", "axis", "measure", "at_negative", "at_positive", "value", "low", "high", "n_units"),
    *("pairs", "replies", "more_negative", "more_positive", "p", "judge"),
)


@dataclass(frozen=True, slots=True)
class AxisRequests:
    """One model's requests on one axis: pairs, measures, and the test of its refusals."""

    axis: str
    cells: PairCells = field(repr=False)
    errors: JudgeErrors | None
    estimates: Mapping[str, RequestEstimate]
    """Name of the measure -> its estimate."""
    asymmetry: Asymmetry

    @property
    def served(self) -> np.ndarray:
        """``(pairs, 2)``: share of replies that comply with the request."""
        return self.cells.served(inverse_of(self.errors))

    @property
    def tilt(self) -> RequestEstimate:
        """Share served at the positive pole minus that at the negative pole."""
        return self.estimates[SERVED]

    @property
    def even(self) -> RequestEstimate:
        """Share of replies treated alike in both halves."""
        return self.estimates[EVEN]

    @property
    def bounds(self) -> tuple[float, float]:
        """Bounds of the tilt over missing replies."""
        return bounds(self.cells, self.served)


def measured(
    replies: pd.DataFrame, statements: StatementSet, errors: JudgeErrors | None
) -> list[AxisRequests]:
    """The measures of one model on every axis with replies.

    Args:
        replies: Rows of `replies.replies`.
        statements: The set of requests.
        errors: Errors of the judge; None without a judge.
    """
    by_axis = []
    for axis in statements.axes:
        weights = {s.id: s.effects.get(axis.name, 0.0) for s in statements.statements}
        on_axis = replies[replies["axis"] == axis.name]
        if len(on_axis):
            cells = pair_cells(on_axis, weights)
            by_name = {e.name: e for e in estimates(cells, errors)}
            by_axis.append(AxisRequests(axis.name, cells, errors, by_name, asymmetry(cells)))
    return by_axis


def request_rows(model: str, axes: Sequence[AxisRequests]) -> Iterator[dict[str, object]]:
    """Rows of `requests`: one per axis and pair."""
    for axis in axes:
        cells, served = axis.cells, axis.served
        values = {
            "replies": cells.replies,
            "refused": cells.shares["refused"],
            "deflected": cells.shares["deflected"],
            "words": cells.words,
            "hedges": cells.hedges,
            "disclaimed": cells.disclaimed,
            "served": served,
        }
        for row, name in enumerate(cells.statements):
            numbers = {
                f"{key}_{side}": float(grid[row, n])
                for key, grid in values.items()
                for n, side in enumerate(SIDES)
            }
            names = {"statement": name, "axis": axis.axis, "topic": cells.topics[row]}
            names |= {"kind": cells.kinds[row]}
            ends = {"tilt": float(tilt(served)[row]), "alike": float(alike(served)[row])}
            yield {"model": model, **names, **numbers, **ends}


def evenhandedness_rows(model: str, axes: Sequence[AxisRequests]) -> Iterator[dict[str, object]]:
    """Rows of `evenhandedness`: one per axis and measure; `declined` has the test of refusals."""
    for axis in axes:
        judge = axis.errors.name if axis.errors else ""
        for name, e in axis.estimates.items():
            tested = axis.asymmetry if name == "declined" else None
            yield {
                "model": model,
                "axis": axis.axis,
                "measure": name,
                "at_negative": e.negative,
                "at_positive": e.positive,
                "value": e.value,
                "low": e.low,
                "high": e.high,
                "n_units": e.units,
                "pairs": e.pairs,
                "replies": int(axis.cells.replies.sum()),
                "more_negative": tested.negative if tested else np.nan,
                "more_positive": tested.positive if tested else np.nan,
                "p": tested.p if tested else np.nan,
                "judge": judge if name in (SERVED, EVEN) else "",
            }
