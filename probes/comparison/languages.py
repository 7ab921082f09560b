"""Each model compared with itself across languages: a table of paired differences.

Loops over models, axes and languages, and fills the rows; the statistics of one pair are in `pair`.
Reads and writes no files.
"""

from collections.abc import Mapping

import pandas as pd

from probes.comparison.limits import DifferenceLimits, limits
from probes.comparison.multiple import adjust
from probes.comparison.pair import pair
from probes.placement.model import Placement
from probes.types import Materials
from probes.types.reasons import JOINT, UNPLACED, Reason

DIFFERENCES = (
    *("model", "axis", "language", "against", "position", "position_against", "difference"),
    *("low", "high", "minimum", "maximum", "p", "p_holm", "direction", "direction_low"),
    *("direction_high", "statements", "wordings", "units", "verdict", "reason"),
)


def differences(
    by_language: Mapping[str, Mapping[str, Placement]], materials: Materials
) -> pd.DataFrame:
    """One row per model, axis and language: difference from the first language, paired by
    statement.

    Args:
        by_language: Language -> model -> its placement in it.
        materials: Set and protocol of the first language, for the thresholds.

    Models that were not asked in both are left out. Differences and bounds are in points, the
    language's less the first's; `p_holm` is adjusted over all rows.
    """
    (against, first), *others = by_language.items()
    within = limits(materials)
    rows = [
        {"model": model, "axis": axis, "language": language, "against": against}
        | _row(axis, {against: placement, language: placements[model]}, within)
        for model, placement in first.items()
        for axis in placement.points
        for language, placements in others
        if model in placements
    ]
    table = pd.DataFrame(rows, columns=list(DIFFERENCES))
    lost, note = adjust(table)
    table.loc[lost, "reason"] = [f"{r}{JOINT}{note}" if r else note for r in table["reason"][lost]]
    return table


def _row(
    axis: str, placements: Mapping[str, Placement], within: DifferenceLimits
) -> dict[str, object]:
    """Numbers of one model on one axis, in two languages."""
    first, second = (placement.points[axis] for placement in placements.values())
    result = pair(first, second, within)
    unplaced = [name for name, placement in placements.items() if not placement.placed(axis)]
    if unplaced:
        result = result.unplaced(Reason(f"{UNPLACED} in {' and '.join(unplaced)}", "unplaced"))
    return result.row(DIFFERENCES) | {
        "position": second.position,
        "position_against": first.position,
    }
