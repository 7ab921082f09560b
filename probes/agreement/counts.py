"""Replies without probabilities -> agreement: counts of the chosen options over repetitions.

Five or more replies to a statement give log-odds of their counts, from which a yes-bias cancels;
fewer give the plain difference, from which it does not (docs/method.md 3). The four answers of a
table key are the shares of what was chosen: one reply has all of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from probes.agreement.log_odds import SEVERITY, severities
from probes.errors import RunError
from probes.evidence.columns import AnswerColumns, AnswerPairs, Floats, Mask
from probes.replies.stance import OPTIONS
from probes.types import ENOUGH, Correction, Header, Option

EDGE = 0.9999
"""A plain difference of 1 has no log-odds: it counts as this."""
FOUR = ["sd", "d", "a", "sa"]
COUNTS = ["n", "agree", "disagree", "neutral", *FOUR]


def counted_agreement(
    header: Header, answers: AnswerColumns, correction: Correction | None = None
) -> pd.DataFrame:
    """One row a statement and wording, with the columns of `table.agreement`.

    Repetitions and option orders are pooled. Columns that need probabilities are left out. A
    correction holds for stances alone, not for options that a reply names itself.

    Raises:
        RunError: an answer chose what its wording does not offer.
    """
    pairs = AnswerPairs.of(answers, np.arange(len(answers)))
    rows = pd.DataFrame(pairs.names)
    if rows.empty:
        return rows
    counts, severity = _counted(header, answers), severities(answers)
    sides = [
        counts[pairs.mirrored == mirrored]
        .groupby(pairs.number[pairs.mirrored == mirrored])
        .sum()
        .reindex(rows.index)
        for mirrored in (False, True)
    ]
    if correction is not None:
        judged = [n for n, options in header.wordings.items() if options == OPTIONS]
        sides = [_corrected(side, rows["wording"].isin(judged), correction) for side in sides]
    text, mirror = (_SideValues.of(side) for side in sides)
    rows = rows.assign(**_leanings(text, mirror))
    rows = rows.assign(**_grades(sides[0], [header.wordings[name] for name in rows["wording"]]))
    replies = counts["n"].groupby(pairs.number)
    rows["unanswered"] = 1 - replies.sum() / replies.size()
    opposed = pd.Series(pairs.mirrored).groupby(pairs.number).any()
    ok = rows["log_odds"].notna() & (rows["lam"].notna() | ~opposed)
    worst = pd.Series(severity).groupby(pairs.number).max().clip(lower=1)
    rows["status"] = np.where(ok, "ok", np.array(SEVERITY)[worst])
    return rows.assign(model=header.model.name)


def _counted(header: Header, answers: AnswerColumns) -> pd.DataFrame:
    """Each answer as counts of 0 and 1."""
    counts = np.zeros((len(answers), len(COUNTS)), np.int64)
    ok = answers.status.match("ok")
    for wording, options in header.wordings.items():
        left = ok & answers.wording.match(wording)
        for option in options:
            rows = left & answers.choice.match(option.label)
            strength = f"{'s' if option.strong else ''}{option.side[0]}"
            kinds = ["n", option.side, *([strength] if option.side != "neutral" else [])]
            for kind in kinds:
                counts[rows, COUNTS.index(kind)] = 1
            left &= ~rows
        if left.any():
            raise RunError(
                f"{header.model.name}: the evidence is damaged: an answer in wording {wording!r} "
                "chose what it does not offer"
            )
    return pd.DataFrame(counts, columns=COUNTS)


@dataclass(frozen=True, slots=True)
class _SideValues:
    """The statements themselves, or their mirrors: a value a row, NaN where nobody answered."""

    enough: Mask
    plain: Floats
    """The share that agrees less the share that disagrees, in [-1, 1]."""
    odds: Floats
    """L = ln((k + 1/2) / (n - k + 1/2)); neutral replies count half to either side."""

    @classmethod
    def of(cls, counts: pd.DataFrame) -> "_SideValues":
        n, agree, disagree = (
            counts[name].to_numpy(dtype=np.float64) for name in ("n", "agree", "disagree")
        )
        n = np.where(n > 0, n, np.nan)
        ahead = agree - disagree
        return cls(n >= ENOUGH, ahead / n, np.log((n + ahead + 1) / (n - ahead + 1)))

    @property
    def log_odds(self) -> Floats:
        """Of the counts where they are enough, else those of the plain difference."""
        return np.where(self.enough, self.odds, _spread(self.plain))

    @property
    def raw(self) -> Floats:
        """Agreement in [-1, 1]."""
        return np.where(self.enough, np.tanh(self.odds / 2), self.plain)


def _corrected(counts: pd.DataFrame, judged: pd.Series, correction: Correction) -> pd.DataFrame:
    """Counts of judged replies as if the stance model made no errors (Rogan & Gladen 1978).

    Of the replies with a side, the share that agrees is (share + d - 1) / (a + d - 1) with a and d
    the rates at which the two sides are recognised, bounded to [0, 1]; strengths keep their shares.
    """
    sided = counts["agree"] + counts["disagree"]
    share = (counts["agree"] / sided.where(sided > 0)).to_numpy(np.float64)
    rates = correction.agree + correction.disagree - 1
    true = np.clip((share + correction.disagree - 1) / rates, 0.0, 1.0)
    correctable = judged.to_numpy() & np.isfinite(share)
    with np.errstate(divide="ignore", invalid="ignore"):
        up = np.where(correctable & (share > 0), true / share, 1.0)
        down = np.where(correctable & (share < 1), (1 - true) / (1 - share), 1.0)
    scaled = counts.astype(np.float64)
    for names, by in ((["agree", "a", "sa"], up), (["disagree", "d", "sd"], down)):
        scaled[names] = scaled[names].mul(by, axis=0)
    return scaled


def _leanings(text: _SideValues, mirror: _SideValues) -> dict[str, Floats]:
    """Statement against mirror: in log-odds where both have enough replies, else plainly."""
    both = text.enough & mirror.enough
    plain = (text.plain - mirror.plain) / 2
    lam = np.where(both, (text.odds - mirror.odds) / 2, _spread(plain))
    bias = np.tanh((text.odds + mirror.odds) / 4)
    return {
        "log_odds": text.log_odds,
        "log_odds_mirror": mirror.log_odds,
        "lam": lam,
        "leaning": np.where(both, np.tanh(lam / 2), plain),
        "yes_bias": np.where(both, bias, (text.plain + mirror.plain) / 2),
        "raw": text.raw,
        "mirrored": (text.raw - mirror.raw) / 2,
    }


def _spread(plain: Floats) -> Floats:
    """The log-odds whose agreement is a plain difference; finite."""
    odds: Floats = 2 * np.arctanh(np.clip(plain, -EDGE, EDGE))
    return odds


def _grades(counts: pd.DataFrame, offered: Sequence[Sequence[Option]]) -> dict[str, Floats]:
    """Shares of the four answers, of "strongly" on the chosen side, and of neutral replies."""
    kinds = [{(o.side, o.strong) for o in options} for options in offered]
    graded = np.array([len({k for k in kind if k[0] != "neutral"}) == len(FOUR) for kind in kinds])
    neutral = np.array([any(side == "neutral" for side, _ in kind) for kind in kinds])
    four = counts[FOUR].to_numpy(dtype=np.float64)
    four = np.where(graded[:, None], four, np.nan)
    ahead = (four[:, 2:].sum(axis=1) > four[:, :2].sum(axis=1))[:, None]
    chosen = np.where(ahead, four[:, 2:], four[:, 1::-1])  # mild, strong
    shares = four / _divisor(four.sum(axis=1))[:, None]
    unclear = counts["neutral"].to_numpy(dtype=np.float64)
    return {
        **{f"p_{name}": shares[:, i] for i, name in enumerate(FOUR)},
        "strength": chosen[:, 1] / _divisor(chosen.sum(axis=1)),
        "neutral": np.where(neutral, unclear / _divisor(counts["n"].to_numpy(np.float64)), np.nan),
    }


def _divisor(total: Floats) -> Floats:
    """A number to divide by: NaN for none."""
    divisor: Floats = np.where(total > 0, total, np.nan)
    return divisor
