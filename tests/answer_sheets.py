"""Answer sheets: a test filled in once, scored exactly as its home scores it.

Pure arithmetic on a key, for replies of people or models that chose one option an item. What a
language model's probabilities say is no matter of this module (see `placement`): here are neither
wordings nor intervals, only bounds over what was not answered.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from math import isfinite, nan

from probes.errors import UsageError
from probes.tablekey import AGREE, Items, sheet
from probes.types import Missing, Scoring, Statement, StatementSet

FEWEST = 0.8
"""Least share of answered items from which a position may be claimed (METHOD 4)."""
EXACT = 9
"""Digits that arithmetic in binary keeps: 0.125 is a half, be it off in the fifteenth."""
Ends = tuple[float, float, float]
"""Position, minimum, maximum."""
Pair = tuple[Statement, int | None]


@dataclass(frozen=True, slots=True)
class Scored:
    """One axis of one answer sheet, as numbers of the instrument's home; not rounded."""

    axis: str
    position: float
    """NaN under an effects key if no item of the axis was answered."""
    minimum: float
    maximum: float
    """Over all answers that the missing ones could have been."""
    asked: int
    """Items that have a weight or points on the axis."""
    answered: int
    decimals: int
    reason: str = ""
    """What must be said beside it; empty for a complete sheet scored honestly."""

    @property
    def printed(self) -> str:
        """The position as the home prints it, trailing zeros included."""
        return rounded(self.position, self.decimals)


def score(
    statements: StatementSet, answers: Sequence[int | None], missing: Missing = "honest"
) -> tuple[Scored, ...]:
    """Every axis of a sheet, in the set's order.

    Args:
        statements: The instrument; texts are not looked at, so an outline (`sets.outline`) will do.
        answers: An answer an item, in the set's order: the option's number from disagreement up
            (0 to 3 under a table key, 0 to 4 for 8values and SapplyValues); None where missing.
        missing: "honest": under an effects key a missing item counts in neither sum nor maximum;
            under a table key it stands half way between the two mild answers. "legacy-agree": it
            counts as plain agreement, and `reason` says so. Bounds are the same.

    Raises:
        UsageError: there are more or fewer answers than items, or one is no option's number.
    """
    pairs = list(_pairs(statements, answers))
    return tuple(_scored(statements, axis.name, pairs, missing) for axis in statements.axes)


def rounded(value: float, decimals: int) -> str:
    """A number as sites print it, halves away from zero; empty if there is none."""
    if not isfinite(value):
        return ""
    exact = Decimal(f"{value:.{EXACT}f}")
    return str(exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP) + 0)  # + 0: no -0.0


def _pairs(statements: StatementSet, answers: Sequence[int | None]) -> Iterator[Pair]:
    """Items with their answers, both as they should be."""
    count, scoring = len(statements.statements), statements.scoring
    if len(answers) != count:
        raise UsageError(f"a sheet of {statements.name} has {count} answers, not {len(answers)}")
    most = 3 if scoring.kind == "table" else len(scoring.values) - 1
    for number, (item, given) in enumerate(zip(statements.statements, answers, strict=True), 1):
        if given is not None and given not in range(most + 1):
            raise UsageError(f"answer {number} ({item.id}): should be 0 to {most}, not {given!r}")
        yield item, given


def _scored(statements: StatementSet, axis: str, pairs: Sequence[Pair], missing: Missing) -> Scored:
    scoring = statements.scoring
    if scoring.kind == "table":
        pairs = [(item, given) for item, given in pairs if axis in item.table]
        ends = _by_table(Items.of(statements, axis), [given for _, given in pairs], missing)
    else:
        pairs = [(item, given) for item, given in pairs if item.effects.get(axis)]
        weighed = [(item.effects[axis], given) for item, given in pairs]
        found = _by_effects(scoring, weighed, missing)
        position, low, high = (scoring.centre + statements.scale * mean for mean in found)
        ends = position, low, high
    answered = sum(given is not None for _, given in pairs)
    reason = "; ".join(_reasons(answered, len(pairs), missing))
    return Scored(axis, *ends, len(pairs), answered, scoring.decimals, reason)


def _by_table(items: Items, answers: Sequence[int | None], missing: Missing) -> Ends:
    """(sum of points + constant) / divisor."""
    position, low, high = sheet(items, answers)
    if missing == "legacy-agree":
        position, *_ = sheet(items, [AGREE if given is None else given for given in answers])
    return position, low, high


def _by_effects(
    scoring: Scoring, weighed: Sequence[tuple[float, int | None]], missing: Missing
) -> Ends:
    """Sum of weight x answer over the largest sum that can be attained, each in [-1, 1]."""
    values, whole = scoring.values, sum(abs(weight) for weight, _ in weighed)
    total = sum(weight * values[given] for weight, given in weighed if given is not None)
    open_ = [weight for weight, given in weighed if given is None]
    reached = whole - sum(map(abs, open_))
    if missing == "legacy-agree":
        position = (total + scoring.agree * sum(open_)) / whole if whole else nan
    else:
        position = total / reached if reached else nan
    if not whole:
        return nan, nan, nan
    worst, best = (
        total + sum(end(weight * values[0], weight * values[-1]) for weight in open_)
        for end in (min, max)
    )
    return position, worst / whole, best / whole


def _reasons(answered: int, asked: int, missing: Missing) -> Iterator[str]:
    """What a position with missing answers must be read with."""
    if answered < FEWEST * asked:
        least = f"{100 * FEWEST:g} %"
        yield f"not placed: {answered} of {asked} items were answered, fewer than {least}"
    if missing == "legacy-agree":
        yield f"legacy-agree: {asked - answered} missing answers count as agreement"
