"""One model's placements: a row an axis, and why it is not placed or what must be said beside it.

Joins `effects_key` and `table_key` (what agreeing means), `axis` (position and interval), and
`gates` (may it be placed).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from probes.placement import effects_key, gates, table_key
from probes.placement import official as at_home
from probes.placement.axis import SINGLE, AxisPosition, point, reliability, remarks, sign_stability
from probes.placement.effects_key import KeyedCells, mean
from probes.placement.grid import Cells, cells, median
from probes.placement.interval import Floats
from probes.placement.parallel_forms import split_half_reliability
from probes.placement.reading import WORDS, Reading
from probes.placement.warnings import masses, warnings_of
from probes.replies.stance import OPTIONS
from probes.types import (
    FACTS,
    Correction,
    Header,
    Materials,
    Missing,
    ModelInfo,
    Recipe,
    StatementSet,
)
from probes.types.reasons import INDIFFERENT, JOINT, ONE_WAY, OPEN, UNSIDED, Reason, joined, movable

SCALE = 10.0
"""The scale on which a protocol's points are meant; on another they count in proportion."""
UNCENTRED = Reason("no key-centred position: no answers in both directions of the key")
Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Placement:
    """A model's positions on all axes of a set, and its rows of two tables."""

    info: ModelInfo
    points: Mapping[str, AxisPosition]
    """Axis -> where it stands."""
    rows: tuple[Row, ...]
    """Of the table of placements."""
    summary: Row
    """Of the table of models."""
    mass: Mapping[str, float]
    """Wording -> its median mass; NaN where it is unknown."""
    official: Mapping[str, at_home.OfficialScore] = field(default_factory=dict)
    """Axis -> the score of the test's home, where it has one."""

    def placed(self, axis: str) -> bool:
        """Whether it is placed on an axis: none of the gates is against it."""
        return any(row["axis"] == axis and bool(row["placed"]) for row in self.rows)


@dataclass(frozen=True, slots=True)
class _Criteria:
    """What the placement of a model on each of its axes depends on."""

    statements: StatementSet
    recipe: Recipe
    missing: Missing
    cells: Cells
    reading: Reading
    warnings: tuple[Reason, ...]
    correction: Correction | None

    @property
    def replies(self) -> bool:
        """Whether its answers are replies without probabilities."""
        return self.recipe.method == "reply"


def placement(rows: pd.DataFrame, materials: Materials, header: Header) -> Placement:
    """From one model's rows of the agreement table, and what its evidence says of itself."""
    materials = replace(materials, recipe=materials.recipe.of(header.model))
    statements, info = materials.statements, header.model
    recipe = _with_own_wordings(materials.recipe, header)
    grid = cells(rows, statements, recipe)
    replies = recipe.method == "reply"
    reading = Reading.of(grid, gates.control(rows, materials.controls), replies=replies)
    failures = reading.failures(recipe.thresholds)
    fixed = materials.correction if replies else None
    stances = [Reason(fixed.sentence)] if fixed else []
    warnings = (*failures, *warnings_of(grid, recipe, header), *stances)
    criteria = _Criteria(statements, recipe, materials.missing, grid, reading, warnings, fixed)
    scores = at_home.official(grid, statements, recipe, materials.missing)
    points, rows_by_axis = {}, []
    for axis in statements.axes:
        usable, keyed, columns = _keyed(criteria, axis.name)
        if replies:
            keyed = _counted(criteria, keyed, usable)
        points[axis.name] = point(keyed)
        row: Row = {"model": info.name, "set": statements.name, "protocol": recipe.name}
        row["official"] = scores[axis.name].score if scores else np.nan
        row |= {"axis": axis.name, **columns, **_numbers(points[axis.name], keyed, usable)}
        row["split_half"] = split_half_reliability(grid, statements, recipe, axis.name)
        rows_by_axis.append(row | _judged(criteria, points[axis.name], keyed, usable))
    summary = _summary(criteria, info, rows_by_axis)
    mass = dict(zip(grid.wordings, masses(grid), strict=True))
    return Placement(info, points, tuple(rows_by_axis), summary, mass, scores)


def _with_own_wordings(recipe: Recipe, header: Header) -> Recipe:
    """Recorded models were asked each in wordings of its own: the others do not count."""
    if recipe.method != "reply":
        return recipe
    return replace(recipe, wordings=tuple(w for w in recipe.wordings if w.name in header.wordings))


