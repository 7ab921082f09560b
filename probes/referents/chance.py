"""What chance makes of the positions of models on one axis, and of the people around them.

Percentile = weighted share of a group that stands below the model. Its interval carries both
errors: people drawn anew (`crowds`), and the model's position drawn from its interval, on either
side of the point a half-normal whose ends are the interval's.
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
    """Models that are placed on an axis, and the groups of people there."""

    models: Sequence[str]
    rows: pd.DataFrame
    """Of the placements, in the order of `models`."""
    crowds: Mapping[str, Crowd]
    seed: int
    draws: Floats = field(init=False)
    """``(DRAWS, models)``: positions, by their intervals."""

    def __post_init__(self) -> None:
        """Draw once: the same noise for all models, so that another model moves no number."""
        noise = np.random.default_rng([abs(self.seed), int(self.seed < 0)]).normal(size=(DRAWS, 1))
        at, low, high = (self.column(name) for name in ("position", "low", "high"))
        away = np.where(noise < 0, at - low, high - at) * noise / NORMAL
        object.__setattr__(self, "draws", at + np.nan_to_num(away))

    def column(self, name: str) -> Floats:
        """``(models,)``: a column of the placements."""
        return self.rows[name].to_numpy(np.float64)

    @property
    def groups(self) -> list[str]:
        """Without all people together."""
        return [name for name in self.crowds if name != EVERYBODY]

    def percentiles(self, group: str) -> dict[str, Floats]:
        """``(models,)`` each: the columns that begin with ``percentile``."""
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
        """``(DRAWS, models, groups)``: squared distance to the mean of each group."""
        means = np.stack([self.crowds[g].mean_draws(self.seed) for g in self.groups], axis=1)
        square: Floats = (self.draws[:, :, None] - means[:, None, :]) ** 2
        return square


def nearest(squares: Floats) -> Floats:
    """``(models, groups)``: in which share of the draws each group is the nearest."""
    first = squares.argmin(axis=2)
    shares = [(first == group).mean(axis=0) for group in range(squares.shape[2])]
    return np.stack(shares, axis=1)
