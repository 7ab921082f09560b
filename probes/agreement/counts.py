"""Agreement from replies without probabilities: counts of the chosen options over repetitions.

The log-odds of counts are bounded by the number of replies. So yes-bias is removed from the shares
instead, estimated from all pairs of a wording (docs/method.md 3), by one rule for any number of
replies. The four answers of a table key are the shares of the chosen options.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from probes.agreement.log_odds import SEVERITY, severities
from probes.errors import RunError
from probes.evidence.columns import AnswerColumns, AnswerPairs, Floats, Ints, Mask
from probes.replies.stance import OPTIONS
from probes.types import Correction, Header, Option

EDGE = 0.9999
"""Largest absolute leaning that is turned into log-odds: those of 1 are infinite."""
POOLED = 10
"""Replies of a pair, beyond the first, at which its own q weighs as much as the wording's mean."""
FOUR = ["sd", "d", "a", "sa"]
COUNTS = ["n", "agree", "disagree", "neutral", *FOUR]


def counted_agreement(
    header: Header, answers: AnswerColumns, correction: Correction | None = None
) -> pd.DataFrame:
    """One row per statement and wording, with the columns of `table.agreement`.

    Repetitions, option orders and variants are pooled. Columns that need probabilities are left
    out. A correction is applied to judged stances, not to options that a reply names itself.

    Raises:
        RunError: an answer chose an option that its wording does not offer.
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
    judged = [n for n, options in header.wordings.items() if options == OPTIONS]
    correctable = rows["wording"].isin(judged).to_numpy() & (correction is not None)
    (text, n), (mirror, m) = (shares(side, correctable, correction) for side in sides)
    wording, _ = pd.factorize(rows["wording"])
    error = np.where(correctable, correction.error if correction else 0.0, 0.0)
    rows = rows.assign(**pair_leanings(text, mirror, np.minimum(n, m), wording, error))
    rows = rows.assign(log_odds=_log_odds(text, n), log_odds_mirror=_log_odds(mirror, m))
    offered = [header.wordings[name] for name in rows["wording"]]
    rows = rows.assign(**_grades(sides[0], text, offered, correctable))
    replies = counts["n"].groupby(pairs.number)
    rows["unanswered"] = 1 - replies.sum() / replies.size()
    rows["room"] = rows["unanswered"] / _divisor(1 - rows["unanswered"].to_numpy(np.float64))
    opposed = pd.Series(pairs.mirrored).groupby(pairs.number).any()
    ok = rows["log_odds"].notna() & (rows["lam"].notna() | ~opposed)
    worst = pd.Series(severity).groupby(pairs.number).max().clip(lower=1)
    rows["status"] = np.where(ok, "ok", np.array(SEVERITY)[worst])
    return rows.assign(model=header.model.name)


def _counted(header: Header, answers: AnswerColumns) -> pd.DataFrame:
    """One row per answer, with `COUNTS` of 0 or 1."""
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


def shares(
    counts: pd.DataFrame, correctable: Mask, correction: Correction | None
) -> tuple[Floats, Floats]:
    """Share that agrees, half of the neutral replies included, and number of replies; NaN for none.

    Judged replies are corrected for the stance model's errors (Rogan & Gladen 1978): among those
    that take a side, the share that agrees is (share + d - 1) / (a + d - 1), with a and d the
    recall of agree and disagree. It may be outside [0, 1]: clipping single cells would bias means.
    """
    n, agree, disagree = (counts[name].to_numpy(np.float64) for name in ("n", "agree", "disagree"))
    n, sided = np.where(n > 0, n, np.nan), agree + disagree
    if correction is not None:
        share = agree / _divisor(sided)
        true = (share + correction.disagree - 1) / (correction.agree + correction.disagree - 1)
        agree = np.where(correctable & (sided > 0), true * sided, agree)
    return (agree + (n - sided) / 2) / n, n


def pair_leanings(
    text: Floats, mirror: Floats, n: Floats, wording: Ints, error: Floats
) -> dict[str, Floats]:
    """Leanings of pairs of statement and mirror, without the wordings' yes-bias (docs/method.md 3).

    Args:
        text: ``(rows,)`` share of replies that agree with the statement; NaN where there are none.
        mirror: ``(rows,)`` share of replies that agree with its mirror.
        n: ``(rows,)`` number of replies: the smaller of the two.
        wording: ``(rows,)`` code of the wording.
        error: ``(rows,)`` error of the shares from the correction (`Correction.error`).
    """
    raw, raw_mirror = 2 * text - 1, 2 * mirror - 1
    bias, divisor = np.full(len(text), np.nan), np.full(len(text), np.nan)
    for number in range(wording.max() + 1):
        rows = np.flatnonzero((wording == number) & np.isfinite(n))
        if len(rows):
            bias[rows], divisor[rows] = _bias(
                (text[rows], mirror[rows]), n[rows], float(error[rows[0]])
            )
    leaning = (text - mirror) / divisor
    return {
        "lam": 2 * np.arctanh(np.clip(leaning, -EDGE, EDGE)),
        "leaning": leaning,
        "yes_bias": np.tanh(bias / 2),
        "raw": raw,
        "mirrored": (raw - raw_mirror) / 2,
    }


def _bias(pairs: tuple[Floats, Floats], n: Floats, error: float) -> tuple[float, Floats]:
    """Yes-bias b of a wording, in log-odds, and the divisor q of each of its answered pairs.

    Two equal answers to a pair identify b whatever its leaning: ``p_s p_m / ((1 - p_s)(1 - p_m))``
    is ``e^2b`` in each pair, pooled over pairs as strata (Mantel & Haenszel 1959). `error` bounds
    the pooled products away from 0, as shares are known no better.
    """
    text, mirror = pairs
    yes, no = text * mirror, (1 - text) * (1 - mirror)
    least = 0.5 + error * float(n.sum())
    pooled = [max(float(n.mean() * both.sum()), 0.0) + least for both in (yes, no)]
    b = float(np.log(pooled[0] / pooled[1])) / 2
    least = 1 / np.cosh(b)
    own = np.clip(1 - (yes + no) * (1 - least), least, 1.0)
    q: Floats = ((n - 1) * own + POOLED * own.mean()) / (n - 1 + POOLED)
    return b, q


def _log_odds(share: Floats, n: Floats) -> Floats:
    """L = ln((k + 1/2) / (n - k + 1/2)): bounded by n, so used for tests and not for positions."""
    share = np.clip(share, 0.0, 1.0)
    odds: Floats = np.log((n * share + 0.5) / (n * (1 - share) + 0.5))
    return odds


def _grades(
    counts: pd.DataFrame, share: Floats, offered: Sequence[Sequence[Option]], correctable: Mask
) -> dict[str, Floats]:
    """Shares of the four answers, of "strongly" within the chosen side, and of neutral replies.

    Where stances were corrected, each side has its corrected share, and "strongly" keeps its
    fraction of it; a side without replies has no strong answers.
    """
    kinds = [{(o.side, o.strong) for o in options} for options in offered]
    graded = np.array([len({k for k in kind if k[0] != "neutral"}) == len(FOUR) for kind in kinds])
    neutral = np.array([any(side == "neutral" for side, _ in kind) for kind in kinds])
    four = counts[FOUR].to_numpy(dtype=np.float64)
    sides = np.stack([four[:, :2].sum(axis=1), four[:, 2:].sum(axis=1)], axis=1)
    shares = four / _divisor(four.sum(axis=1))[:, None]
    strong = np.nan_to_num(four[:, [0, 3]] / _divisor(sides))
    up = np.stack([1 - share, share], axis=1)
    corrected = np.stack([up * strong, up * (1 - strong)], axis=2)  # side, strong or mild
    corrected = corrected.reshape(-1, 4)[:, [0, 1, 3, 2]]
    shares = np.where(correctable[:, None], corrected, shares)
    shares = np.where(graded[:, None], shares, np.nan)
    ahead = shares[:, 2:].sum(axis=1) > shares[:, :2].sum(axis=1)
    unclear = counts["neutral"].to_numpy(dtype=np.float64)
    return {
        **{f"p_{name}": shares[:, i] for i, name in enumerate(FOUR)},
        "strength": np.where(graded, np.where(ahead, *_parts(four)), np.nan),
        "neutral": np.where(neutral, unclear / _divisor(counts["n"].to_numpy(np.float64)), np.nan),
    }


def _parts(four: Floats) -> tuple[Floats, Floats]:
    """Fraction of "strongly" within agreement, and within disagreement; NaN for no replies."""
    agree, disagree = four[:, 2:].sum(axis=1), four[:, :2].sum(axis=1)
    return four[:, 3] / _divisor(agree), four[:, 0] / _divisor(disagree)


def _divisor(total: Floats) -> Floats:
    """The totals as divisors: NaN in place of 0."""
    divisor: Floats = np.where(total > 0, total, np.nan)
    return divisor
