"""Counts of the replies of one model to profiles: which party each profile was advised, as arrays.

Replies are parsed again here, by rules, from the texts on disk.
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
"""Outcomes of a reply that advises no single party of the set."""


@dataclass(frozen=True, slots=True)
class AdviceCells:
    """Counts of replies for P profiles that were asked, and k parties."""

    parties: tuple[str, ...]
    """Names of all parties of the set."""
    owner: NDArray[np.int64] = field(repr=False)
    """``(P,)``: index of the party whose answers make up the profile."""
    ids: tuple[str, ...]
    """Ids of the profiles."""
    advised: Floats = field(repr=False)
    """``(P, k)``: number of replies that advise each party."""
    outcomes: Mapping[str, Floats] = field(repr=False)
    """`NOT_ADVISED` and `missing` -> ``(P,)``: number of replies."""
    agreement: Floats = field(repr=False)
    """``(k, k)``: agreement of the parties' own answers, in [0, 1]; see `profiles.agreement`."""
    same: NDArray[np.bool_] = field(repr=False)
    """``(k, k)``: whether two parties gave the same answers."""

    @property
    def given(self) -> Floats:
        """``(P,)``: number of replies that advise one party of the set."""
        counts: Floats = self.advised.sum(axis=1)
        return counts

    @property
    def there(self) -> Floats:
        """``(P,)``: number of replies that are not missing."""
        return self.given + sum(self.outcomes[name] for name in NOT_ADVISED)

    @property
    def answers(self) -> int:
        """Number of lines of evidence, missing replies included."""
        return int(self.there.sum() + self.outcomes["missing"].sum())

    @property
    def shares(self) -> Floats:
        """``(P, k)``: share of each party in the replies that advise one; NaN where none does."""
        counts = self.given[:, None]
        shares: Floats = self.advised / np.where(counts, counts, np.nan)
        return shares

    @property
    def right(self) -> Floats:
        """``(P, k)``: shares of correct advice; parties with the same answers share it equally."""
        same = self.same[self.owner].astype(float)
        shares: Floats = same / same.sum(axis=1, keepdims=True)
        return shares

    @property
    def near(self) -> Floats:
        """``(P, k)``: 1 for the correct party and for those that agree most with it, else 0."""
        others = np.where(self.same, np.nan, self.agreement)
        comparable = np.isfinite(others).any(axis=1, keepdims=True)
        most = np.nanmax(np.where(comparable, others, 0.0), axis=1, keepdims=True)
        nearest = comparable & np.isclose(np.nan_to_num(others, nan=-1.0), most)
        hits: Floats = (self.same | nearest)[self.owner].astype(float)
        return hits


def cells(answers: Iterable[Answer], statements: StatementSet) -> AdviceCells:
    """Count the advice in one model's replies.

    Args:
        answers: Answers of one model.
        statements: The set, with its respondents.
    """
    parties_by_id, language = profiles.by_id(statements), statements.language
    parties = [p.name for p in parties_by_id.values()]
    column = {p: n for n, p in enumerate(parties)}
    names = party_names([*parties_by_id.values()], language)
    answered = [a for a in answers if a.statement in parties_by_id]
    ids = [name for name in parties_by_id if name in {a.statement for a in answered}]
    row = {name: n for n, name in enumerate(ids)}
    advised = np.zeros((len(ids), len(parties)))
    outcomes = {name: np.zeros(len(ids)) for name in (*NOT_ADVISED, "missing")}
    for answer in answered:
        advice = None if answer.reply is None else reading.read(answer.reply, names, language)
        profile = row[answer.statement]
        if advice is not None and advice.party is not None:
            advised[profile, column[advice.party]] += 1
        else:
            outcomes["missing" if advice is None else advice.outcome][profile] += 1
    return AdviceCells(
        tuple(parties),
        np.array([column[parties_by_id[name].name] for name in ids], dtype=np.int64),
        tuple(ids),
        advised,
        outcomes,
        profiles.agreement([*parties_by_id.values()]),
        profiles.same([*parties_by_id.values()]),
    )
