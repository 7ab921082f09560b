"""Scale of rewards: agreement of reward models in units of their answers to known facts.

Rewards have no scale of their own. In each wording, log-odds are divided by their root mean square
over the control pairs; a wording that does not separate true from false has no scale and is left
out (docs/method.md 11).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from probes.agreement.log_odds import FOUR
from probes.types import StatementSet

FEWEST = 6
"""Least number of control pairs; as for the control gate."""
ERRORS = 2.0
"""Least mean of the control pairs, signed by their truth, in standard errors."""
COLUMNS = ("model", "wording", "pairs", "right", "ties", "spread", "separation", "scaled")
SCALED = ("log_odds", "log_odds_mirror", "lam")
UNSCALED = (*FOUR, "strength", "neutral", "room")
"""Further columns that are empty for statements in a wording without a scale."""


@dataclass(frozen=True, slots=True)
class ControlScale:
    """Summary of a model's answers to the control pairs in one wording."""

    pairs: int
    """Number of answered control pairs."""
    right: float
    """Share of pairs whose true text the model prefers, in [0, 1]; NaN without pairs."""
    ties: int
    """Number of pairs without a preference."""
    spread: float
    """Root mean square of lambda over pairs, in the model's units; NaN without pairs."""
    separation: float
    """Mean lambda, signed by the truth, divided by its standard error; NaN below two pairs."""

    @property
    def usable(self) -> bool:
        """Whether true and false texts are separated, so that the spread can be a unit."""
        return self.pairs >= FEWEST and self.spread > 0 and self.separation > ERRORS


def control_scales(rows: pd.DataFrame, controls: StatementSet | None) -> dict[str, ControlScale]:
    """Wording -> scale, from one model's rows of the agreement table; empty without controls."""
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
    """The agreement table, or the table of variants, of a reward model in units of `scales`.

    Unchanged without scales (no controls were asked).
    """
    if not scales or table.empty:
        return table
    wordings = [str(name) for name in table["wording"]]
    usable = np.array([name in scales and scales[name].usable for name in wordings], bool)
    units = {name: scale.spread for name, scale in scales.items() if scale.spread > 0}
    unit = np.array([units.get(name, 1.0) for name in wordings])
    statement = table["role"].ne("control").to_numpy() if "role" in table else np.full(len(unit), 1)
    unscaled = ~usable & statement.astype(bool)
    columns = {name: np.where(unscaled, np.nan, table[name] / unit) for name in SCALED}
    text, mirror, lam = (columns[name] for name in SCALED)
    columns |= {"leaning": np.tanh(lam / 2), "yes_bias": np.tanh((text + mirror) / 4)}
    columns |= {"raw": np.tanh(text / 2)}
    if "mirrored" in table:
        columns |= {"mirrored": (np.tanh(text / 2) - np.tanh(mirror / 2)) / 2}
        columns |= dict.fromkeys(("blank_corrected", "blank_spread"), np.full(len(table), np.nan))
        columns |= {name: np.where(unscaled, np.nan, table[name]) for name in UNSCALED}
    columns["status"] = np.where(unscaled, "failed", table["status"])
    return table.assign(**columns)


def rows(model: str, scales: Mapping[str, ControlScale]) -> list[dict[str, object]]:
    """The model's rows of the table `rewards`."""
    return [
        {
            "model": model,
            "wording": wording,
            **{name: getattr(scale, name) for name in COLUMNS[2:-1]},
            "scaled": scale.usable,
        }
        for wording, scale in scales.items()
    ]
