"""Tables about the key and the texts of a statement set (docs/method.md 5.2 to 5.4).

Balance of the key, similarity of the poles' texts, faults of mirrors, duplicate texts, and tags
confounded with keying. The tables hold no judgement; `check` makes sentences with verdicts. Asks no
model, and uses no data of people.
"""

from collections.abc import Callable
from itertools import combinations
from math import copysign, inf, isnan, nan, sqrt
from statistics import fmean, stdev, variance

import pandas as pd

from probes.types import MIRRORED, Axis, Statement, StatementSet
from probes.validity import texts

LARGEST_D = 0.2
"""Standardised difference between the texts of two poles from which `check` warns (docs/method.md
5.3)."""
ONE = 1
"""Maximum difference in a sum over all texts of a pole that never warns: one word is no pattern."""
SHARED = 0.7
"""Maximum share of words that a mirror may have in common with its statement (docs/method.md
5.4)."""
NEAR = 0.8
"""Jaccard index of words from which two texts count as near-duplicates."""
TAG_GAP = 0.2
"""Maximum difference between the poles in the share of statements with a value of a tag."""

ALL = "(all)"
"""Value of `topic` in the axis' own row in `balance`."""


def pull(statement: Statement, axis: str) -> int:
    """Pole that agreement points to on an axis: 1 positive, -1 negative, 0 none.

    For a table key, the sign of the points for strongly agree less those for strongly disagree.
    """
    table = statement.table.get(axis)
    weight = table[3] - table[0] if table else statement.effects.get(axis, 0.0)
    return (weight > 0) - (weight < 0)


def balance(of: StatementSet) -> pd.DataFrame:
    """Composition of axes and topics: one row per axis (topic `ALL`), then per topic.

    Columns: axis, topic, statements, negative and positive (numbers of statements keyed to that
    pole), mild and strong (extremity 1 and 2), mirrored. Statements without a topic count in the
    axis' row only; statements not keyed on the axis do not count.
    """
    rows = []
    for axis in of.axes:
        keyed = _keyed(of, axis)
        topics = dict.fromkeys(s.topic for s, _ in keyed if s.topic is not None)
        groups = {ALL: keyed} | {t: [k for k in keyed if k[0].topic == t] for t in topics}
        for topic, group in groups.items():
            row = {
                "statements": len(group),
                "negative": sum(sign < 0 for _, sign in group),
                "positive": sum(sign > 0 for _, sign in group),
                "mild": sum(s.extremity == 1 for s, _ in group),
                "strong": sum(s.extremity == 2 for s, _ in group),
                "mirrored": sum(s.mirror is not None for s, _ in group),
            }
            rows.append({"axis": axis.name, "topic": topic} | row)
    return pd.DataFrame(rows)


def symmetry(of: StatementSet) -> pd.DataFrame:
    """Comparison of the texts keyed to one pole with those keyed to the other.

    One row per axis and measure: words (in languages with spaces); negations, sentiment, words of
    the state and of duty (in languages with lists of words); readability (Flesch-Kincaid, in
    English). Columns: axis, measure, negative and positive (means of the pole's texts), d, pairs,
    verdict. With two mirrored statements or more, d is the mean difference within these pairs
    (negative pole less positive) over its SD, and mirrors are among the texts. With fewer, pairs is
    0 and d is Cohen's between the statements of the two poles. NaN and no verdict: too few texts.
    """
    measures = _measures(of.language)
    rows = []
    for axis in of.axes:
        for name, measure in measures.items():
            low, high, pairs = _measured(_keyed(of, axis), measure)
            d = _d(low, high, paired=pairs > 0)
            apart = abs(_mean(low) - _mean(high)) * min(len(low), len(high))
            alike = abs(d) < LARGEST_D or apart <= ONE
            verdict = "" if isnan(d) else "ok" if alike else "warn"
            rows.append((axis.name, name, _mean(low), _mean(high), d, pairs, verdict))
    columns = ["axis", "measure", "negative", "positive", "d", "pairs", "verdict"]
    return pd.DataFrame(rows, columns=columns)


def mirrors(of: StatementSet) -> pd.DataFrame:
    """Faults of mirrors: one row each with statement, fault and shared (share of words, or NaN).

    Faults: ``missing``; ``bare not`` (English only): the statement with a negation added or
    removed; ``shared words``: more than `SHARED` of the shorter text.
    """
    rows: list[tuple[str, str, float]] = []
    for s in of.statements:
        if s.mirror is None:
            rows.append((s.id, "missing", nan))
            continue
        share = texts.overlap(s.text, s.mirror)
        if texts.english(of.language) and texts.bare_not(s.text, s.mirror):
            rows.append((s.id, "bare not", share))
        elif texts.spaced(of.language) and share > SHARED:
            rows.append((s.id, "shared words", share))
    return pd.DataFrame(rows, columns=["statement", "fault", "shared"])


