"""Answers -> agreement: what a model made of each statement in each wording.

Log-odds of the two sides, statement set against mirror, yes-bias, blanks, strength, mass. Knows
no key and no axis: agreeing with the statement is above zero, whatever that means politically;
`place` decides what it means, and centres the sets that have no mirrors.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probes.replies import tallied
from probes.types import MIRRORED, Answer, Correction, Header, Option, Recipe

Floats = NDArray[np.float64]

FOUR = ("p_sd", "p_d", "p_a", "p_sa")
"""Probabilities of strongly disagree, disagree, agree, strongly agree: what table keys score."""
COLUMNS = (
    *("model", "role", "statement", "wording", "log_odds", "log_odds_mirror", "leaning", "lam"),
    *("raw", "mirrored", "yes_bias", "blank_corrected", "blank_spread", "strength", "neutral"),
    *("mass", "status", "unanswered", *FOUR),
)
FEWEST_FILLERS = 2
"""One filler has no spread: nothing says whether it can be trusted."""
SEVERITY = ("ok", "refused", "unparsed", "failed")
PAIR = ["role", "statement", "wording"]
LOG_FOUR = tuple(f"log_{name}" for name in FOUR)
MEASURES = ["L", "corrected", "strength", "neutral", *LOG_FOUR]


def agreement(
    header: Header,
    answers: Iterable[Answer],
    recipe: Recipe,
    correction: Correction | None = None,
) -> pd.DataFrame:
    """One row a statement (or control) and wording, in order of appearance in the evidence.

    Columns (NaN where missing; never filled in):
        log_odds, log_odds_mirror: ``L = ln P(agree side) - ln P(disagree side)`` of the statement
            and its mirror, averaged over repetitions and option orders. A pair is compared in the
            orders that answered both, so that no order's bias remains in it.
        lam, leaning, yes_bias: ``lambda = (L(s) - L(m)) / 2``, ``tanh(lambda / 2)`` and
            ``tanh((L(s) + L(m)) / 4)``, the last two in [-1, 1]. Empty without a mirror.
        raw, mirrored: ``a(s)`` and ``(a(s) - a(m)) / 2`` with ``a = tanh(L / 2)``.
        blank_corrected: `raw` after subtracting the blanks; empty where `blank_spread`, the
            standard deviation of L over fillers within an order, is above the protocol's threshold.
        strength, neutral: share of "strongly" within the chosen side, and of the neutral options;
            empty in wordings that do not offer them. mass: in [0, 1].
        status: `ok` if the statement, and its mirror if it has one, scored finite; else the
            gravest status of its answers.
        unanswered: share of the cell's replies that are missing though others are there, in [0, 1];
            of answers scored by first tokens, the share of the probability that was not told of;
            0 for others that were scored, whose pairs are there or not.
        p_sd, p_d, p_a, p_sa: the statement's four answers, summing to 1, where they are offered.

    Of replies without probabilities, all this is made of counts (`replies.tallied`), corrected for
    the errors of the stance model if a `correction` is given.
    """
    recipe = recipe.of(header.model)
    if recipe.method == "reply":
        return tallied(header, answers, correction).reindex(columns=list(COLUMNS))
    scored = _scored(header, list(answers))
    if scored.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    # Repetitions are averaged within an order, so that each order counts once.
    cells = scored.groupby([*PAIR, "order", "mirrored"], sort=False)[MEASURES].mean()
    rows = scored.groupby(PAIR, sort=False).agg(
        worst=("severity", "max"),
        mass=("mass", "mean"),
        blank_spread=("blank_spread", "first"),
        unanswered=("untold", "mean"),
    )
    rows = rows.join(_pairs(cells))
    rows["status"] = np.where(
        rows.pop("answered"), "ok", np.array(SEVERITY)[rows.pop("worst").clip(lower=1)]
    )
    high = rows["blank_spread"] > recipe.thresholds.blank_spread
    rows["blank_corrected"] = rows["blank_corrected"].where(~high)
    named = rows.reset_index().assign(model=header.model.name)
    return named[list(COLUMNS)]


# --- one answer --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sides:
    """Where the labels of a wording stand, as masks over its options."""

    agree: NDArray[np.bool_]
    disagree: NDArray[np.bool_]
    strong: NDArray[np.bool_]
    graded: bool
    """Both sides offer "strongly" and not strongly."""

    @classmethod
    def of(cls, options: Sequence[Option]) -> "_Sides":
        agree, disagree = (np.array([o.side == s for o in options]) for s in ("agree", "disagree"))
        strong = np.array([o.strong for o in options])
        four = (agree & strong, agree & ~strong, disagree & strong, disagree & ~strong)
        return cls(agree, disagree, strong, all(grade.any() for grade in four))

    def total(self, logs: Floats, which: NDArray[np.bool_]) -> Floats:
        """The ln of the summed probability of some options, a row each; -inf for none."""
        return _log_sum(logs[:, which])

    def log_odds(self, logs: Floats) -> Floats:
        """L = ln P(agree side) - ln P(disagree side); NaN where a side is not finite."""
        sides = np.stack([self.total(logs, self.agree), self.total(logs, self.disagree)])
        sides[~np.isfinite(sides)] = np.nan
        odds: Floats = sides[0] - sides[1]
        return odds

    def four(self, logs: Floats) -> Floats:
        """The ln P of sd, d, a, sa, normalised over the four: a row an answer."""
        if not self.graded:
            return np.full((len(logs), 4), np.nan)
        sides = [(self.disagree, True), (self.disagree, False), (self.agree, False)]
        sides.append((self.agree, True))
        grades = [self.total(logs, side & (self.strong == strong)) for side, strong in sides]
        four = np.stack(grades, axis=1)
        four[~np.isfinite(four)] = np.nan  # all four must be there to be compared
        return four - _log_sum(four)[:, None]


def _log_sum(logs: Floats) -> Floats:
    """The ln of the summed exponentials of each row; -inf for none, NaN where one is NaN."""
    with np.errstate(invalid="ignore"):
        total: Floats = np.logaddexp.reduce(logs, axis=1, initial=-np.inf)
    return total


def _scored(header: Header, answers: Sequence[Answer]) -> pd.DataFrame:
    """One row an answer to a statement, mirror or control, with its `MEASURES`."""
    table = pd.DataFrame(
        {
            "role": ["statement" if a.role == "mirror" else a.role for a in answers],
            "statement": [a.statement.removesuffix(MIRRORED) for a in answers],
            "mirrored": [a.role == "mirror" or a.statement.endswith(MIRRORED) for a in answers],
            "wording": [a.wording for a in answers],
            "order": [a.order for a in answers],
            "mass": np.array([a.mass for a in answers], dtype=np.float64),
            "severity": [SEVERITY.index(a.status) for a in answers],
            "untold": np.array([_untold(a) for a in answers], dtype=np.float64),
        }
    )
    parts = []
    for wording, part in table.groupby("wording", sort=False):
        options = header.wordings[str(wording)]
        logs = _logs([answers[int(i)] for i in part.index], options)
        parts.append(_measured(part, logs, _Sides.of(options)))
    scored = pd.concat(parts).sort_index() if parts else table
    return scored[scored["role"] != "blank"]


def _untold(answer: Answer) -> float:
    """Of the probability that is an option's or could be, the share that was not told of."""
    if not answer.unseen or not answer.logprobs:
        return 0.0
    return answer.unseen / (answer.unseen + float(np.exp([*answer.logprobs.values()]).sum()))


