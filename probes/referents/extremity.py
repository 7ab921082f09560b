"""Extremity: the mean absolute position over topics.

A position near the centre can be the mean of moderate topics, or of extreme ones that cancel. A
model's extremity is compared with that of people. People answer once, so their topic scores vary
more than a model's, which are means over wordings: the comparison underestimates the model.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from probes.people.people_table import PeopleTables
from probes.phrases import phrase
from probes.referents.crowds import Crowd

FEWEST = 2
"""Least number of topics; with one, extremity would be the absolute position."""
ONE_SIDE, MODERATE = phrase("to one side"), phrase("moderate")
CANCELS = phrase("moderate mean of extreme topics")
"""Values of the column `shape`."""


@dataclass(frozen=True, slots=True)
class AxisExtremity:
    """Extremity of people on one axis."""

    topics: tuple[str, ...]
    by_person: pd.Series
    """Person -> mean absolute position over their topics with a position."""
    typical: float
    """Median over people of the absolute position on the axis as a whole."""
    typical_by_topic: float
    """Median over people of `by_person`."""

    def of(self, topics: pd.DataFrame) -> float:
        """The extremity of a model from its rows of the table `topics`; NaN below two topics."""
        at = topics["position"][topics["topic"].isin(self.topics)].dropna().abs()
        return float(at.mean()) if len(at) >= FEWEST else np.nan

    def shape(self, position: float, extremity: float) -> str:
        """The kind of a model's position, compared with the median person, without a test."""
        if not np.isfinite(extremity + position):
            return ""
        if abs(position) >= self.typical:
            return ONE_SIDE
        return CANCELS if extremity >= self.typical_by_topic else MODERATE


def axis_extremity(people: PeopleTables, axis: str) -> AxisExtremity | None:
    """The extremity of people on an axis; None if it has fewer than two topics."""
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
