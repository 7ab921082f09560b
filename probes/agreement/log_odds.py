"""Measures of each scored answer: log-odds, calibrated log-odds, strength, neutrality.

Answers come as columns and are processed by wording. `table` combines mirrors and option orders.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from probes.agreement.groups import group_means
from probes.evidence.columns import AnswerColumns, Floats, Ints
from probes.types import Header, Option

FOUR = ("p_sd", "p_d", "p_a", "p_sa")
"""Probabilities of strongly disagree, disagree, agree, strongly agree: what table keys score."""
MOST = ("most_sd", "most_d", "most_a", "most_sa")
"""Upper bounds of the four: with all the probability that the backend did not report."""
MEASURES = ("L", "corrected", "strength", "neutral", *FOUR, *MOST)
"""Columns of `AnswerLogOdds.measures`; logarithms, except for `strength` and `neutral`."""
FEWEST_FILLERS = 2
"""Least number of fillers (blanks): the spread of a single one is unknown."""
SEVERITY = ("ok", "refused", "unparsed", "failed")


@dataclass(frozen=True, slots=True)
class AnswerLogOdds:
    """Measures of answers, one row per answer, blanks included."""

    measures: Floats
    """``(answers, MEASURES)``, NaN where missing."""
    blank_spread: Floats
    """Standard deviation of L over fillers within an order, in the answer's wording."""
    severity: Ints
    """Index into `SEVERITY`; an answer with a side that is not finite has failed."""

    def of(self, rows: Ints) -> Self:
        """The measures of some rows."""
        return replace(
            self,
            measures=self.measures[rows],
            blank_spread=self.blank_spread[rows],
            severity=self.severity[rows],
        )


def odds(header: Header, answers: AnswerColumns) -> AnswerLogOdds:
    """Compute the measures of each answer."""
    severity = severities(answers)
    measures = np.full((len(answers), len(MEASURES)), np.nan)
    spread, unreported = np.full(len(answers), np.nan), unseen_odds(answers)[:, None]
    for n, wording in enumerate(answers.wording.words):
        rows = np.flatnonzero(answers.wording.codes == n)
        options = header.wordings[wording]
        logs = _logs(answers, rows, options)
        sides = _SideMasks.of(options, linear=header.model.rewards is not None)
        values = _measured(logs, sides)
        with np.errstate(divide="ignore"):  # with large rewards an option's probability may be 0
            values[:, 8:] = np.log(np.exp(values[:, 4:8]) + unreported[rows])
        values[:, 1], spread[rows] = _corrected(answers, rows, logs, sides, values[:, 0])
        measures[rows] = values
    severity[np.isnan(measures[:, 0]) & (severity == 0)] = SEVERITY.index("failed")
    return AnswerLogOdds(measures, spread, severity)


def unseen_odds(answers: AnswerColumns) -> Floats:
    """``(answers,)``: unreported probability over that of the options; 0 if all is reported."""
    seen = np.zeros(len(answers))
    for scores in answers.logprobs.values():
        seen += np.nan_to_num(np.exp(scores))
    odds: Floats = np.nan_to_num(answers.unseen) / np.where(seen > 0, seen, np.inf)
    return odds


def severities(answers: AnswerColumns) -> Ints:
    """``(answers,)``: index of each answer's status in `SEVERITY`."""
    numbers = np.array([SEVERITY.index(word) for word in answers.status.words], dtype=np.int64)
    return numbers[answers.status.codes]


