"""Checks of a set's variants against their statements (docs/method.md 5.6).

Computed from texts alone, without any model of meaning: finds editing errors (another length, a
lost negation, claim and mirror exchanged), not differences in meaning.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import nan, sqrt
from statistics import median

import pandas as pd

from probes.types import Statement, StatementSet
from probes.validity import texts
from probes.validity.balance import symmetry
from probes.validity.findings import Finding, named

GRAMS = 3
SAME = 0.95
"""Similarity from which a variant counts as the same text."""
LENGTHS = (0.6, 1.67)
"""Minimum and maximum length of a variant, as a share of the statement's."""
COLUMNS = ("statement", "variant", "side", "near", "words", "length", "negations", "fault")


@dataclass(frozen=True, slots=True)
class _Side:
    """One text of a variant and of its statement, and the texts of the other side, if any."""

    name: str
    own: str
    new: str
    other: tuple[str, str] | None


def variants(of: StatementSet) -> pd.DataFrame:
    """One row per variant and side (statement, mirror).

    Columns:
        near: cosine similarity of the two texts' character trigrams within words, in [0, 1].
        words: similarity for word readers: the cosine of their words less those of their other
            sides, in [-1, 1]; NaN without mirrors.
        length: length of the variant over the statement's, in words; in characters in languages
            without spaces.
        negations: number of additional negations; 0 if the language has no lists of words.
        fault: what is out of bounds; empty if nothing is.
    """
    rows = [
        (s.id, version.variant, side.name, *_measured(side, of.language))
        for s in of.statements
        for version in s.versions[1:]
        for side in _sides(s, version)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def points(of: StatementSet) -> Iterator[Finding]:
    """Findings on the number of variants, their similarity, and the poles' texts."""
    having = [s for s in of.statements if s.variants]
    count = sum(len(s.variants) for s in having)
    numbers = {"statements": float(len(having)), "variants": float(count)}
    value = f"{count}, of {len(having)} of {len(of.statements)} statements"
    if not having:
        yield Finding("variants", value, "ok", "each statement is put in its own words", numbers)
        return
    sentence = "`--variants all` tells what a statement's own words do"
    yield Finding("variants", value, "ok", sentence, numbers)
    table = variants(of)
    near, words = float(median(table["near"])), float(table["words"].median())
    value = f"near {near:.2f}, words {words:+.2f}"
    numbers = {"near": near, "words": words, "faults": float((table["fault"] != "").sum())}
    out = table[table["fault"] != ""]
    if len(out):
        faults = [
            f"{s}:{v} {side} {fault}"
            for s, v, side, fault in zip(
                out["statement"], out["variant"], out["side"], out["fault"], strict=True
            )
        ]
        yield Finding("variant texts", value, "warn", named(faults), numbers)
    else:
        sentence = "medians; length, negations and sides are those of the statements"
        yield Finding("variant texts", value, "ok", sentence, numbers)
    yield from _poles(of)


def _poles(of: StatementSet) -> Iterator[Finding]:
    """Warnings if the texts of the poles differ with the first, second ... variant of each
    statement (its own text if it has no variant of that number)."""
    most = max(len(s.variants) for s in of.statements)
    tables = []
    for number in range(1, most + 1):
        put = tuple(s.versions[number if number < len(s.versions) else 0] for s in of.statements)
        tables.append(symmetry(replace(of, statements=put)).assign(variant=number))
    table = pd.concat(tables, ignore_index=True)
    unlike = table[table["verdict"] == "warn"]
    columns = (unlike[name] for name in ("measure", "axis", "variant", "d"))
    listed = [f"{m}, {a}, variant {v} (d {d:+.2f})" for m, a, v, d in zip(*columns, strict=True)]
    numbers = {"unlike": float(len(listed)), "measures": float(len(table))}
    value = f"{len(listed)} of {len(table)} measures"
    if listed:
        sentence = f"put in variants, the poles' texts differ in {named(listed)}"
        yield Finding("variants, poles", value, "warn", sentence, numbers)
    else:
        sentence = "put in variants, the texts of both poles are alike in all that is measured"
        yield Finding("variants, poles", value, "ok", sentence, numbers)


def _sides(statement: Statement, version: Statement) -> Iterator[_Side]:
    own, new = statement.mirror, version.mirror
    mirrors = None if own is None or new is None else (own, new)
    yield _Side("text", statement.text, version.text, mirrors)
    if mirrors:
        yield _Side("mirror", *mirrors, (statement.text, version.text))


def _measured(side: _Side, language: str) -> tuple[float, float, float, int, str]:
    near = cosine(_grams(side.own), _grams(side.new))
    words = nan
    if side.other is not None:
        pulls = (
            _word_contrast(*pair, language)
            for pair in zip((side.own, side.new), side.other, strict=True)
        )
        words = cosine(*pulls)
    lengths = [len(texts.pieces(text, language)) for text in (side.new, side.own)]
    length, more = lengths[0] / max(1, lengths[1]), 0
    if texts.listed(language):
        more = texts.count(side.new, language, "negation")
        more -= texts.count(side.own, language, "negation")
    return near, words, length, more, _fault(side.name, near, words, length, more)


def _fault(name: str, near: float, words: float, length: float, more: int) -> str:
    if near >= SAME:
        return "is nearly the statement's own"
    if words < 0 and name == "text":  # about the pair: reported once
        return "has the words of the other side"
    if not LENGTHS[0] <= length <= LENGTHS[1]:
        return f"is {length:.1f} times as long"
    return f"has {abs(more)} {'more' if more > 0 else 'fewer'} negations" if more else ""


def _grams(text: str) -> Counter[str]:
    """Counts of the character trigrams of a text's words, padded with spaces."""
    padded = [f" {word} " for word in texts.words(text)]
    return Counter(w[i : i + GRAMS] for w in padded for i in range(max(1, len(w) - GRAMS + 1)))


def _word_contrast(text: str, other: str, language: str) -> Counter[str]:
    """Word counts of a text less those of its other side, as a word reader sees it."""
    pull = Counter(texts.pieces(text, language))
    pull.subtract(texts.pieces(other, language))
    return pull


def cosine(one: Counter[str], other: Counter[str]) -> float:
    """Cosine of two count vectors, in [-1, 1]; 0 if one is empty."""
    lengths = sqrt(sum(v * v for v in one.values()) * sum(v * v for v in other.values()))
    return sum(v * other[k] for k, v in one.items()) / lengths if lengths else 0.0
