"""Each model against itself across languages: a table of paired differences.

Goes through models, axes and languages, and says which numbers and sentences make up a row. One
pair is judged by `pair`; nothing is read or written here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from probes.comparison.difference import holm
from probes.comparison.pair import HOLM, limits, pair
from probes.placement.model import Placement
from probes.types import Materials

DIFFERENCES = (
    *("model", "axis", "language", "against", "position", "position_against", "difference"),
    *("low", "high", "minimum", "maximum", "p", "p_holm", "direction", "direction_low"),
    *("direction_high", "statements", "wordings", "units", "verdict", "reason"),
)


@dataclass(frozen=True, slots=True)
class LanguageRun:
    """The run in one language, as far as it is compared."""

    materials: Materials
    placements: Mapping[str, Placement]
    """By model."""


def compared(found: Mapping[str, LanguageRun]) -> pd.DataFrame:
    """A row a model, axis and language: against the first language, paired by statement.

    Models that were not asked in both are left out. Differences and bounds are in points, the
    language's less the first's; `p_holm` is adjusted over all rows.
    """
    (against, first), *others = found.items()
    rows = [
        {"model": model, "axis": axis, "language": language, "against": against}
        | _row(model, axis, (against, first), (language, other))
        for model, placed in first.placements.items()
        for axis in placed.points
        for language, other in others
        if model in other.placements
    ]
    table = pd.DataFrame(rows, columns=list(DIFFERENCES))
    table["p_holm"] = holm(table["p"].to_numpy(dtype=float))
    lost = (table["verdict"] == "moved") & (table["p_holm"] > HOLM)
    note = f"not beyond chance among {len(table)} comparisons (Holm)"
    table.loc[lost, "reason"] = [f"{r}; {note}" if r else note for r in table["reason"][lost]]
    return table


def _row(
    model: str, axis: str, one: tuple[str, LanguageRun], other: tuple[str, LanguageRun]
) -> dict[str, object]:
    """The numbers of one model on one axis, in two languages."""
    named = {name: edition.placements[model] for name, edition in (one, other)}
    here, there = (placed.points[axis] for placed in named.values())
    found = pair(here, there, limits(one[1].materials))
    unplaced = [
        name
        for name, placed in named.items()
        if not any(row["axis"] == axis and row["placed"] for row in placed.rows)
    ]
    if unplaced:
        found = found.unplaced(f"not placed in {' and '.join(unplaced)}")
    row: dict[str, object] = {n: getattr(found, n) for n in DIFFERENCES if hasattr(found, n)}
    row |= {"position": there.position, "position_against": here.position}
    return row | {"reason": "; ".join(found.reasons)}
