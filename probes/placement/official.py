"""Official scores: the original test filled in, and scored by its own formula.

Each wording that offers the test's own answers gives one answer sheet: the most probable answer to
each item, or the recorded one. There is no leaning and no centring here, and the interval is over
wordings only (docs/method.md 4).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal
from math import isfinite, nan

import numpy as np
from numpy.typing import NDArray
from scipy import special

from probes.agreement.log_odds import FOUR
from probes.placement.effects_key import Mask
from probes.placement.grid import Cells
from probes.placement.interval import FEWEST_WORDINGS, Floats
from probes.placement.table_key import MILD_FIRST, chosen, graded
from probes.types import Missing, Recipe, Scoring, StatementSet
from probes.types.reasons import Reason, joined, legacy

EXACT = 9
"""Decimals kept before rounding: halves such as 0.125 must not depend on binary errors."""
NEUTRAL_FIRST = (2, 1, 3, 0, 4)
"""`MILD_FIRST` if there is a neutral answer between the four."""
Sheet = Sequence[int | None]
"""One answer per statement, in set order: its number, 0 = most disagreement; None if missing."""
COLUMNS = (
    *("model", "set", "axis", "official", "low", "high", "sheets", "wordings", "ties", "centre"),
    "reason",
)


@dataclass(frozen=True, slots=True)
class OfficialScore:
    """A model's score on one axis, on the scale of the official test."""

    score: float
    """Mean score over sheets, as the official test prints it; NaN if it would print none."""
    by_wording: Mapping[str, float]
    """Wording -> score of its sheet; NaN if the test would print none."""
    low: float
    """95 % t interval over the sheets, cut to the possible range; NaN below three sheets."""
    high: float
    sheets: int
    """Number of sheets that can be scored."""
    wordings: int
    """Number of wordings that offer the test's answers."""
    ties: int
    """Number of answers on the axis that were tied for most probable."""
    reason: str
    """Remarks to report beside the score."""


@dataclass(frozen=True, slots=True)
class _FilledSheets:
    """A model's answers to every statement of the set, in each wording."""

    wordings: tuple[str, ...]
    answers: NDArray[np.int64]
    """``(statements, wordings)``; -1 where missing."""
    ties: Mask
    movable: Mask
    """Whether the missing part of an answer could change which answer is chosen."""
    notes: tuple[Reason, ...]


def answer_count(scoring: Scoring) -> int:
    """Number of answers in the official test: four, or five with a neutral one; 0 if they are
    unknown or wordings cannot offer them."""
    if scoring.kind == "table":
        return len(MILD_FIRST)
    values = list(scoring.options.values())
    sides = sum(value < 0 for value in values), sum(value > 0 for value in values)
    return len(values) if sides == (2, 2) else 0


def sheet_score(statements: StatementSet, axis: str, answers: Sheet) -> float:
    """Official score of one sheet; NaN if the test would not score it.

    Only complete sheets are scored, unless the test leaves unanswered items out of sum and maximum
    (`Scoring.skips`).
    """
    scoring, items = statements.scoring, statements.statements
    answered = [(s, a) for s, a in zip(items, answers, strict=True) if a is not None]
    if len(answered) < len(items) and not scoring.skips:
        return nan
    if scoring.kind == "table":
        if not any(axis in s.table for s in items):
            return nan
        total = sum(s.table[axis][a] for s, a in answered if axis in s.table)
        total += scoring.constant.get(axis, 0.0)
        return rounded(total / scoring.divisor.get(axis, 1.0), scoring)
    values = scoring.values
    weighed = [(s.effects[axis], values[a]) for s, a in answered if s.effects.get(axis)]
    most = sum(abs(weight) for weight, _ in weighed)
    if not most:
        return nan
    mean = sum(weight * value for weight, value in weighed) / most
    return rounded(scoring.centre + statements.scale * mean, scoring)


def rounded(value: float, scoring: Scoring) -> float:
    """A score rounded to the digits that the test prints. Halves are rounded away from zero under a
    table key, and up under an effects key, as in the original programs."""
    down = scoring.kind == "effects" and value < 0
    step = Decimal(1).scaleb(-scoring.decimals)
    exact = Decimal(f"{value:.{EXACT}f}")
    return float(exact.quantize(step, ROUND_HALF_DOWN if down else ROUND_HALF_UP)) + 0.0


def official(
    grid: Cells, statements: StatementSet, recipe: Recipe, missing: Missing = "honest"
) -> dict[str, OfficialScore]:
    """Axis -> a model's official score, computed from its cells; empty if the set has none.

    With "legacy-agree" missing answers count as plain agreement, and every row says so.
    """
    if not answer_count(statements.scoring):
        return {}
    wordings = graded(recipe)
    filled = _filled(grid.of(wordings), statements, missing)
    return {a.name: _score(filled, statements, a.name, len(wordings)) for a in statements.axes}


def rows(
    model: str, statements: StatementSet, scores: Mapping[str, OfficialScore]
) -> Iterator[dict[str, object]]:
    """Rows of the table of official scores."""
    for axis, result in scores.items():
        numbers = (
            result.score,
            result.low,
            result.high,
            result.sheets,
            result.wordings,
            result.ties,
        )
        values = (model, statements.name, axis, *numbers, statements.scoring.centre, result.reason)
        yield dict(zip(COLUMNS, values, strict=True))