def _logs(answers: Sequence[Answer], options: Sequence[Option]) -> Floats:
    """Log-probabilities normalised over the options, a row an answer; NaN unless it is ok."""
    labels, none = [o.label for o in options], [np.nan] * len(options)
    logs = np.array(
        [
            [scores.get(label, np.nan) for label in labels]
            if a.status == "ok" and (scores := a.logprobs) is not None
            else none
            for a in answers
        ],
        dtype=np.float64,
    )
    logs[np.isposinf(logs)] = np.nan
    total = _log_sum(logs)
    total[~np.isfinite(total)] = np.nan
    return logs - total[:, None]


def _measured(part: pd.DataFrame, logs: Floats, sides: _Sides) -> pd.DataFrame:
    """The answers in one wording with their `MEASURES` and `blank_spread`."""
    part = part.assign(L=sides.log_odds(logs))
    four = sides.four(logs)
    chosen = np.where(part["L"] > 0, four[:, 3] - four[:, 2], four[:, 0] - four[:, 1])
    neutral = ~(sides.agree | sides.disagree)
    part["strength"] = 1 / (1 + np.exp(-chosen))  # P(strong) / (P(strong) + P(mild)) of that side
    part["neutral"] = np.exp(sides.total(logs, neutral)) if neutral.any() else np.nan
    part[list(LOG_FOUR)] = four
    lost = part["L"].isna() & (part["severity"] == 0)
    part.loc[lost, "severity"] = SEVERITY.index("failed")
    return _corrected(part, logs, sides)


