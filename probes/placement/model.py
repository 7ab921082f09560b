"""One model's placements: one row per axis, with the reasons for not placing it and the remarks.

Combines `effects_key` and `table_key` (keyed cells), `axis` (position and interval), and `gates`
(whether it is placed).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from probes.agreement.rewards import control_scales
from probes.asking.sample import is_trial, sample
from probes.placement import effects_key, gates, reply_leanings, table_key
from probes.placement import official as at_home
from probes.placement.axis import AxisPosition, point, reliability, sign_stability
from probes.placement.criteria import Criteria, Row, judged
from probes.placement.effects_key import KeyedCells, mean
from probes.placement.grid import Cells, cells, median
from probes.placement.interval import Floats
from probes.placement.parallel_forms import split_half_reliability
from probes.placement.reading import Reading
from probes.placement.warnings import masses, warnings_of
from probes.replies.stance import OPTIONS
from probes.types import (
    FACTS,
    Header,
    Materials,
    ModelInfo,
    Recipe,
    StatementSet,
)
from probes.types.reasons import JOINT, Reason, trial


@dataclass(frozen=True, slots=True)
class Placement:
    """A model's positions on all axes of a set, and its rows of two tables."""

    info: ModelInfo
    points: Mapping[str, AxisPosition]
    """Axis -> position."""
    rows: tuple[Row, ...]
    """Rows of the table of placements."""
    summary: Row
    """Row of the table of models."""
    mass: Mapping[str, float]
    """Wording -> median mass of the model; NaN if unknown."""
    official: Mapping[str, at_home.OfficialScore] = field(default_factory=dict)
    """Axis -> score by the official test's formula, if it has one."""

    def placed(self, axis: str) -> bool:
        """Whether the model is placed on an axis: no gate failed."""
        return any(row["axis"] == axis and bool(row["placed"]) for row in self.rows)


def placement(rows: pd.DataFrame, materials: Materials, header: Header) -> Placement:
    """Placement from one model's rows of the agreement table, and the header of its evidence."""
    materials = replace(materials, recipe=materials.recipe.of(header.model))
    statements, info = materials.statements, header.model
    recipe = _with_own_wordings(materials.recipe, header)
    grid = cells(rows, statements, recipe)
    replies = recipe.method == "reply"
    reading = Reading.of(grid, gates.control(rows, materials.controls), replies=replies)
    scales = control_scales(rows, materials.controls) if info.rewards else {}
    usable_scale = any(scale.usable for scale in scales.values())
    reading = replace(reading, unscaled=info.rewards is not None and not usable_scale)
    failures = reading.failures(recipe.thresholds)
    fixed = materials.correction if replies else None
    stances = [Reason(fixed.sentence)] if fixed else []
    warnings = (*failures, *warnings_of(grid, recipe, header, scales), *stances)
    criteria = Criteria(
        statements,
        recipe,
        materials.missing,
        grid,
        reading,
        warnings,
        fixed,
        _trial(header, statements),
    )
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
        rows_by_axis.append(row | judged(criteria, points[axis.name], keyed, usable))
    summary = _summary(criteria, info, rows_by_axis)
    mass = dict(zip(grid.wordings, masses(grid), strict=True))
    return Placement(info, points, tuple(rows_by_axis), summary, mass, scores)


def _trial(header: Header, statements: StatementSet) -> Reason | None:
    """Remark that only a sample of the statements was asked of this model."""
    everything = statements.statements
    if not is_trial(everything, header.limit):
        return None
    return trial(len(sample(everything, header.limit)), len(everything))


def _with_own_wordings(recipe: Recipe, header: Header) -> Recipe:
    """The recipe with only the wordings of a recorded model's replies; others are not missing."""
    if recipe.method != "reply":
        return recipe
    return replace(recipe, wordings=tuple(w for w in recipe.wordings if w.name in header.wordings))


def _keyed(criteria: Criteria, axis: str) -> tuple[Cells, KeyedCells, Row]:
    """The cells that the key can use, as keyed leanings, and further columns of the row."""
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


def _counted(criteria: Criteria, keyed: KeyedCells, usable: Cells) -> KeyedCells:
    """Keyed cells of replies without probabilities; `error` from a stance model's rates."""
    if criteria.statements.scoring.kind == "table":
        return table_key.counted(keyed, usable)
    judged = any(w.options == OPTIONS for w in criteria.recipe.wordings)
    error = criteria.correction.error if criteria.correction and judged else 0.0
    return replace(reply_leanings.counted(keyed, usable), error=error)


def _uncorrected(criteria: Criteria, axis: str) -> Row:
    """`raw`, `mirrored`, `blank_corrected`: the same mean of other columns, on the position scale.

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
    # Counts for axes that cannot be placed; those of the key override them if it has any.
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
    """Columns computed from the axis's own cells."""
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
        # direction: as the position, of sign(lambda); decisiveness: mean |leaning|; a position
        # mixes both
        "direction": used.at(mean(used.direction[:, None] * agrees, used.share, used.lexicons)),
        "decisiveness": effects_key.decisiveness(used),
        "mass": median(mass),
        "yes_bias": mean(used.yes_bias, used.share, used.lexicons),
        **_range(yes_biases(position)),
        "consistency": gates.consistency(used.lam),
        "sign_stability": sign_stability(position),
        "reliability": reliability(position),
        **_counts(keyed),
    }


def yes_biases(position: AxisPosition) -> Floats:
    """Mean yes-bias of each wording, ``(wordings,)``; NaN where unknown."""
    used = position.used
    weight = (mean(used.yes_bias[:, [i]], used.share) for i in range(len(used.wordings)))
    return np.array([*weight], dtype=np.float64)


def _range(biases: Floats) -> Row:
    """Minimum and maximum yes-bias: biases of opposite sign have a mean that no wording has."""
    finite = biases[np.isfinite(biases)]
    least, most = (finite.min(), finite.max()) if len(finite) else (np.nan, np.nan)
    return {"yes_bias_min": float(least), "yes_bias_max": float(most)}


def _counts(keyed: KeyedCells) -> Row:
    """Numbers of pairs x wordings asked and answered; empty if the key can use no statement."""
    if not keyed.statements:
        return {}
    return {"asked": keyed.z.size, "answered": int(np.isfinite(keyed.z).sum())}


def _summary(criteria: Criteria, info: ModelInfo, placed: Sequence[Row]) -> Row:
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