def duplicates(of: StatementSet) -> pd.DataFrame:
    """Pairs of equal or nearly equal texts of different statements, mirrors included.

    Columns: first, second (ids, ``id:mirror`` for a mirror), shared (Jaccard index of their words,
    `NEAR` or more; word order does not count).
    """
    named = [(s.id, s.id, s.text) for s in of.statements]
    named += [(s.id, s.id + MIRRORED, s.mirror) for s in of.statements if s.mirror]
    sets = [(owner, name, frozenset(texts.words(text))) for owner, name, text in named]
    rows = [
        (name, other_name, share)
        for (a, name, words), (b, other_name, other_words) in combinations(sets, 2)
        if a != b and (share := texts.jaccard(words, other_words)) >= NEAR
    ]
    return pd.DataFrame(rows, columns=["first", "second", "shared"])


def crossing(of: StatementSet) -> pd.DataFrame:
    """Cross-table of tags and keying: one row per axis, tag and value.

    Columns: axis, tag, value, negative and positive (numbers of tagged statements keyed to each
    pole with the value), gap (difference of their shares among the tagged ones; NaN if a pole has
    none), verdict (warns above `TAG_GAP`).
    """
    rows = []
    for axis in of.axes:
        keyed = _keyed(of, axis)
        for tag in dict.fromkeys(tag for s, _ in keyed for tag in s.tags):
            low = [s.tags[tag] for s, sign in keyed if tag in s.tags and sign < 0]
            high = [s.tags[tag] for s, sign in keyed if tag in s.tags and sign > 0]
            for value in dict.fromkeys(low + high):
                n, p = low.count(value), high.count(value)
                gap = n / len(low) - p / len(high) if low and high else nan
                verdict = "" if isnan(gap) else "ok" if abs(gap) <= TAG_GAP else "warn"
                rows.append((axis.name, tag, value, n, p, gap, verdict))
    columns = ["axis", "tag", "value", "negative", "positive", "gap", "verdict"]
    return pd.DataFrame(rows, columns=columns)


def _measures(language: str) -> dict[str, Callable[[str], float]]:
    """Measures of a text that are available in a language."""
    measures: dict[str, Callable[[str], float]] = {}
    if texts.spaced(language):
        measures["words"] = lambda text: len(texts.words(text))
    if texts.english(language):
        measures["readability"] = texts.grade
    if texts.listed(language):
        measures["negations"] = lambda text: texts.count(text, language, "negation")
        measures["sentiment"] = lambda text: texts.sentiment(text, language)
        measures["state words"] = lambda text: texts.count(text, language, "state")
        measures["duty words"] = lambda text: texts.count(text, language, "duty")
    return measures


def _keyed(of: StatementSet, axis: Axis) -> list[tuple[Statement, int]]:
    """Statements that load on an axis, with the sign of their key."""
    pulls = ((s, pull(s, axis.name)) for s in of.statements)
    return [(s, sign) for s, sign in pulls if sign]


def _measured(
    keyed: list[tuple[Statement, int]], measure: Callable[[str], float]
) -> tuple[list[float], list[float], int]:
    """Values of a measure for the texts of the negative and positive pole; number of pairs."""
    pairs = [(measure(s.text), measure(s.mirror), p) for s, p in keyed if s.mirror is not None]
    if len(pairs) >= 2:
        low = [a if sign < 0 else b for a, b, sign in pairs]
        high = [b if sign < 0 else a for a, b, sign in pairs]
        return low, high, len(pairs)
    low = [measure(s.text) for s, sign in keyed if sign < 0]
    high = [measure(s.text) for s, sign in keyed if sign > 0]
    return low, high, 0


def _d(low: list[float], high: list[float], *, paired: bool) -> float:
    """Cohen's d of two samples, over the pooled SD; of pairs, over the SD of the differences."""
    if min(len(low), len(high)) < 2:
        return nan
    difference = fmean(low) - fmean(high)
    if paired:
        spread = stdev(a - b for a, b in zip(low, high, strict=True))
    else:
        squares = (len(low) - 1) * variance(low) + (len(high) - 1) * variance(high)
        spread = sqrt(squares / (len(low) + len(high) - 2))
    if spread:
        return difference / spread
    return copysign(inf, difference) if difference else 0.0


def _mean(values: list[float]) -> float:
    return fmean(values) if values else nan