def _keyed(criteria: _Criteria, axis: str) -> tuple[Cells, KeyedCells, Row]:
    """The cells that the key can use, as keyed leanings, and the columns beside the headline."""
    statements, grid = criteria.statements, criteria.cells
    if statements.scoring.kind == "effects":
        keyed = effects_key.effects(grid, axis, statements.scale)
        if criteria.missing == "legacy-agree":
            keyed = keyed.agreeing(keyed.direction * statements.scoring.agree)
        return grid, keyed, _uncorrected(criteria, axis)
    grid = grid.of(table_key.graded(criteria.recipe))
    keyed = table_key.table(grid, statements, axis, criteria.missing)
    expected = table_key.expectation(grid, statements, axis, keyed)
    empty = {"mirrored": np.nan, "blank_corrected": np.nan, "asked": 0, "answered": 0}
    return grid, keyed, {"raw": expected, **empty}


def _counted(criteria: _Criteria, keyed: KeyedCells, usable: Cells) -> KeyedCells:
    """Of replies without probabilities, with what the rates of a stance model leave open."""
    if criteria.statements.scoring.kind == "table":
        return table_key.counted(keyed, usable)
    judged = any(w.options == OPTIONS for w in criteria.recipe.wordings)
    error = criteria.correction.error if criteria.correction and judged else 0.0
    return replace(effects_key.counted(keyed, usable), error=error)


def _uncorrected(criteria: _Criteria, axis: str) -> Row:
    """`raw`, `mirrored`, `blank_corrected`: the same mean of other columns, all on the scale.

    `blank_corrected` is empty unless every wording with answers can be corrected.
    """
    statements, grid = criteria.statements, criteria.cells
    pull = np.array([s.effects.get(axis, 0.0) for s in grid.statements])
    loaded = pull != 0
    sign, weight = np.sign(pull[loaded])[:, None], np.abs(pull[loaded])
    raw, mirrored, blank = (
        sign * grid.grids[name][loaded] for name in ("raw", "mirrored", "blank_corrected")
    )
    corrected = np.isfinite(blank).any(axis=0) | ~np.isfinite(raw).any(axis=0)
    # Counted here for axes that cannot be placed; those of the key, where there are any, prevail.
    counts = {"asked": raw.size, "answered": int(np.isfinite(raw).sum())}
    if criteria.missing == "legacy-agree":
        raw = np.where(np.isnan(raw), sign * statements.scoring.agree, raw)
    return counts | {
        "raw": statements.scale * mean(raw, weight, grid.lexicons),
        "mirrored": statements.scale * mean(mirrored, weight, grid.lexicons),
        "blank_corrected": statements.scale * mean(blank, weight, grid.lexicons)
        if corrected.all()
        else np.nan,
    }


def _numbers(position: AxisPosition, keyed: KeyedCells, usable: Cells) -> Row:
    """What follows from the axis's own cells."""
    used = position.used
    agrees = np.sign(used.lam)
    on_axis = {s.id for s in keyed.statements}
    mass = usable.grids["mass"][[s.id in on_axis for s in usable.statements]]
    return {
        "position": position.position,
        "low": position.low,
        "high": position.high,
        "minimum": position.minimum,
        "maximum": position.maximum,
        # the same with sign(lambda), and the mean |leaning|: position mixes the two
        "direction": used.at(mean(used.direction[:, None] * agrees, used.share, used.lexicons)),
        "decisiveness": mean(np.abs(np.tanh(used.lam / 2)), used.share, used.lexicons),
        "mass": median(mass),
        "yes_bias": mean(used.yes_bias, used.share, used.lexicons),
        **_range(yes_biases(position)),
        "consistency": gates.consistency(used.lam),
        "sign_stability": sign_stability(position),
        "reliability": reliability(position),
        **_counts(keyed),
    }


def yes_biases(position: AxisPosition) -> Floats:
    """The mean yes-bias of each wording, ``(wordings,)``; NaN where it is unknown."""
    used = position.used
    each = (mean(used.yes_bias[:, [i]], used.share) for i in range(len(used.wordings)))
    return np.array([*each], dtype=np.float64)


