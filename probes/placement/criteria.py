"""Criteria for placing a model on an axis, and remarks: the last columns of a row of placements.

Combines the gates over all of a model's answers (`reading`) with those on the axis's own cells.
"""

from dataclasses import dataclass

import numpy as np

from probes.phrases import phrase
from probes.placement import effects_key, gates, table_key
from probes.placement.axis import SINGLE, AxisPosition, remarks
from probes.placement.effects_key import KeyedCells
from probes.placement.grid import Cells
from probes.placement.reading import WORDS, Reading
from probes.types import Correction, Missing, Recipe, StatementSet
from probes.types.reasons import (
    COARSE,
    INDIFFERENT,
    ONE_WAY,
    OPEN,
    UNSIDED,
    WIDE,
    Reason,
    joined,
    movable,
)

SCALE = 10.0
"""Scale to which a protocol's thresholds in points refer; on others they are proportional."""
WIDEST = 1.8
"""Maximum width of an interval as a multiple of the scale (nine tenths of its full width); wider
ones are uninformative."""
UNCENTRED = Reason(phrase("no key-centred position: no answers in both directions of the key"))
Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Criteria:
    """Everything that the placement of a model on its axes depends on."""

    statements: StatementSet
    recipe: Recipe
    missing: Missing
    cells: Cells
    reading: Reading
    warnings: tuple[Reason, ...]
    correction: Correction | None
    trial: Reason | None = None
    """Remark that only a sample of the statements was asked."""

    @property
    def replies(self) -> bool:
        """Whether the model's answers are replies without probabilities."""
        return self.recipe.method == "reply"


def judged(criteria: Criteria, position: AxisPosition, keyed: KeyedCells, usable: Cells) -> Row:
    """Columns `opposition` to `control`, `trial`, `placed` and `reason` of a row of placements."""
    failures, reading = _failures(criteria, keyed, usable), criteria.reading
    open_points = position.maximum - position.minimum
    failures += [OPEN] if open_points > criteria.statements.scale else []
    failures += [WIDE] if position.high - position.low > WIDEST * criteria.statements.scale else []
    if criteria.correction and position.high - position.low > criteria.statements.scale:
        failures.append(COARSE)
    failures += [SINGLE] if position.spread is None and not position.used.empty else []
    sided = gates.sided(*gates.sides(usable.about(keyed.statements), replies=criteria.replies))
    reasons = [*failures, *([criteria.trial] if criteria.trial else [])]
    reasons += [UNSIDED] if sided < criteria.recipe.thresholds.sided else []
    reasons += [*keyed.notes, *remarks(position), *criteria.warnings]
    if any(not s.mirror for s in keyed.statements):
        reasons.append(WORDS)
    widest = criteria.recipe.thresholds.bounds * criteria.statements.scale / SCALE
    if open_points > widest:
        reasons.append(movable(widest))
    if criteria.statements.scoring.kind == "table" and not keyed.empty:
        centred = table_key.key_centred(keyed)
        is_finite = np.isfinite(centred)
        reasons.append(Reason(f"key-centred position {centred:.2f}") if is_finite else UNCENTRED)
    return {
        "opposition": reading.opposition.value,
        "sided": sided,
        "content": reading.content.value,
        "control": reading.control.share,
        "trial": criteria.trial is not None,
        "failures": len({failure.text for failure in failures}),
        "placed": not failures,
        "reason": joined(reasons),
    }


def _failures(criteria: Criteria, keyed: KeyedCells, usable: Cells) -> list[Reason]:
    """Reasons for not placing the model on the axis; empty if it is placed."""
    limits, grid = criteria.recipe.thresholds, criteria.cells
    if not grid.statements:
        return [Reason(phrase("nothing was asked"))]
    if ONE_WAY in keyed.notes:
        return [ONE_WAY]
    if not keyed.statements:
        return [Reason(phrase("no statement of this axis was asked"))]
    if not usable.offered:
        return [Reason(phrase("no wording offers the four options of the key"))]
    failures = []
    if len(usable.wordings) < limits.wordings * usable.offered or not usable.wordings:
        scored = f"only {len(usable.wordings)} of {usable.offered} wordings could be scored"
        failures.append(Reason(scored))
    answered = int(np.isfinite(keyed.z).sum())
    if answered < limits.answered * keyed.z.size:
        share = f"{limits.answered:.0%}".replace("%", " %")
        failures.append(
            Reason(f"{answered} of {keyed.z.size} pairs were answered, fewer than {share}")
        )
    failures += criteria.reading.failures(limits)
    if _decisiveness(criteria, keyed) < limits.margin / SCALE:
        failures.append(INDIFFERENT)
    return failures


def _decisiveness(criteria: Criteria, keyed: KeyedCells) -> float:
    """Mean |leaning|; under a table key, of leanings with yes-bias removed."""
    if criteria.statements.scoring.kind == "table":
        return table_key.decisiveness(keyed)
    return effects_key.decisiveness(keyed)
