"""One answer -> log-odds of its two sides, strength, neutrality, and the same less the blanks.

Answers come as columns and are scored a wording at a time. Mirrors and option orders are combined
in `table`.
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
"""The most that each of the four can have, with all that was not told of."""
MEASURES = ("L", "corrected", "strength", "neutral", *FOUR, *MOST)
"""In logarithms, but for `strength` and `neutral`."""
FEWEST_FILLERS = 2
"""One filler has no spread: nothing says whether it can be trusted."""
SEVERITY = ("ok", "refused", "unparsed", "failed")


@dataclass(frozen=True, slots=True)
class AnswerLogOdds:
    """A row an answer, blanks among them."""

    measures: Floats
    """``(answers, MEASURES)``, NaN where missing."""
    blank_spread: Floats
    """Standard deviation of L over fillers within an order, in the answer's wording."""
    severity: Ints
    """Place in `SEVERITY`; an answer whose sides are not both finite has failed."""

    def of(self, rows: Ints) -> Self:
        """These rows only."""
        return replace(
            self,
            measures=self.measures[rows],
            blank_spread=self.blank_spread[rows],
            severity=self.severity[rows],
        )


def odds(header: Header, answers: AnswerColumns) -> AnswerLogOdds:
    """The measures of each answer."""
    severity = severities(answers)
    measures = np.full((len(answers), len(MEASURES)), np.nan)
    spread, untold = np.full(len(answers), np.nan), unseen_odds(answers)[:, None]
    for n, wording in enumerate(answers.wording.words):
        rows = np.flatnonzero(answers.wording.codes == n)
        options = header.wordings[wording]
        logs, sides = _logs(answers, rows, options), _SideMasks.of(options)
        values = _measured(logs, sides)
        values[:, 8:] = np.log(np.exp(values[:, 4:8]) + untold[rows])
        values[:, 1], spread[rows] = _corrected(answers, rows, logs, sides, values[:, 0])
        measures[rows] = values
    severity[np.isnan(measures[:, 0]) & (severity == 0)] = SEVERITY.index("failed")
    return AnswerLogOdds(measures, spread, severity)


def unseen_odds(answers: AnswerColumns) -> Floats:
    """Of each answer, the probability that was not told of over that of the options; 0 of none."""
    seen = np.zeros(len(answers))
    for scores in answers.logprobs.values():
        seen += np.nan_to_num(np.exp(scores))
    odds: Floats = np.nan_to_num(answers.unseen) / np.where(seen > 0, seen, np.inf)
    return odds


def severities(answers: AnswerColumns) -> Ints:
    """Each answer's place in `SEVERITY`."""
    numbers = np.array([SEVERITY.index(word) for word in answers.status.words], dtype=np.int64)
    return numbers[answers.status.codes]


@dataclass(frozen=True, slots=True)
class _SideMasks:
    """Where the labels of a wording stand, as masks over its options."""

    agree: NDArray[np.bool_]
    disagree: NDArray[np.bool_]
    strong: NDArray[np.bool_]
    graded: bool
    """Both sides offer "strongly" and not strongly."""

    @classmethod
    def of(cls, options: Sequence[Option]) -> "_SideMasks":
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


def _logs(answers: AnswerColumns, rows: Ints, options: Sequence[Option]) -> Floats:
    """Log-probabilities normalised over the options, a row an answer; NaN unless it is ok."""
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
    """The `MEASURES` of answers in one wording, all but `corrected`."""
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
    """L less the blanks, of answers in one wording, and the spread of L over fillers.

    Contextual calibration (Zhao et al. 2021): an order's mean over fillers is subtracted.
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
