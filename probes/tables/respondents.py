"""Agreement of models with a set's respondents, such as parties: `alignment.csv`.

Two numbers, on statements that both answered. The *score* is the usual one of voting-advice
applications: a model agrees or disagrees by the sign of its log-odds in each wording; 2 points for
the respondent's answer, 1 if one of the two is neutral, 0 if opposed, as a share of 2 a statement.
The *correlation* is Pearson's, of the statement's mean agreement tanh(L/2) with the respondent's
+1, 0 or -1. Only the statement counts, since respondents did not answer its mirror: yes-bias
therefore raises the score of respondents who agree with much. A constant added to agreement does
not change the correlation (a strong bias in log-odds does, where agreement saturates): if the two
rank respondents differently, trust the correlation.

Intervals have statements as units and generalise to other statements. Unanswered statements are
left out; they never count as neutral.
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
"""Points for the same answer; one point less for each step apart."""


def alignment(agreement: pd.DataFrame, statements: StatementSet) -> pd.DataFrame:
    """One row per model and respondent: models in order of appearance, respondents in set order.

    Args:
        agreement: Rows of any number of models, as `agreement.agreement` makes them.
        statements: The set, with its respondents.

    Columns: `score`, `low` and `high` in [0, 1], with a t interval, NaN below two statements and if
    all score alike (their variance cannot be estimated); `correlation`, `correlation_low` and
    `correlation_high` in [-1, 1], by Fisher's z, all NaN below four statements and if one side
    answers all alike; `n`, number of statements that both answered.
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
    """(axis, position) of a respondent from its own answers, for effects keys.

    Position = scale x weighted mean of effect sign x answer, over what it answered; there are no
    wordings, and nothing is centred. Axes without an answer are left out.
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
    """One model compared with one respondent.

    `raw` is tanh(L / 2) and has the sign of L; for counted replies, too, where L is computed from
    it.
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
    """Mean share of points with its t interval cut to [0, 1], statements as units."""
    if not len(shares):
        return np.nan, np.nan, np.nan
    mean = float(shares.mean())
    if len(shares) < 2 or np.ptp(shares) == 0:
        return mean, np.nan, np.nan
    error = float(shares.std(ddof=1)) / np.sqrt(len(shares))
    half = float(special.stdtrit(len(shares) - 1, (1 + LEVEL) / 2)) * error
    return mean, max(0.0, mean - half), min(1.0, mean + half)
