"""What people's answers say of each statement: does it go with its axis, and who agrees.

The axis is what a person makes of its other statements, so that none vouches for itself.
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
"""An item-rest correlation below which a statement hardly says anything of its axis."""


def items(statements: StatementSet, answers: PeopleAnswers) -> pd.DataFrame:
    """A row an axis and statement that people answered, in set order.

    Columns: `n` people; `share` who agree with the statement (with what it says, if its mirror was
    answered); `difficulty`, in [0, 1], how far towards the positive pole the mean answer is;
    `item_rest`, the correlation with the rest of the axis in the keyed direction, with its
    interval; `verdict`: ``against`` where that is below 0 for certain, ``weak`` where it is below
    0.2, ``ok``, or empty where it is unknown.
    """
    rows: list[tuple[object, ...]] = []
    for key in axis_keys(statements):
        z = keyed(key, answers).z
        total, whole = _totals(z, key)
        for number, statement in enumerate(key.statements):
            own = z[:, number].astype(np.float64)
            answered = np.isfinite(own) & (answers.weight > 0)
            if not answered.any():
                continue
            weight = answers.weight[answered]
            rest = _rest(total, whole, own, key.weight, number)
            item_rest = moments.correlation(own, rest, answers.weight)
            side = own[answered] * key.direction[number]
            shares = (
                float(np.average(side > 0, weights=weight)),
                float(np.average(own[answered], weights=weight) + 1) / 2,
            )
            facts = key.axis.name, statement.id, int(answered.sum()), *shares
            rows.append((*facts, *item_rest, _verdict(*item_rest)))
    return pd.DataFrame(rows, columns=list(ITEM_COLUMNS))


def _totals(z: Values, key: AxisKey) -> tuple[Floats, Floats]:
    """``(persons,)``: sums of weight x answer, and of the weights of what was answered."""
    pieces = [z[start : start + PIECE] for start in range(0, len(z), PIECE)]
    totals = [np.nan_to_num(piece) @ key.weight for piece in pieces]
    wholes = [np.isfinite(piece) @ key.weight for piece in pieces]
    return np.concatenate(totals), np.concatenate(wholes)


def _rest(total: Floats, whole: Floats, own: Floats, weight: Floats, number: int) -> Floats:
    """The mean of a person's other answers; NaN below half of them, by weight."""
    others = whole - weight[number] * np.isfinite(own)
    enough = (others > 0) & (others >= LEAST * (weight.sum() - weight[number]))
    sums = total - weight[number] * np.nan_to_num(own)
    rest: Floats = np.where(enough, sums / np.where(enough, others, 1.0), np.nan)
    return rest


def _verdict(r: float, low: float, high: float) -> str:
    if not np.isfinite([r, low, high]).all():
        return ""
    if high < 0:
        return "against"
    return "weak" if r < WEAK else "ok"
