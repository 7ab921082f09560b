"""Positions of chance respondents, computed from the key: random, constant and mostly-yes answers.

Exact: no respondent is simulated. Also the effect of one changed answer, and statements without
effect. Positions of effects keys are *raw* (unmirrored) where the name says so; `recovery` has them
after mirrors and key-centring.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from probes.placement.interval import Floats
from probes.placement.table_key import TableItems
from probes.tables.reference import reference
from probes.types import Axis, StatementSet
from probes.validity.balance import pull
from probes.validity.findings import Finding, named

MOSTLY = 0.75
"""Share of statements that a mostly-yes respondent agrees with, whatever they say."""
OFF = 0.1
"""Maximum distance of a chance respondent from the centre, as a share of the scale."""
Known = Mapping[str, tuple[float, float]]
"""Kind of `reference.reference` -> (position, SD) on one axis."""


def points(of: StatementSet) -> Iterator[Finding]:
    """Findings on every axis with statements; then on statements with no or two axes."""
    table = of.scoring.kind == "table"
    respondents = reference(of, of.statements)
    for axis in of.axes:
        if any(pull(s, axis.name) for s in of.statements):
            rows = respondents[respondents["axis"] == axis.name]
            ends = zip(rows["position"].astype(float), rows["sd"].astype(float), strict=True)
            yield from (_table if table else _effects)(
                of, axis, dict(zip(rows["kind"], ends, strict=True))
            )
    if of.axes:
        yield from _axes_of_statements(of)


def _table(of: StatementSet, axis: Axis, respondents: Known) -> Iterator[Finding]:
    items = TableItems.of(of, axis.name)
    mean, sd = respondents["coin"]
    halves = (items.points[:, 2] - items.points[:, 1]) / 2
    mild = float(np.sqrt((halves**2).sum())) / items.divisor
    value = f"mean {mean:+.2f}, SD {sd:.2f}; never strongly: SD {mild:.2f}"
    numbers = {"mean": mean, "sd": sd, "sd_never_strongly": mild}
    ends = sorted(items.position(float(f(items.points, axis=1).sum())) for f in (np.min, np.max))
    yield _random_answers(of, axis, value, numbers | {"low": ends[0], "high": ends[1]})
    yes, no = (respondents[f"{how} to everything"][0] for how in ("agree", "disagree"))
    yield _mostly_yes(of, axis, MOSTLY * yes + (1 - MOSTLY) * no, "")
    yield _range(of, axis, ends[0], ends[1])
    moving = items.points[items.half > 0] / items.divisor
    yield _one_answer(axis, np.abs(moving[:, 2] - moving[:, 1]), "from disagree to agree")
    degrees = np.abs(np.concatenate([moving[:, 1] - moving[:, 0], moving[:, 3] - moving[:, 2]]))
    yield _one_answer(axis, degrees, "by strength alone")


def _effects(of: StatementSet, axis: Axis, respondents: Known) -> Iterator[Finding]:
    (mean, sd), (_, raw) = respondents["coin"], respondents["coin, raw"]
    numbers = {"mean": mean, "sd": sd, "sd_raw": raw, "low": -of.scale, "high": of.scale}
    value = f"mean {mean:+.2f}, SD {sd:.2f}; raw SD {raw:.2f}" if np.isfinite(sd) else ""
    if of.scoring.options and value:
        numbers["sd_options"] = raw * float(np.std(of.scoring.values))
        value += f", over its {len(of.scoring.values)} options {numbers['sd_options']:.2f}"
    yield _random_answers(of, axis, value, numbers)
    yes, _ = respondents["agree to everything, raw"]
    yield _mostly_yes(of, axis, (2 * MOSTLY - 1) * yes, " (raw)")
    if np.isfinite(mean):
        yield _range(of, axis, -of.scale, of.scale)
    weight = np.abs([s.effects[axis.name] for s in of.statements if s.effects.get(axis.name)])
    yield _one_answer(axis, 2 * of.scale * weight / weight.sum(), "from all no to all yes")


def _random_answers(of: StatementSet, axis: Axis, value: str, numbers: dict[str, float]) -> Finding:
    """Finding: exact mean and SD of random answers; `low` to `high` is the possible range."""
    name = f"random answers, {axis.name}"
    if not value:
        return Finding(
            name, value, "warn", "random answers cannot be placed: keyed one way", numbers
        )
    if abs(numbers["mean"]) > OFF * of.scale:
        sentence = "random answers do not land at the centre: read positions against this cloud"
        return Finding(name, value, "warn", sentence, numbers)
    low = max(numbers["low"], numbers["mean"] - 2 * numbers["sd"])
    high = min(numbers["high"], numbers["mean"] + 2 * numbers["sd"])
    sentence = (
        f"exact; who tosses a coin once a text lands in {low:+.2f} to {high:+.2f} in 19 of 20 cases"
    )
    return Finding(name, value, "ok", sentence, numbers)


def _mostly_yes(of: StatementSet, axis: Axis, position: float, how: str) -> Finding:
    """Finding: mean position of a respondent who agrees with three statements in four, unread."""
    name, value = f"three in four yes{how}, {axis.name}", f"{position:+.2f}"
    pole = axis.positive if position > 0 else axis.negative
    if abs(position) > OFF * of.scale:
        sentence = f"yes-saying alone reads as {pole}: look at yes-bias before believing positions"
        return Finding(name, value, "warn", sentence, {"position": position})
    return Finding(name, value, "ok", "yes-saying alone hardly moves it", {"position": position})


def _range(of: StatementSet, axis: Axis, low: float, high: float) -> Finding:
    name, value = f"attainable, {axis.name}", f"{low:+.2f} to {high:+.2f}"
    numbers = {"low": low, "high": high}
    if min(-low, high) < (1 - OFF) * of.scale or max(-low, high) > (1 + OFF) * of.scale:
        sentence = f"the scale runs to {of.scale:g} either way: positions mislead near the ends"
        return Finding(name, value, "warn", sentence, numbers)
    return Finding(name, value, "ok", "the whole scale can be reached", numbers)


def _one_answer(axis: Axis, moves: Floats, how: str) -> Finding:
    """Finding: change of a position by one changed answer."""
    least, most = float(moves.min()), float(moves.max())
    name = f"one answer {how}, {axis.name}"
    numbers = {"least": least, "most": most}
    return Finding(
        name, f"{least:.3f} to {most:.3f}", "ok", "points that a position moves", numbers
    )


def _axes_of_statements(of: StatementSet) -> Iterator[Finding]:
    axes = {s.id: sum(pull(s, a.name) != 0 for a in of.axes) for s in of.statements}
    none, several = [i for i, n in axes.items() if not n], [i for i, n in axes.items() if n > 1]
    if none:
        sentence = f"asked, and count for nothing: {named(none)}"
        yield Finding("on no axis", str(len(none)), "warn", sentence, {"statements": len(none)})
    else:
        yield Finding("on no axis", "0", "ok", "every statement counts", {"statements": 0})
    if several:
        sentence = "axes share statements, so that their positions go together by construction"
    else:
        sentence = "no statement counts for two axes"
    numbers = {"statements": float(len(several))}
    yield Finding("on several axes", str(len(several)), "ok", sentence, numbers)
