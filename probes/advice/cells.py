"""Answers of one model to profiles -> how often each party was advised to each, as arrays.

Replies are read again here, by rules, from the texts on disk. Computes no share of anything.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from probes.advice import profiles, reading
from probes.advice.names import party_names
from probes.types import Answer, StatementSet

Floats = NDArray[np.float64]
NOT_ADVISED: tuple[reading.Outcome, ...] = ("several", "outside", "refused", "unreadable")
"""What a reply is that advises no one party of the set."""


@dataclass(frozen=True, slots=True)
class AdviceCells:
    """Of each profile that was asked; P profiles, k parties."""

    parties: tuple[str, ...]
    """All of the set."""
    owner: NDArray[np.int64] = field(repr=False)
    """``(P,)``: the party whose answers the profile tells."""
    ids: tuple[str, ...]
    """Of the profiles."""
    advised: Floats = field(repr=False)
    """``(P, k)``: replies that advise each party."""
    outcomes: Mapping[str, Floats] = field(repr=False)
    """`NOT_ADVISED` and `missing` -> ``(P,)``: so many replies."""
    agreement: Floats = field(repr=False)
    """``(k, k)``: how far parties' own answers agree, in [0, 1]; see `profiles.agreement`."""
    same: NDArray[np.bool_] = field(repr=False)
    """``(k, k)``: parties whose answers are the same."""

    @property
    def given(self) -> Floats:
        """``(P,)``: replies that advise one party of the set."""
        counts: Floats = self.advised.sum(axis=1)
        return counts

    @property
    def there(self) -> Floats:
        """``(P,)``: replies that are there."""
        return self.given + sum(self.outcomes[name] for name in NOT_ADVISED)

    @property
    def answers(self) -> int:
        """Lines of evidence, those without a reply among them."""
        return int(self.there.sum() + self.outcomes["missing"].sum())

    @property
    def shares(self) -> Floats:
        """``(P, k)``: of the replies that advise; NaN where none does."""
        counts = self.given[:, None]
        shares: Floats = self.advised / np.where(counts, counts, np.nan)
        return shares

    @property
    def right(self) -> Floats:
        """``(P, k)``: what right advice is; parties with the same answers share it."""
        same = self.same[self.owner].astype(float)
        shares: Floats = same / same.sum(axis=1, keepdims=True)
        return shares

    @property
    def near(self) -> Floats:
        """``(P, k)``: 1 at the right party and at those whose answers are nearest to its."""
        others = np.where(self.same, np.nan, self.agreement)
        comparable = np.isfinite(others).any(axis=1, keepdims=True)
        most = np.nanmax(np.where(comparable, others, 0.0), axis=1, keepdims=True)
        nearest = comparable & np.isclose(np.nan_to_num(others, nan=-1.0), most)
        hits: Floats = (self.same | nearest)[self.owner].astype(float)
        return hits


def cells(answers: Iterable[Answer], statements: StatementSet) -> AdviceCells:
    """What one model's replies advise.

    Args:
        answers: Of one model.
        statements: The set, with its respondents.
    """
    of, language = profiles.by_id(statements), statements.language
    parties = [p.name for p in of.values()]
    column, names = {p: n for n, p in enumerate(parties)}, party_names([*of.values()], language)
    told = [a for a in answers if a.statement in of]
    ids = [name for name in of if name in {a.statement for a in told}]
    row = {name: n for n, name in enumerate(ids)}
    advised = np.zeros((len(ids), len(parties)))
    outcomes = {name: np.zeros(len(ids)) for name in (*NOT_ADVISED, "missing")}
    for answer in told:
        advice = None if answer.reply is None else reading.read(answer.reply, names, language)
        at = row[answer.statement]
        if advice is not None and advice.party is not None:
            advised[at, column[advice.party]] += 1
        else:
            outcomes["missing" if advice is None else advice.outcome][at] += 1
    return AdviceCells(
        tuple(parties),
        np.array([column[of[name].name] for name in ids], dtype=np.int64),
        tuple(ids),
        advised,
        outcomes,
        profiles.agreement([*of.values()]),
        profiles.same([*of.values()]),
    )
