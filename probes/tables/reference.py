"""Reference points: positions of respondents that do not read the statements.

Constant answers and coin tosses, computed exactly from the key; and the set's own respondents.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from probes.placement.effects_key import Mask, halved
from probes.placement.interval import Floats
from probes.placement.table_key import TableItems
from probes.tables.respondents import positions
from probes.types import Statement, StatementSet
from probes.types.reference import RAW, respondent_kind

COLUMNS = ["kind", "axis", "position", "sd"]
Row = tuple[str, str, float, float]


def reference(statements: StatementSet, asked: Sequence[Statement]) -> pd.DataFrame:
    """One row per kind and axis: `position` and, for coin tosses, the standard deviation `sd`.

    "raw" rows are comparable with the column `raw`; the others use the default estimator, which
    cannot place an axis whose statements are keyed one way without mirrors (NaN). Respondents of
    the set are placed by their own answers, under effects keys only: a table key has more answers
    than they gave.
    """
    table = statements.scoring.kind == "table"
    rows = [
        row
        for axis in statements.axes
        for row in (
            _table(TableItems.of(statements, axis.name), axis.name)
            if table
            else _effects(asked, axis.name, statements.scale)
        )
    ]
    return pd.DataFrame(
        [*rows, *([] if table else _set_respondents(statements, asked))], columns=COLUMNS
    )


def _set_respondents(statements: StatementSet, items: Sequence[Statement]) -> Iterator[Row]:
    """Positions of the set's own respondents, from their answers to what was asked."""
    asked_set = replace(statements, statements=tuple(items))
    for respondent in statements.respondents:
        for axis, position in positions(respondent, asked_set):
            yield respondent_kind(respondent.name), axis, position, np.nan


def _table(items: TableItems, axis: str) -> Iterator[Row]:
    """Positions of all-yes and all-no, and of uniformly random answers to all four options."""
    kinds = (
        *("strongly disagree to everything", "disagree to everything"),
        *("agree to everything", "strongly agree to everything"),
    )
    for kind, points in zip(kinds, items.points.sum(axis=0), strict=True):
        yield kind, axis, items.position(float(points)), np.nan
    yield "coin", axis, *items.coin()


def _effects(items: Sequence[Statement], axis: str, scale: float) -> Iterator[Row]:
    loaded = [s for s in items if s.effects.get(axis)]
    if not loaded:
        return
    pull = np.array([s.effects[axis] for s in loaded])
    bare = np.array([not s.mirror for s in loaded], bool)
    sign, weight = np.sign(pull), np.abs(pull)
    yes = scale * float((sign * weight).sum() / weight.sum())
    both_ways = {-1.0, 1.0} <= set(sign[bare])
    usable = ~bare | both_ways
    placed = 0.0 if usable.any() else np.nan  # a constant answer cancels, by mirror or centring
    yield "agree to everything", axis, placed, np.nan
    yield "disagree to everything", axis, placed, np.nan
    yield f"agree to everything{RAW}", axis, yes, np.nan
    yield f"disagree to everything{RAW}", axis, 0.0 - yes, np.nan
    yield "coin", axis, placed, scale * _coin(sign[usable], weight[usable], bare[usable])
    yield f"coin{RAW}", axis, 0.0, scale * float(np.sqrt(((weight / weight.sum()) ** 2).sum()))


def _coin(sign: Floats, weight: Floats, bare: Mask) -> float:
    """Standard deviation with one coin toss for each text, the same in all wordings.

    A pair is at +1, 0, 0 or -1 (variance 1/2), a statement without mirror at +1 or -1.
    """
    if not len(sign):
        return np.nan
    share = halved(weight, sign, bare)
    return float(np.sqrt((share**2 * np.where(bare, 1.0, 0.5)).sum()))