@dataclass(frozen=True, slots=True)
class _SideMasks:
    """The sides of a wording's options, as masks over the options."""

    agree: NDArray[np.bool_]
    disagree: NDArray[np.bool_]
    strong: NDArray[np.bool_]
    graded: bool
    """Whether both sides offer a strong and a mild option."""
    linear: bool
    """Average the rewards of a side instead of summing its probabilities (docs/method.md 11)."""

    @classmethod
    def of(cls, options: Sequence[Option], *, linear: bool) -> "_SideMasks":
        agree, disagree = (np.array([o.side == s for o in options]) for s in ("agree", "disagree"))
        strong = np.array([o.strong for o in options])
        four = (agree & strong, agree & ~strong, disagree & strong, disagree & ~strong)
        return cls(agree, disagree, strong, all(grade.any() for grade in four), linear)

    def total(self, logs: Floats, which: NDArray[np.bool_]) -> Floats:
        """``(rows,)``: ln of the summed probability of some options; -inf for none."""
        return _log_sum(logs[:, which])

    def log_odds(self, logs: Floats) -> Floats:
        """L = ln P(agree side) - ln P(disagree side); NaN where a side is not finite."""
        if self.linear:
            means: Floats = logs[:, self.agree].mean(axis=1) - logs[:, self.disagree].mean(axis=1)
            return np.where(np.isfinite(means), means, np.nan)
        sides = np.stack([self.total(logs, self.agree), self.total(logs, self.disagree)])
        sides[~np.isfinite(sides)] = np.nan
        odds: Floats = sides[0] - sides[1]
        return odds

    def four(self, logs: Floats) -> Floats:
        """``(rows, 4)``: ln P of sd, d, a, sa, normalised over the four."""
        if not self.graded:
            return np.full((len(logs), 4), np.nan)
        sides = [(self.disagree, True), (self.disagree, False), (self.agree, False)]
        sides.append((self.agree, True))
        grades = [self.total(logs, side & (self.strong == strong)) for side, strong in sides]
        four = np.stack(grades, axis=1)
        four[~np.isfinite(four)] = np.nan  # shares of the four need all four
        return four - _log_sum(four)[:, None]


def _log_sum(logs: Floats) -> Floats:
    """``(rows,)``: log-sum-exp of each row; -inf for no columns, NaN where one is NaN."""
    with np.errstate(invalid="ignore"):
        total: Floats = np.logaddexp.reduce(logs, axis=1, initial=-np.inf)
    return total


def _logs(answers: AnswerColumns, rows: Ints, options: Sequence[Option]) -> Floats:
    """``(rows, options)``: log-probabilities normalised over the options; NaN unless ok."""
    logs = np.full((len(rows), len(options)), np.nan)
    ok = answers.status.match("ok")[rows]
    for n, option in enumerate(options):
        if option.label in answers.logprobs:
            logs[ok, n] = answers.logprobs[option.label][rows[ok]]
    logs[np.isposinf(logs)] = np.nan
    total = _log_sum(logs)
    total[~np.isfinite(total)] = np.nan
    return logs - total[:, None]


def _measured(logs: Floats, sides: _SideMasks) -> Floats:
    """The `MEASURES` of answers in one wording, except `corrected`."""
    measures = np.full((len(logs), len(MEASURES)), np.nan)
    measures[:, 0] = sides.log_odds(logs)
    four = measures[:, 4:8] = sides.four(logs)
    chosen = np.where(measures[:, 0] > 0, four[:, 3] - four[:, 2], four[:, 0] - four[:, 1])
    measures[:, 2] = 1 / (1 + np.exp(-chosen))  # P(strong) / (P(strong) + P(mild)) of that side
    neutral = ~(sides.agree | sides.disagree)
    if neutral.any():
        measures[:, 3] = np.exp(sides.total(logs, neutral))
    return measures


def _corrected(
    answers: AnswerColumns, rows: Ints, logs: Floats, sides: _SideMasks, log_odds: Floats
) -> tuple[Floats, float]:
    """L calibrated by the blanks, for answers in one wording, and the spread of L over fillers.

    Contextual calibration (Zhao et al. 2021): the mean over fillers is subtracted in each order.
    """
    corrected, squares = np.full(len(rows), np.nan), []
    blank = answers.role.match("blank")[rows] & ~np.isnan(log_odds)
    orders, statements = answers.order[rows], answers.statement.codes[rows]
    for order in dict.fromkeys(orders.tolist()):
        in_order = orders == order
        fillers = blank & in_order
        means = group_means(log_odds[fillers], statements[fillers])
        if len(means) < FEWEST_FILLERS:
            continue
        corrected[in_order] = sides.log_odds(logs[in_order] - logs[fillers].mean(axis=0))
        squares.append(float(np.var(means, ddof=1)))
    return corrected, float(np.sqrt(np.mean(squares))) if squares else np.nan
