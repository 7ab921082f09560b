"""How far models agree with the respondents that a set carries, such as parties: `alignment.csv`.

Two numbers, on statements that both answered. The *score* is official voting-advice scoring: a
model is read as agreeing or disagreeing by the sign of its log-odds in each wording; 2 points where
it says what the respondent says, 1 where one of the two is neutral, 0 where they are opposed, as a
share of 2 a statement. The *correlation* is Pearson's, of the statement's mean agreement tanh(L/2)
with the respondent's +1, 0 or -1. Only the statement itself counts, as respondents answered it and
not its mirror: a yes-bias therefore moves the score, towards respondents who agree with much. A
constant added to agreement does not move the correlation (a strong bias in log-odds still does, in
so far as agreement saturates): where the two rank respondents differently, believe the correlation.

Intervals take statements for the units and are about other statements. What was not answered, by
either, is left out; it is never neutral.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from scipy import special

from probes.comparison.correlation import LEVEL, Ends, correlation
from probes.placement.interval import Floats
from probes.types import Respondent, Side, StatementSet

COLUMNS = (
    *("model", "respondent", "score", "low", "high"),
    *("correlation", "correlation_low", "correlation_high", "n"),
)
VALUES: Mapping[Side, float] = {"agree": 1.0, "neutral": 0.0, "disagree": -1.0}
MOST = 2.0
"""Points for the same answer; a point less for each step apart."""


def alignment(agreement: pd.DataFrame, statements: StatementSet) -> pd.DataFrame:
    """A row a model and respondent: models as they come, respondents in set order.

    Args:
        agreement: Rows of any number of models, as `agreement.agreement` makes them.
        statements: The set, with its respondents.

    Columns: `score`, `low` and `high` in [0, 1], with a t interval, which is NaN below two
    statements and where all score alike (nothing says how much they vary); `correlation`,
    `correlation_low` and `correlation_high` in [-1, 1], with Fisher's z, all NaN below four
    statements and where one side answers all alike; `n`, the statements that both answered.
    """
    rows = agreement[(agreement["role"] == "statement") & agreement["raw"].notna()]
    by_model = rows.groupby("model", sort=False).indices
    table = [
        _row(str(model), respondent, answered)
        for model in agreement["model"].unique()
        for answered in [rows.iloc[by_model.get(model, [])]]
        for respondent in statements.respondents
    ]
    return pd.DataFrame(table, columns=list(COLUMNS))


def positions(respondent: Respondent, statements: StatementSet) -> Iterator[tuple[str, float]]:
    """Where a respondent's own answers put it: axis and position, for effects keys.

    Position = scale x weighted mean of effect sign x answer, over what it answered: complete and
    without wordings, so nothing is centred. Axes of which it answered nothing are left out.
    """
    for axis in statements.axes:
        effects = {s.id: s.effects.get(axis.name, 0.0) for s in statements.statements}
        pairs = [
            (effects[name], VALUES[side])
            for name, side in respondent.answers.items()
            if effects.get(name)
        ]
        if pairs:
            total = sum(weight * answer for weight, answer in pairs)
            yield axis.name, statements.scale * total / sum(abs(weight) for weight, _ in pairs)


def _row(model: str, respondent: Respondent, rows: pd.DataFrame) -> tuple[object, ...]:
    """One model against one respondent.

    `raw` is tanh(L / 2), of L's sign; of replies that were counted, too, where L is made of it.
    """
    answers = {name: VALUES[side] for name, side in respondent.answers.items()}
    shared = rows[rows["statement"].isin(list(answers))]
    answer = shared["statement"].map(answers).astype(np.float64)
    points = (MOST - (np.sign(shared["raw"]) - answer).abs()) / MOST
    means = (
        pd.DataFrame({"points": points, "raw": shared["raw"], "answer": answer})
        .astype(np.float64)
        .groupby(shared["statement"], sort=False)
        .mean()
    )
    points_, raw, sides = (means[c].to_numpy(np.float64) for c in ("points", "raw", "answer"))
    return model, respondent.name, *score(points_), *correlation(raw, sides), len(means)


def score(shares: Floats) -> Ends:
    """Mean share of the points with its t interval within [0, 1], statements as units."""
    if not len(shares):
        return np.nan, np.nan, np.nan
    mean = float(shares.mean())
    if len(shares) < 2 or np.ptp(shares) == 0:
        return mean, np.nan, np.nan
    error = float(shares.std(ddof=1)) / np.sqrt(len(shares))
    half = float(special.stdtrit(len(shares) - 1, (1 + LEVEL) / 2)) * error
    return mean, max(0.0, mean - half), min(1.0, mean + half)
