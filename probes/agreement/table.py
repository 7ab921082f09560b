"""The agreement table: one model's agreement with each statement in each wording.

Compares each statement with its mirror and averages over option orders; also yes-bias, blanks,
strength and mass. `log_odds` scores single answers. Values above 0 mean agreement with the text;
`placement` applies the key that relates it to axes, and centres sets without mirrors.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from probes.agreement.counts import counted_agreement
from probes.agreement.groups import group_means
from probes.agreement.log_odds import (
    FOUR,
    MEASURES,
    SEVERITY,
    AnswerLogOdds,
    odds,
    unseen_odds,
)
from probes.evidence.columns import AnswerColumns, AnswerPairs, Floats, Ints, Mask
from probes.types import Answer, Correction, Header, Recipe

COLUMNS = (
    *("model", "role", "statement", "wording", "log_odds", "log_odds_mirror", "leaning", "lam"),
    *("raw", "mirrored", "yes_bias", "blank_corrected", "blank_spread", "strength", "neutral"),
    *("mass", "status", "unanswered", "room", *FOUR),
)


def agreement(
    header: Header,
    answers: Iterable[Answer] | AnswerColumns,
    recipe: Recipe,
    correction: Correction | None = None,
) -> pd.DataFrame:
    """One row per statement (or control) and wording, in order of appearance in the evidence.

    Columns (NaN where missing; never filled in):
        log_odds, log_odds_mirror: ``L = ln P(agree side) - ln P(disagree side)`` of the statement
            and its mirror, averaged over repetitions and option orders, then over variants. A pair
            is compared in the orders in which both were answered, so that order bias cancels.
        lam, leaning, yes_bias: ``lambda = (L(s) - L(m)) / 2``, ``tanh(lambda / 2)`` and
            ``tanh((L(s) + L(m)) / 4)``, the last two in [-1, 1]. Empty without a mirror.
        raw, mirrored: ``a(s)`` and ``(a(s) - a(m)) / 2`` with ``a = tanh(L / 2)``.
        blank_corrected: `raw` after subtracting the blanks; empty where `blank_spread`, the
            standard deviation of L over fillers within an order, is above the protocol's threshold.
        strength, neutral: share of "strongly" within the chosen side, and of the neutral options;
            empty in wordings that do not offer them. mass: in [0, 1].
        status: `ok` if the statement, and its mirror if it has one, have finite scores; else the
            most severe status of its answers.
        unanswered: share of missing replies in a cell with some replies, in [0, 1]; for first-token
            scores, the share of probability that the backend did not report; 0 for other scores,
            where a pair is complete or missing. A missing variant counts as its share of the cell.
        room: the most that missing replies or unreported probability could add to one of the four
            answers, in units of their sum; empty where the four are not offered.
        p_sd, p_d, p_a, p_sa: shares of the statement's four answers, summing to 1, where offered.

    For replies without probabilities the columns are computed from counts
    (`counts.counted_agreement`), corrected for errors of the stance model if `correction` is given.
    """
    recipe = recipe.of(header.model)
    evidence = answers if isinstance(answers, AnswerColumns) else AnswerColumns.of(answers)
    if recipe.method == "reply":
        return counted_agreement(header, evidence, correction).reindex(columns=list(COLUMNS))
    rows = np.flatnonzero(~evidence.role.match("blank"))
    if not len(rows):
        return pd.DataFrame(columns=list(COLUMNS))
    pairs, scored = AnswerPairs.of(evidence, rows), odds(header, evidence).of(rows)
    values = _leanings(pairs, evidence.variant[rows], evidence.order[rows], scored)
    count = len(pairs.names["role"])
    worst, spread = np.zeros(count, np.int64), np.empty(count)
    np.maximum.at(worst, pairs.number, scored.severity)
    spread[pairs.number] = scored.blank_spread
    values["blank_corrected"][spread > recipe.thresholds.blank_spread] = np.nan
    status = np.where(values.pop("answered"), 0, worst.clip(min=1))
    unseen, answered_share = (
        group_means(_unseen_share(evidence)[rows], pairs.number),
        values.pop("answered_share"),
    )
    columns = {
        **pairs.names,
        **values,
        "model": header.model.name,
        "mass": group_means(evidence.mass[rows], pairs.number),
        "blank_spread": spread,
        "status": [SEVERITY[n] for n in status],
        "unanswered": np.where(answered_share < 1, 1 - answered_share * (1 - unseen), unseen),
    }
    return pd.DataFrame(columns, columns=list(COLUMNS))


def _unseen_share(answers: AnswerColumns) -> Floats:
    """``(answers,)``: unreported probability as a share of the total that options may have."""
    odds = unseen_odds(answers)
    share: Floats = odds / (1 + odds)
    return share


@dataclass(frozen=True, slots=True)
class _Sides:
    """Statement and mirror, averaged over option orders: one row per pair or variant of a pair."""

    text: Floats
    """``(rows, MEASURES)`` of the statement; `mirror` has the same shape."""
    mirror: Floats
    styles: Floats
    """``(rows, 2)``: strength and neutral, averaged over both texts."""
    paired: Mask
    """``(rows,)``: both texts were answered in some order."""
    answered: Mask
    """``(rows,)``: paired, or, without a mirror, answered in every order."""

    def averaged(self, group: Ints) -> Self:
        """The mean over the answered variants of each pair (over all if none was answered)."""
        keep = (self.answered | ~_any_in_group(self.answered, group)[group])[:, None]
        text, mirror = (
            group_means(np.where(keep, s, np.nan), group) for s in (self.text, self.mirror)
        )
        styles = group_means(self.styles, group)
        paired, answered = (_any_in_group(w, group) for w in (self.paired, self.answered))
        return type(self)(text, mirror, styles, paired, answered)


def _leanings(
    pairs: AnswerPairs, variants: Ints, orders: Ints, scored: AnswerLogOdds
) -> dict[str, Floats | Mask]:
    """Statement against mirror in each variant, averaged over variants: one value per pair."""
    count = variants.max() + 1
    version, versions = pd.factorize(pairs.number * count + variants)
    sides = _sides(version, pairs.mirrored, orders, scored)
    answered_share = np.ones(len(pairs.names["role"]))
    if len(versions) > len(answered_share):
        answered, group = sides.answered, versions // count
        sides = sides.averaged(group)
        answered_share = np.where(
            sides.answered, group_means(answered.astype(np.float64), group), 1.0
        )
    text, mirror = sides.text, sides.mirror
    return {
        **_of_pair(text[:, 0], np.where(sides.paired, mirror[:, 0], np.nan)),
        "log_odds_mirror": mirror[:, 0],
        "blank_corrected": np.tanh(text[:, 1] / 2),
        "strength": sides.styles[:, 0],
        "neutral": sides.styles[:, 1],
        **_fractions(text[:, 4:8], text[:, 8:]),
        "answered": sides.answered,
        "answered_share": answered_share,
    }


def _sides(number: Ints, mirrored: Mask, orders: Ints, scored: AnswerLogOdds) -> _Sides:
    """Statement and mirror in each order, averaged over orders: one row per number.

    A mirror cancels an order's bias if both were answered in that order. Without a mirror only the
    mean over all orders does, so one missing order makes the statement missing.
    """
    # Repetitions are averaged within an order, so that each order counts once.
    slot, slots = pd.factorize(number * (orders.max() + 1) + orders)
    pair = slots // (orders.max() + 1)
    cell, cells = pd.factorize(slot * 2 + mirrored)
    measures, slot_of, is_mirror = group_means(scored.measures, cell), cells // 2, cells % 2 == 1
    text, mirror = (np.full((len(slots), len(MEASURES)), np.nan) for _ in range(2))
    text[slot_of[~is_mirror]], mirror[slot_of[is_mirror]] = (
        measures[~is_mirror],
        measures[is_mirror],
    )

    opposed = _any_in_group(is_mirror, pair[slot_of])[pair]
    shared = ~np.isnan(text[:, 0]) & ~np.isnan(mirror[:, 0])
    paired = _any_in_group(shared, pair)
    whole = ~_any_in_group(np.isnan(text[:, 0]), pair)[pair] & ~opposed
    counts = (shared | (opposed & ~paired[pair]) | whole)[:, None]
    text, mirror = (group_means(np.where(counts, side, np.nan), pair) for side in (text, mirror))
    styles = group_means(measures[:, 2:4], pair[slot_of])
    return _Sides(text, mirror, styles, paired, paired | _any_in_group(whole, pair))


def _of_pair(text: Floats, mirror: Floats) -> dict[str, Floats]:
    """The columns computed from L(s) and L(m); those that need both are NaN where one is."""
    lam = (text - mirror) / 2  # lambda = (L(s) - L(m)) / 2: an additive yes-bias cancels
    return {
        "log_odds": text,
        "lam": lam,
        "leaning": np.tanh(lam / 2),
        "yes_bias": np.tanh((text + mirror) / 4),
        "raw": np.tanh(text / 2),
        "mirrored": (np.tanh(text / 2) - np.tanh(mirror / 2)) / 2,
    }


def _fractions(logs: Floats, most: Floats) -> dict[str, Floats]:
    """Shares of the four answers from mean log-probabilities (a geometric mean over orders), and
    `room`: the most that unreported probability could add to one of them."""
    four, whole = np.exp(logs), np.exp(logs).sum(axis=1)
    shares = four / whole[:, None]
    room = (np.exp(most) - four).max(axis=1) / whole
    return {name: shares[:, n] for n, name in enumerate(FOUR)} | {"room": room}


def _any_in_group(which: Mask, group: Ints) -> Mask:
    """``(groups,)``: whether the mask is true for any row of each group."""
    any_of_group: Mask = np.bincount(group, which) > 0
    return any_of_group
