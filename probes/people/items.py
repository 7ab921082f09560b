"""Item statistics from people's answers: item-rest correlation, difficulty, share of agreement.

The rest score of an item excludes the item itself.
"""

import numpy as np
import pandas as pd

from probes.people import moments
from probes.people.answers import PeopleAnswers, Values
from probes.people.keys import AxisKey, axis_keys, keyed
from probes.people.positions import LEAST, PIECE
from probes.placement.interval import Floats
from probes.types import StatementSet

ITEM_COLUMNS = (
    *("axis", "statement", "n", "share", "difficulty", "item_rest", "low", "high", "verdict"),
)
WEAK = 0.2
"""Item-rest correlation below which an item is called weak."""


def items(statements: StatementSet, answers: PeopleAnswers) -> pd.DataFrame:
    """One row per axis and statement that people answered, in set order.

    Columns: `n` people; `share` who agree with the statement (with its claim, if the mirror was
    answered); `difficulty`, in [0, 1]: mean answer, 1 = positive pole; `item_rest`: correlation
    with the rest of the axis in the keyed direction, with its interval; `verdict`: ``against`` if
    the interval is below 0, ``weak`` if the estimate is below 0.2, else ``ok``; empty if unknown.
    """
    rows: list[tuple[object, ...]] = []
    for key in axis_keys(statements):
        z = keyed(key, answers).z
        total, whole = _totals(z, key)
        for number, statement in enumerate(key.statements):
            answers_to_item = z[:, number].astype(np.float64)
            answered = np.isfinite(answers_to_item) & (answers.weight > 0)
            if not answered.any():
                continue
            weight = answers.weight[answered]
            rest_score = _rest_score(total, whole, answers_to_item, key.weight, number)
            item_rest = moments.correlation(answers_to_item, rest_score, answers.weight)
            side = answers_to_item[answered] * key.direction[number]
            shares = (
                float(np.average(side > 0, weights=weight)),
                float(np.average(answers_to_item[answered], weights=weight) + 1) / 2,
            )
            facts = key.axis.name, statement.id, int(answered.sum()), *shares
            rows.append((*facts, *item_rest, _verdict(*item_rest)))
    return pd.DataFrame(rows, columns=list(ITEM_COLUMNS))


def _totals(z: Values, key: AxisKey) -> tuple[Floats, Floats]:
    """``(persons,)``: sums of weight x answer, and of the weights of answered statements."""
    pieces = [z[start : start + PIECE] for start in range(0, len(z), PIECE)]
    totals = [np.nan_to_num(piece) @ key.weight for piece in pieces]
    wholes = [np.isfinite(piece) @ key.weight for piece in pieces]
    return np.concatenate(totals), np.concatenate(wholes)


def _rest_score(total: Floats, whole: Floats, item: Floats, weight: Floats, number: int) -> Floats:
    """Mean of a person's other answers; NaN with less than half of them, by weight."""
    weight_of_others = whole - weight[number] * np.isfinite(item)
    enough = (weight_of_others > 0) & (weight_of_others >= LEAST * (weight.sum() - weight[number]))
    sums = total - weight[number] * np.nan_to_num(item)
    rest: Floats = np.where(enough, sums / np.where(enough, weight_of_others, 1.0), np.nan)
    return rest


def _verdict(r: float, low: float, high: float) -> str:
    if not np.isfinite([r, low, high]).all():
        return ""
    if high < 0:
        return "against"
    return "weak" if r < WEAK else "ok"