def _range(biases: Floats) -> Row:
    """The least and the greatest: biases of opposite sign have a mean that no wording has."""
    known = biases[np.isfinite(biases)]
    least, most = (known.min(), known.max()) if len(known) else (np.nan, np.nan)
    return {"yes_bias_min": float(least), "yes_bias_max": float(most)}


def _counts(keyed: KeyedCells) -> Row:
    """Pairs x wordings asked and answered; none of them where the key can use no statement."""
    if not keyed.statements:
        return {}
    return {"asked": keyed.z.size, "answered": int(np.isfinite(keyed.z).sum())}


def _judged(criteria: _Criteria, position: AxisPosition, keyed: KeyedCells, usable: Cells) -> Row:
    """`opposition` to `control`, `placed` and `reason`."""
    failures, reading = _failures(criteria, keyed, usable), criteria.reading
    open_points = position.maximum - position.minimum
    failures += [OPEN] if open_points > criteria.statements.scale else []
    failures += [SINGLE] if position.spread is None and not position.used.empty else []
    sided = gates.sided(*gates.sides(usable.about(keyed.statements), replies=criteria.replies))
    reasons = [*failures, *([UNSIDED] if sided < criteria.recipe.thresholds.sided else [])]
    reasons += [*keyed.notes, *remarks(position), *criteria.warnings]
    if any(not s.mirror for s in keyed.statements):
        reasons.append(WORDS)
    widest = criteria.recipe.thresholds.bounds * criteria.statements.scale / SCALE
    if open_points > widest:
        reasons.append(movable(widest))
    if criteria.statements.scoring.kind == "table" and not keyed.empty:
        centred = table_key.key_centred(keyed)
        known = np.isfinite(centred)
        reasons.append(Reason(f"key-centred position {centred:.2f}") if known else UNCENTRED)
    return {
        "opposition": reading.opposition.value,
        "sided": sided,
        "content": reading.content.value,
        "control": reading.control.share,
        "placed": not failures,
        "reason": joined(reasons),
    }


def _failures(criteria: _Criteria, keyed: KeyedCells, usable: Cells) -> list[Reason]:
    """Why the axis is not placed; empty if it is."""
    limits, grid = criteria.recipe.thresholds, criteria.cells
    if not grid.statements:
        return [Reason("nothing was asked")]
    if ONE_WAY in keyed.notes:
        return [ONE_WAY]
    if not keyed.statements:
        return [Reason("no statement of this axis was asked")]
    if not usable.offered:
        return [Reason("no wording offers the four options of the key")]
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
    if not criteria.reading.single and _decisiveness(criteria, keyed) < limits.margin / SCALE:
        failures.append(INDIFFERENT)
    return failures


def _decisiveness(criteria: _Criteria, keyed: KeyedCells) -> float:
    """The mean |leaning|, from which a table key's leanings have their yes-bias taken out."""
    if criteria.statements.scoring.kind == "table":
        return table_key.decisiveness(keyed)
    return mean(np.abs(np.tanh(keyed.lam / 2)), keyed.share)


def _summary(criteria: _Criteria, info: ModelInfo, placed: Sequence[Row]) -> Row:
    """The model's row of the table of models."""
    biases, reading = np.array([row["yes_bias"] for row in placed], float), criteria.reading
    spread = criteria.cells.grids["blank_spread"]
    return {
        "model": info.name,
        "backend": info.backend,
        "revision": info.revision,
        **{name: getattr(info, name) for name in FACTS},
        "chat": info.chat,
        "gives": info.gives,
        "opposition": reading.opposition.value,
        "opposition_p": reading.opposition.p,
        "sided": reading.sided,
        "content": reading.content.value,
        "content_p": reading.content.p,
        "control": reading.control.share,
        "control_low": reading.control.low,
        "control_high": reading.control.high,
        "mass": median(criteria.cells.grids["mass"]),
        "yes_bias": mean(biases[:, None], np.ones(len(biases))) if len(biases) else np.nan,
        **_range(np.array([row[f"yes_bias_{end}"] for row in placed for end in ("min", "max")])),
        "blank_spread": float(np.nanmax(spread)) if np.isfinite(spread).any() else np.nan,
        "warnings": JOINT.join(warning.text for warning in criteria.warnings),
    }