def _corrected(part: pd.DataFrame, logs: Floats, sides: _Sides) -> pd.DataFrame:
    """Contextual calibration (Zhao et al. 2021): an order's mean over fillers is subtracted."""
    part["corrected"] = np.nan
    blank, squares = (part["role"] == "blank") & part["L"].notna(), []
    for order in part["order"].unique():
        here = (part["order"] == order).to_numpy()
        fillers = part[blank & here].groupby("statement")["L"].mean()
        if len(fillers) < FEWEST_FILLERS:
            continue
        average = logs[(blank & here).to_numpy()].mean(axis=0)
        part.loc[here, "corrected"] = sides.log_odds(logs[here] - average)
        squares.append(float(fillers.var(ddof=1)))
    return part.assign(blank_spread=np.sqrt(np.mean(squares)) if squares else np.nan)


# --- a pair ------------------------------------------------------------------------------------


def _pairs(cells: pd.DataFrame) -> pd.DataFrame:
    """Statement against mirror, order by order, then averaged over orders: a row a pair.

    A mirror cancels an order's bias where both answered in that order. Without a mirror only the
    full round of orders does, so that one missing order makes the statement missing.
    """
    orders = _levels(cells.index, [*PAIR, "order"]).unique()
    by_pair = [orders.get_level_values(name) for name in PAIR]
    sides = _side(cells, mirrored=False), _side(cells, mirrored=True)
    opposed = _levels(orders, PAIR).isin(_levels(sides[1].index, PAIR))
    text, mirror = (side.reindex(orders) for side in sides)
    shared = text["L"].notna() & mirror["L"].notna()
    paired = shared.groupby(by_pair, sort=False).transform("any")
    whole = text["L"].notna().groupby(by_pair, sort=False).transform("all") & ~opposed
    kept = shared | (opposed & ~paired) | whole
    text, mirror = (side.where(kept).groupby(by_pair, sort=False).mean() for side in (text, mirror))
    rows = _leanings(text["L"], mirror["L"], paired.groupby(by_pair, sort=False).any())
    rows["answered"] = (paired | whole).groupby(by_pair, sort=False).any()
    rows["blank_corrected"] = np.tanh(text["corrected"] / 2)
    both = cells[["strength", "neutral"]].groupby(PAIR, sort=False).mean()
    return rows.join([both, _fractions(text[list(LOG_FOUR)])])


def _levels(index: pd.Index, names: list[str]) -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays([index.get_level_values(n) for n in names], names=[*names])


def _side(cells: pd.DataFrame, *, mirrored: bool) -> pd.DataFrame:
    """Of the statements themselves, or of their mirrors: a row a pair and order."""
    return cells[cells.index.get_level_values("mirrored") == mirrored].droplevel("mirrored")


def _leanings(text: pd.Series, mirror: pd.Series, paired: pd.Series) -> pd.DataFrame:
    """The columns that follow from L(s) and L(m); what needs both is empty where not paired."""
    against = mirror.where(paired)
    lam = (text - against) / 2  # lambda = (L(s) - L(m)) / 2: an additive yes-bias cancels
    return pd.DataFrame(
        {
            "log_odds": text,
            "log_odds_mirror": mirror,
            "lam": lam,
            "leaning": np.tanh(lam / 2),
            "yes_bias": np.tanh((text + against) / 4),
            "raw": np.tanh(text / 2),
            "mirrored": (np.tanh(text / 2) - np.tanh(against / 2)) / 2,
        }
    )


def _fractions(logs: pd.DataFrame) -> pd.DataFrame:
    """Probabilities that sum to 1 from mean log-probabilities: a geometric mean over orders."""
    four = np.exp(logs.to_numpy())
    return pd.DataFrame(four / four.sum(axis=1)[:, None], index=logs.index, columns=list(FOUR))
