"""Rewards have no scale of their own: agreement in units of what a model makes of known facts.

docs/method.md 11. In each wording log-odds are divided by their spread over the control pairs; a
wording in which these are not told apart has no scale and is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from probes.agreement.log_odds import FOUR
from probes.types import StatementSet

FEWEST = 6
"""Control pairs below which nothing is told; as for the control gate."""
ERRORS = 2.0
"""So many standard errors must the mean of control pairs, signed by their truth, lie above 0."""
COLUMNS = ("model", "wording", "pairs", "right", "ties", "spread", "separation", "scaled")
SCALED = ("log_odds", "log_odds_mirror", "lam")
UNSCALED = (*FOUR, "strength", "neutral", "room")
"""Of statements in a wording without a scale these are empty, too."""


@dataclass(frozen=True, slots=True)
class ControlScale:
    """What a model makes of the control pairs in a wording."""

    pairs: int
    """That were answered."""
    right: float
    """Share of them whose true text it prefers, in [0, 1]; NaN if there are none."""
    ties: int
    """Pairs of which it prefers neither."""
    spread: float
    """Root mean square of lambda over pairs, in its own units; NaN if there are none."""
    separation: float
    """Mean lambda, signed by the truth, in its standard errors; NaN below two pairs."""

    @property
    def usable(self) -> bool:
        """Whether known facts are told apart, so that their spread is a unit."""
        return self.pairs >= FEWEST and self.spread > 0 and self.separation > ERRORS


def control_scales(rows: pd.DataFrame, controls: StatementSet | None) -> dict[str, ControlScale]:
    """Wording -> scale, of one model's rows of the agreement table; empty without controls."""
    truth = (
        {s.id: np.sign(sum(s.effects.values())) for s in controls.statements} if controls else {}
    )
    control_rows = rows[(rows["role"] == "control") & rows["statement"].isin(truth)]
    signed = control_rows["lam"].to_numpy(np.float64) * control_rows["statement"].map(
        truth
    ).to_numpy(np.float64)
    return {
        str(wording): _scale(signed[(control_rows["wording"] == wording).to_numpy()])
        for wording in control_rows["wording"].unique()
    }


def _scale(signed: np.ndarray) -> ControlScale:
    signed = signed[np.isfinite(signed)]
    count = len(signed)
    if not count:
        return ControlScale(0, np.nan, 0, np.nan, np.nan)
    error = float(signed.std(ddof=1)) / np.sqrt(count) if count > 1 else np.nan
    mean = float(signed.mean())
    separation = mean / error if error > 0 else np.copysign(np.inf, mean) if mean else np.nan
    spread = float(np.sqrt((signed**2).mean()))
    separation = float(np.clip(separation, -1e6, 1e6))
    ties = int((signed == 0).sum())
    return ControlScale(count, float((signed > 0).mean()), ties, spread, separation)


def scaled(table: pd.DataFrame, scales: Mapping[str, ControlScale]) -> pd.DataFrame:
    """An agreement table, or one of variants, of a model that gives rewards, in units of `scales`.

    Without any scales, where no controls were asked, it stays in the model's own.
    """
    if not scales or table.empty:
        return table
    wordings = [str(name) for name in table["wording"]]
    usable = np.array([name in scales and scales[name].usable for name in wordings], bool)
    units = {name: scale.spread for name, scale in scales.items() if scale.spread > 0}
    unit = np.array([units.get(name, 1.0) for name in wordings])
    statement = table["role"].ne("control").to_numpy() if "role" in table else np.full(len(unit), 1)
    lost = ~usable & statement.astype(bool)
    columns = {name: np.where(lost, np.nan, table[name] / unit) for name in SCALED}
    text, mirror, lam = (columns[name] for name in SCALED)
    columns |= {"leaning": np.tanh(lam / 2), "yes_bias": np.tanh((text + mirror) / 4)}
    columns |= {"raw": np.tanh(text / 2)}
    if "mirrored" in table:
        columns |= {"mirrored": (np.tanh(text / 2) - np.tanh(mirror / 2)) / 2}
        columns |= dict.fromkeys(("blank_corrected", "blank_spread"), np.full(len(table), np.nan))
        columns |= {name: np.where(lost, np.nan, table[name]) for name in UNSCALED}
    columns["status"] = np.where(lost, "failed", table["status"])
    return table.assign(**columns)


def rows(model: str, scales: Mapping[str, ControlScale]) -> list[dict[str, object]]:
    """The model's rows of the table of rewards."""
    return [
        {
            "model": model,
            "wording": wording,
            **{name: getattr(scale, name) for name in COLUMNS[2:-1]},
            "scaled": scale.usable,
        }
        for wording, scale in scales.items()
    ]
