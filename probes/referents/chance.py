"""Sampling error of percentiles: draws of the models' positions and of the people on one axis.

Percentile = weighted share of a group below the model's position. Its interval includes both
errors: people are resampled (`crowds`), and the model's position is drawn from its interval, as a
half-normal on either side of the estimate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from probes.placement.axis import NORMAL
from probes.placement.interval import Floats
from probes.referents.crowds import DRAWS, EVERYBODY, Crowd

ENDS = (0.025, 0.975)


@dataclass(frozen=True)
class ModelDraws:
    """Draws of the models that are placed on an axis, with the groups of people there."""

    models: Sequence[str]
    rows: pd.DataFrame
    """Rows of the table `placements`, in the order of `models`."""
    crowds: Mapping[str, Crowd]
    seed: int
    draws: Floats = field(init=False)
    """``(DRAWS, models)``: positions drawn from their intervals."""

    def __post_init__(self) -> None:
        """Draw the positions, with the same noise for all models, so that models do not affect each
        other's numbers."""
        noise = np.random.default_rng([abs(self.seed), int(self.seed < 0)]).normal(size=(DRAWS, 1))
        position, low, high = (self.column(name) for name in ("position", "low", "high"))
        away = np.where(noise < 0, position - low, high - position) * noise / NORMAL
        object.__setattr__(self, "draws", position + np.nan_to_num(away))

    def column(self, name: str) -> Floats:
        """``(models,)``: a column of `rows`."""
        return self.rows[name].to_numpy(np.float64)

    @property
    def groups(self) -> list[str]:
        """Names of the groups, without that of all people."""
        return [name for name in self.crowds if name != EVERYBODY]

    def percentiles(self, group: str) -> dict[str, Floats]:
        """Name -> ``(models,)``: the columns of `people.csv` that begin with ``percentile``."""
        crowd = self.crowds[group]
        point = crowd.percentile(self.column("position"))
        low, high = np.quantile(crowd.percentile_draws(self.draws, self.seed), ENDS, axis=0)
        return {
            "percentile": point,
            "percentile_low": np.minimum(low, point),
            "percentile_high": np.maximum(high, point),
            "percentile_direction": crowd.percentile(self.column("direction")),
        }

    def squares(self) -> Floats:
        """``(DRAWS, models, groups)``: squared distances of models to the groups' means."""
        means = np.stack([self.crowds[g].mean_draws(self.seed) for g in self.groups], axis=1)
        square: Floats = (self.draws[:, :, None] - means[:, None, :]) ** 2
        return square


def nearest(squares: Floats) -> Floats:
    """``(models, groups)``: share of draws in which each group's mean is the nearest."""
    first = squares.argmin(axis=2)
    shares = [(first == group).mean(axis=0) for group in range(squares.shape[2])]
    return np.stack(shares, axis=1)
