"""Description of the people that models are compared with, as a caption in translatable parts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import pandas as pd

from probes.people.moments import correlation, effective
from probes.people.people_table import NAMED_FILES, PeopleAbout
from probes.phrases import Saying, phrase
from probes.referents.disclosure import LEAST
from probes.referents.groups import LeftOut

Pair = Mapping[str, object]
"""Correlation of two axes: keys ``first``, ``second``, ``r`` (None if unknown)."""
CENTRED = phrase("key-centred on the {axis} axis, whose keys are uneven")
MOST_PAIRS = 3
"""Most correlations that are listed; of more, only minimum and maximum are given."""


@dataclass(frozen=True, slots=True)
class Whose:
    """Summary of the people in a comparison, and of the groups left out; nothing on individuals."""

    n: int
    weighted: bool
    files: int
    source: tuple[str, ...]
    """Names of the files of answers; empty if there are more than two."""
    who: str = ""
    when: str = ""
    few: int = 0
    """Number of groups with fewer than ten people, which are not shown."""
    hidden: int = 0
    """Number of larger groups that are not shown, as they would disclose single people."""
    uncounted: bool = False
    """Whether people outside the groups are left out, because they are too few."""
    together: tuple[Pair, ...] = field(default=(), hash=False)
    centred: tuple[str, ...] = ()
    """Axes with unbalanced keys, on which people's positions are key-centred."""

    def parts(self) -> tuple[Saying, ...]:
        """The parts of the caption, in order."""
        who = self.who or Saying(phrase("unnamed people"))
        when = self.when or Saying(phrase("date unknown"))
        weights = Saying(phrase("weighted") if self.weighted else phrase("no weights"))
        files: object = ", ".join(self.source)
        if self.files > NAMED_FILES:
            files = Saying(phrase("{n} files"), {"n": f"{self.files:,}"})
        return (
            Saying("{who}, {when}", {"who": who, "when": when}),
            Saying("n = {n}, {weights}", {"n": f"{self.n:,}", "weights": weights}),
            Saying("{files}", {"files": files}),
            *self._left_out(),
            *together(self.together),
            *(Saying(CENTRED, {"axis": Saying(axis)}) for axis in self.centred),
        )

    def _left_out(self) -> Iterator[Saying]:
        if self.few:
            one = phrase("{n} group of fewer than 10 left out")
            many = phrase("{n} groups of fewer than 10 left out")
            yield Saying(one if self.few == 1 else many, {"n": self.few})
        if self.hidden:
            one = phrase("{n} group left out in which single people would show")
            many = phrase("{n} groups left out in which single people would show")
            yield Saying(one if self.hidden == 1 else many, {"n": self.hidden})
        if self.uncounted:
            yield Saying(phrase("the few people outside of the groups shown are not counted"))


def whose(about: PeopleAbout, pairs: Sequence[Pair], left: LeftOut, *, uncounted: bool) -> Whose:
    """Build the description.

    Args:
        about: Source and size of the sample of people.
        pairs: Correlations of the run's axes.
        left: Groups that are left out.
        uncounted: Whether people outside the groups are left out, too.
    """
    files = len(about.source)
    return Whose(
        about.n,
        about.weighted,
        files,
        about.source if files <= NAMED_FILES else (),
        about.who,
        about.when,
        left.few,
        left.hidden,
        uncounted,
        tuple(pairs),
    )


def told_by(about: PeopleAbout, axes: Sequence[str]) -> list[Pair]:
    """Correlations of the axes among all people."""
    return [
        _as_pair(str(row["first"]), str(row["second"]), row.get("r"))
        for row in about.correlations
        if row.get("people") == "all" and row.get("first") in axes and row.get("second") in axes
    ]


def together_of(positions: pd.DataFrame, axes: Sequence[str]) -> list[Pair]:
    """Correlations of the axes from rows of positions; unknown if few people have both."""
    pairs = []
    for first, second in combinations([axis for axis in axes if axis in set(positions["axis"])], 2):
        x, y = (positions[positions["axis"] == axis] for axis in (first, second))
        both = x.merge(y[["person", "position"]], "inner", "person").dropna(
            subset=["position_x", "position_y"]
        )
        at = (both[name].to_numpy(np.float64) for name in ("position_x", "position_y", "weight"))
        r = correlation(*at)[0] if effective(both["weight"].to_numpy(np.float64)) >= LEAST else None
        pairs.append(_as_pair(first, second, r))
    return pairs


def _as_pair(first: str, second: str, r: object) -> Pair:
    """A correlation, rounded to two digits."""
    finite = isinstance(r, float | int) and bool(np.isfinite(r))
    return {"first": first, "second": second, "r": round(float(str(r)), 2) if finite else None}


def together(pairs: Sequence[Pair]) -> list[Saying]:
    """The caption's parts about correlations; empty for a single axis."""
    if len(pairs) <= MOST_PAIRS:
        return [_pair(pair) for pair in pairs]
    numbers = [float(str(pair["r"])) for pair in pairs if pair["r"] is not None]
    if not numbers:
        return [Saying(phrase("how the axes correlate among them is unknown"))]
    ends = {"low": f"{min(numbers):.2f}", "high": f"{max(numbers):.2f}"}
    return [Saying(phrase("the axes correlate at {low} to {high} among them"), ends)]


def _pair(pair: Pair) -> Saying:
    names = {name: Saying(str(pair[name])) for name in ("first", "second")}
    if pair["r"] is None:
        return Saying(phrase("how {first} and {second} correlate among them is unknown"), names)
    r = f"{float(str(pair['r'])):.2f}"
    return Saying(phrase("{first} and {second} correlate at {r} among them"), {**names, "r": r})


def written(parts: Sequence[Saying]) -> str:
    """The parts as one line, in the current language."""
    return "; ".join(map(str, parts))
