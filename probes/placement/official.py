"""Official scores: a test filled in as at its home, and scored by its home's own arithmetic.

Each wording that offers the test's own answers fills in one sheet: the most probable answer to each
item, or the one that was recorded. There is no leaning and no centring here, and the interval is
over wordings alone (docs/method.md 4).
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
"""Digits that arithmetic in binary keeps: 0.125 is a half, be it off in the fifteenth."""
NEUTRAL_FIRST = (2, 1, 3, 0, 4)
"""`MILD_FIRST` where there is a neutral answer between the four."""
Sheet = Sequence[int | None]
"""An answer a statement, in the set's order: its number from disagreement up; None if missing."""
COLUMNS = (
    *("model", "set", "axis", "official", "low", "high", "sheets", "wordings", "ties", "centre"),
    "reason",
)


@dataclass(frozen=True, slots=True)
class OfficialScore:
    """A model's score on one axis, on the scale of the test's home."""

    score: float
    """Mean over sheets of what the home prints; NaN where it would print nothing."""
    by_wording: Mapping[str, float]
    """Wording -> what the home prints for its sheet; NaN likewise."""
    low: float
    """95 % t interval over the sheets, within what can be attained; NaN below three sheets."""
    high: float
    sheets: int
    """Sheets that the home scores."""
    wordings: int
    """Wordings that offer its answers."""
    ties: int
    """Answers of the axis that were as probable as another one."""
    reason: str
    """What must be said beside it."""


@dataclass(frozen=True, slots=True)
class _FilledSheets:
    """What a model answered to every statement of the set, in each wording."""

    wordings: tuple[str, ...]
    answers: NDArray[np.int64]
    """``(statements, wordings)``; -1 where missing."""
    ties: Mask
    movable: Mask
    """What is missing of an answer could make it another one."""
    notes: tuple[Reason, ...]


def answer_count(scoring: Scoring) -> int:
    """How many answers the home offers: four, or five with a neutral one; 0 where they are not
    those that wordings can offer, or not known."""
    if scoring.kind == "table":
        return len(MILD_FIRST)
    values = list(scoring.options.values())
    sides = sum(value < 0 for value in values), sum(value > 0 for value in values)
    return len(values) if sides == (2, 2) else 0


def sheet_score(statements: StatementSet, axis: str, answers: Sheet) -> float:
    """What the home prints for one sheet; NaN where it would not score it.

    A home scores complete sheets only, unless its arithmetic leaves what was not answered out of
    sum and maximum (`Scoring.skips`).
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
    """To the digits that the home prints. Halves go away from zero under a table key, and upwards
    under an effects key, as the homes of those tests round."""
    down = scoring.kind == "effects" and value < 0
    step = Decimal(1).scaleb(-scoring.decimals)
    exact = Decimal(f"{value:.{EXACT}f}")
    return float(exact.quantize(step, ROUND_HALF_DOWN if down else ROUND_HALF_UP)) + 0.0


def official(
    grid: Cells, statements: StatementSet, recipe: Recipe, missing: Missing = "honest"
) -> dict[str, OfficialScore]:
    """Axis -> a model's official score, by its cells; empty for a set whose home has no score.

    With "legacy-agree" missing answers are filled in as plain agreement, and every row says so.
    """
    if not answer_count(statements.scoring):
        return {}
    wordings = graded(recipe)
    filled = _filled(grid.of(wordings), statements, missing)
    return {a.name: _score(filled, statements, a.name, len(wordings)) for a in statements.axes}


def rows(
    model: str, statements: StatementSet, scores: Mapping[str, OfficialScore]
) -> Iterator[dict[str, object]]:
    """Of the table of official scores."""
    for axis, of in scores.items():
        numbers = (of.score, of.low, of.high, of.sheets, of.wordings, of.ties)
        values = (model, statements.name, axis, *numbers, statements.scoring.centre, of.reason)
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
    """``(statements, wordings, answers)`` from disagreement up; NaN where there is no answer."""
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
    """Why there are fewer scores than wordings, or what the scores leave out."""
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
        rest = f"{scored} of {wordings} sheets are complete" if scored else "no sheet is complete"
        yield Reason(
            f"the test's home scores complete sheets only: {rest}"
            + ("" if scored else f", {most} of {items} statements were answered at most")
        )


def _interval(scores: Sequence[float], statements: StatementSet, axis: str) -> tuple[float, float]:
    """The 95 % t interval of the mean over sheets."""
    count = len(scores)
    if count < FEWEST_WORDINGS:
        return nan, nan
    half = float(special.stdtrit(count - 1, 0.975) * np.std(scores, ddof=1) / np.sqrt(count))
    mean = float(np.mean(scores))
    least, most = _range(statements, axis)
    return min(mean, max(least, mean - half)), max(mean, min(most, mean + half))


def _range(statements: StatementSet, axis: str) -> tuple[float, float]:
    """The lowest and the highest score that a sheet can have."""
    scoring = statements.scoring
    if scoring.kind == "effects":
        return scoring.centre - statements.scale, scoring.centre + statements.scale
    points = [s.table[axis] for s in statements.statements if axis in s.table]
    ends = (sum(map(end, points)) + scoring.constant.get(axis, 0.0) for end in (min, max))
    least, most = (rounded(end / scoring.divisor.get(axis, 1.0), scoring) for end in ends)
    return least, most