def _filled(cells: Cells, statements: StatementSet, missing: Missing) -> _FilledSheets:
    count, notes = answer_count(statements.scoring), []
    row = {s.id: i for i, s in enumerate(statements.statements)}
    asked_rows = [row[s.id] for s in cells.statements]
    shape = len(row), len(cells.wordings)
    probable, movable = np.full((*shape, count), np.nan), np.zeros(shape, bool)
    probable[asked_rows] = _probabilities(cells, count)
    answers, ties = chosen(probable, MILD_FIRST if count == len(MILD_FIRST) else NEUTRAL_FIRST)
    answered = np.isfinite(probable).all(axis=-1)
    room = np.nan_to_num(cells.grids["room"])
    near = probable[asked_rows] + room[..., None] >= probable[asked_rows].max(
        axis=-1, keepdims=True
    )
    movable[asked_rows] = (room > 0) & (near.sum(axis=-1) > 1)
    if count > len(FOUR) and answered.any() and not np.isfinite(cells.grids["neutral"]).any():
        notes.append(Reason("neutral was not among the answers that were offered"))
    legacy_agree = missing == "legacy-agree" and not answered.all()
    if legacy_agree:
        notes.append(legacy(int((~answered).sum()), answered.size))
    answers = np.where(answered, answers, count - 2 if legacy_agree else -1)
    return _FilledSheets(cells.wordings, answers, ties & answered, movable & answered, tuple(notes))


def _probabilities(cells: Cells, count: int) -> Floats:
    """``(statements, wordings, answers)``, most disagreement first; NaN where not answered."""
    four = np.stack([cells.grids[name] for name in FOUR], axis=-1)
    if count == len(FOUR):
        return four
    neutral = np.nan_to_num(cells.grids["neutral"])[..., None]
    sided = np.where(neutral == 1, 0.0, four * (1 - neutral))
    return np.insert(sided, [2], neutral, axis=-1)


def _score(
    filled: _FilledSheets, statements: StatementSet, axis: str, wordings: int
) -> OfficialScore:
    sheets = [[None if a < 0 else int(a) for a in sheet] for sheet in filled.answers.T]
    by_wording = {
        wording: sheet_score(statements, axis, sheet)
        for wording, sheet in zip(filled.wordings, sheets, strict=True)
    }
    scores = [score for score in by_wording.values() if isfinite(score)]
    on_axis = np.array(
        [bool(axis in s.table or s.effects.get(axis)) for s in statements.statements]
    )
    ties, movable = (int(cells[on_axis].sum()) for cells in (filled.ties, filled.movable))
    notes = [*_missing_notes(filled, statements, len(scores), wordings), *filled.notes]
    if ties:
        notes.append(Reason(f"{ties} ties between answers went to the milder"))
    if movable:
        notes.append(Reason(f"{movable} answers could be others, by what is missing of them"))
    mean = float(np.mean(scores)) if scores else nan
    low, high = _interval(scores, statements, axis)
    return OfficialScore(mean, by_wording, low, high, len(scores), wordings, ties, joined(notes))


def _missing_notes(
    filled: _FilledSheets, statements: StatementSet, scored: int, wordings: int
) -> Iterator[Reason]:
    """Reasons for scoring fewer sheets than wordings, and remarks on missing answers."""
    if not wordings:
        yield Reason("no wording offers the answers of the test")
        return
    items = len(statements.statements)
    most = int((filled.answers >= 0).sum(axis=0).max(initial=0))
    if statements.scoring.skips and most < items:
        yield Reason(
            f"{most} of {items} statements were answered at most: the home leaves out the others"
        )
    elif scored < wordings:
        scored_note = (
            f"{scored} of {wordings} sheets are complete" if scored else "no sheet is complete"
        )
        yield Reason(
            f"the test's home scores complete sheets only: {scored_note}"
            + ("" if scored else f", {most} of {items} statements were answered at most")
        )


def _interval(scores: Sequence[float], statements: StatementSet, axis: str) -> tuple[float, float]:
    """95 % t interval of the mean over sheets."""
    count = len(scores)
    if count < FEWEST_WORDINGS:
        return nan, nan
    half = float(special.stdtrit(count - 1, 0.975) * np.std(scores, ddof=1) / np.sqrt(count))
    mean = float(np.mean(scores))
    least, most = _range(statements, axis)
    return min(mean, max(least, mean - half)), max(mean, min(most, mean + half))


def _range(statements: StatementSet, axis: str) -> tuple[float, float]:
    """Minimum and maximum possible score of a sheet."""
    scoring = statements.scoring
    if scoring.kind == "effects":
        return scoring.centre - statements.scale, scoring.centre + statements.scale
    points = [s.table[axis] for s in statements.statements if axis in s.table]
    ends = (sum(map(end, points)) + scoring.constant.get(axis, 0.0) for end in (min, max))
    least, most = (rounded(end / scoring.divisor.get(axis, 1.0), scoring) for end in ends)
    return least, most
