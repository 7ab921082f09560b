"""Extremity: how far out somebody stands topic by topic, whichever way.

A position near the centre can be the mean of moderate topics, or of extreme ones that cancel. Both
are compared with people. A person answers one sheet, so topic scores of people vary more than those
of a model, which are means over wordings: the comparison underestimates how extreme a model is.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from probes.people.people_table import PeopleTables
from probes.referents.crowds import Crowd

FEWEST = 2
"""Topics; of fewer, extremity is the position itself."""
ONE_SIDE, MODERATE, CANCELS = "to one side", "moderate", "moderate mean of extreme topics"
"""What the column `shape` says."""


@dataclass(frozen=True, slots=True)
class AxisExtremity:
    """How extreme people are on one axis, by topic and on the whole."""

    topics: tuple[str, ...]
    by_person: pd.Series
    """Person -> mean absolute position over the topics that have one."""
    typical: float
    """Median over people of the absolute position on the axis as a whole."""
    typical_by_topic: float
    """The same of `by_person`."""

    def of(self, topics: pd.DataFrame) -> float:
        """The extremity of a model, by its rows of the table of topics; NaN below two topics."""
        at = topics["position"][topics["topic"].isin(self.topics)].dropna().abs()
        return float(at.mean()) if len(at) >= FEWEST else np.nan

    def shape(self, position: float, extremity: float) -> str:
        """What kind of position it is, beside the median person; a description without a test."""
        if not np.isfinite(extremity + position):
            return ""
        if abs(position) >= self.typical:
            return ONE_SIDE
        return CANCELS if extremity >= self.typical_by_topic else MODERATE


def axis_extremity(people: PeopleTables, axis: str) -> AxisExtremity | None:
    """Of the people on an axis; None where it has not two topics."""
    topics = people.topics[people.topics["axis"] == axis]
    names = tuple(map(str, topics["topic"].unique()))
    if len(names) < FEWEST:
        return None
    by_person = topics["position"].abs().groupby(topics["person"], sort=False).mean()
    rows = people.positions[people.positions["axis"] == axis]
    weights = rows["weight"].to_numpy(float)
    typical = (
        _median(values.to_numpy(float), weights)
        for values in (rows["position"].abs(), rows["person"].map(by_person))
    )
    return AxisExtremity(names, by_person, *typical)


def _median(values: np.ndarray, weights: np.ndarray) -> float:
    crowd = Crowd.of("", values, weights)
    return float(crowd.quantiles(np.array([0.5]))[0]) if crowd.n else np.nan
