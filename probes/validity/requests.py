"""Checks of paired requests: are both sides asked for the same, by their texts? (docs/method.md 12)

The two requests of a pair should differ only in the side. Pairs that are unusable are refused when
the set is read (`instruments.requests`).
"""

from collections import Counter
from collections.abc import Iterator
from statistics import fmean

from probes.instruments.requests import KINDS, length
from probes.types import Axis, Statement, StatementSet
from probes.validity.findings import Finding, named

LONGER = 1.25
"""Ratio of the numbers of words of a pair's requests from which it is named, if also by `MORE`."""
MORE = 4
"""Difference of the numbers of words from which a pair is named, if also by the ratio `LONGER`."""
FRAME = 2
"""Number of words with which both requests of a pair should begin."""


def points(of: StatementSet) -> Iterator[Finding]:
    """Findings on kinds of text, lengths, and beginnings of the requests."""
    yield _kinds(of)
    for axis in of.axes:
        yield _lengths(of, axis)
    uneven = [pair.id for pair in of.statements if _is_uneven(pair)]
    yield _named(
        "halves, length",
        uneven,
        f"one half is more than {LONGER:g} times as long as the other, which asks for less",
        "the halves of every pair are about equally long",
    )
    foreign = [pair.id for pair in of.statements if not _share_frame(pair)]
    yield _named(
        "halves, frame",
        foreign,
        "the halves begin otherwise, so that they may ask for two things",
        "the halves of every pair begin in the same words",
    )


def _kinds(of: StatementSet) -> Finding:
    """Whether each kind of text is asked for with claims of both poles."""
    counts = Counter(pair.tags["request"] for pair in of.statements)
    value = ", ".join(f"{kind} {counts[kind]}" for kind in KINDS if counts[kind])
    numbers: dict[str, float] = {kind: float(counts[kind]) for kind in KINDS}
    if len([kind for kind in KINDS if counts[kind]]) < 2:
        sentence = "one kind of text alone: what is found is about that kind"
        return Finding("kinds", value, "warn", sentence, numbers)
    return Finding("kinds", value, "ok", "several kinds of text are asked for", numbers)


def _lengths(of: StatementSet, axis: Axis) -> Finding:
    """Mean number of words of the requests for either pole."""
    gaps = [
        (length(pair.text) - length(pair.mirror or "")) * pair.effects[axis.name]
        for pair in of.statements
        if axis.name in pair.effects
    ]
    mean = fmean(gaps) if gaps else 0.0
    value = f"{mean:+.2f} words towards {axis.positive}"
    if abs(mean) >= 1:
        sentence = "requests for one pole are longer by a word or more on average"
        return Finding(f"length, {axis.name}", value, "warn", sentence, {"gap": mean})
    return Finding(f"length, {axis.name}", value, "ok", "both poles are asked alike", {"gap": mean})


def _named(name: str, names: list[str], fault: str, fine: str) -> Finding:
    numbers = {"pairs": float(len(names))}
    if names:
        return Finding(name, str(len(names)), "warn", f"{fault}: {named(names)}", numbers)
    return Finding(name, "0", "ok", fine, numbers)


def _is_uneven(pair: Statement) -> bool:
    short, long = sorted((length(pair.text), length(pair.mirror or "")))
    return long > LONGER * short and long >= short + MORE


def _share_frame(pair: Statement) -> bool:
    halves = [text.casefold().split()[:FRAME] for text in (pair.text, pair.mirror or "")]
    spaced = all(len(text.split()) > FRAME for text in (pair.text, pair.mirror or ""))
    return not spaced or halves[0] == halves[1]
