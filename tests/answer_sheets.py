"""Independent scoring of answer sheets, for comparison with the positions of the package.

Plain sums over a set's key, without the package's scoring code.
"""

from collections.abc import Sequence

from probes.types import Statement, StatementSet

Ends = tuple[float, float, float]
"""Position, minimum, maximum."""


def score(
    statements: StatementSet, answers: Sequence[int | None], missing: str = "honest"
) -> dict[str, Ends]:
    """Axis -> position and bounds of one sheet, on the scale of the original test; not rounded.

    A missing answer counts as the mean of the two mild ones for a table key, and in neither sum nor
    maximum for an effects key; with "legacy-agree" it counts as agreement. The bounds are over all
    possible values of missing answers.
    """
    positions = {}
    for axis in (a.name for a in statements.axes):
        items = list(zip(statements.statements, answers, strict=True))
        items = [(s, a) for s, a in items if axis in s.table or s.effects.get(axis)]
        if statements.scoring.kind == "table":
            positions[axis] = _by_table(statements, axis, items, missing)
        else:
            positions[axis] = _by_effects(statements, axis, items, missing)
    return positions


def _by_table(
    statements: StatementSet, axis: str, items: Sequence[tuple[Statement, int | None]], missing: str
) -> Ends:
    totals = [statements.scoring.constant.get(axis, 0.0)] * 3
    for statement, answer in items:
        points = statement.table[axis]
        mild = points[2] if missing == "legacy-agree" else (points[1] + points[2]) / 2
        counted = (mild, min(points), max(points)) if answer is None else (points[answer],) * 3
        totals = [total + value for total, value in zip(totals, counted, strict=True)]
    position, low, high = (total / statements.scoring.divisor.get(axis, 1.0) for total in totals)
    return position, low, high


def _by_effects(
    statements: StatementSet, axis: str, items: Sequence[tuple[Statement, int | None]], missing: str
) -> Ends:
    counts = list(statements.scoring.options.values())
    whole = sum(abs(s.effects[axis]) for s, _ in items)
    open_ = [abs(s.effects[axis]) for s, a in items if a is None]
    total = sum(s.effects[axis] * counts[a] for s, a in items if a is not None)
    if missing == "legacy-agree":
        agreed = total + sum(s.effects[axis] * counts[-2] for s, a in items if a is None)
        mean = agreed / whole
    else:
        mean = total / (whole - sum(open_)) if whole > sum(open_) else float("nan")
    ends = (mean, (total - sum(open_)) / whole, (total + sum(open_)) / whole)
    position, low, high = (statements.scoring.centre + statements.scale * end for end in ends)
    return position, low, high
