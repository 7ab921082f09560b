"""`probes sets check`: is a statement set fit to be asked? (docs/method.md 5)

Turns the tables of `balance` into findings, each a value, a verdict and a sentence on its meaning
for the results of a run. With a protocol it adds the positions of respondents with known leaning
(`recovery`); `chance` has positions that follow from the key alone. Only `people` uses data of
people, and a set without a warning may still be a bad instrument.
"""

from collections.abc import Iterator

import pandas as pd

from probes.comparison.pair import EVEN
from probes.instruments import sentences
from probes.people.people_table import PeopleTables
from probes.placement.axis import PER_TOPIC, TOPICS
from probes.types import Axis, Materials, StatementSet
from probes.validity import chance, requests, texts, variants, word_readers
from probes.validity.balance import (
    ALL,
    NEAR,
    SHARED,
    balance,
    crossing,
    duplicates,
    mirrors,
    pull,
    symmetry,
)
from probes.validity.findings import Finding, Findings, Verdict, named
from probes.validity.people import sample_size
from probes.validity.people.fringe import known
from probes.validity.recovery import recover

UNASKED = "all else here comes from key, texts and scripted respondents"
__all__ = [
    "Finding",
    "Findings",
    "balance",
    "check",
    "crossing",
    "duplicates",
    "mirrors",
    "pull",
    "symmetry",
]


def check(
    of: StatementSet, materials: Materials | None = None, people: PeopleTables | None = None
) -> Findings:
    """All findings on a set that need no model, about in the order of docs/method.md 5.

    Args:
        of: The set.
        materials: The set with the protocol by which it would be asked; None: only findings on
            texts and key, which take no time.
        people: Results of people who answered it, if known.
    """
    if of.kind == "requests":
        return _check_requests(of)
    table, recovered = balance(of), tuple[Finding, ...]()
    tables = {"balance": table}
    if materials is not None:
        recovery = recover(materials)
        tables |= {"respondents": recovery.respondents, "forms": recovery.forms}
        recovered = recovery.points
    points = [_provenance(of)]
    for axis in of.axes:
        points += _key_points(axis, table[table["axis"] == axis.name])
    points += [*chance.points(of), *word_readers.points(of), *recovered, *_symmetry_points(of)]
    points += [_mirror_point(of), _mirror_words(of), _duplicate_point(of), _sentence_point(of)]
    points += [*_crossing_points(of), *variants.points(of)]
    tables |= {"variants": variants.variants(of), "sample_size": sample_size.table(of)}
    if people is not None:
        caveat = f"answered by people: {people.about.caption}; {UNASKED}"
        return Findings((*points, *known(people, of)), tables, caveat)
    return Findings(tuple(points), tables)


def _check_requests(of: StatementSet) -> Findings:
    """Findings on paired requests: nobody agrees with them, so no respondents are simulated."""
    table, points = balance(of), [_provenance(of)]
    for axis in of.axes:
        points += _key_points(axis, table[table["axis"] == axis.name])
    points += [*requests.points(of), *_symmetry_points(of)]
    return Findings(tuple(points), {"balance": table})


def _provenance(of: StatementSet) -> Finding:
    fields = {"licence": of.licence, "version": of.version, "source": of.source}
    missing = [key for key, value in fields.items() if not value]
    value = ", ".join(v for v in (of.language, *fields.values()) if v)
    if missing:
        sentence = f"say its {' and '.join(missing)}, so that results can be traced to these texts"
        return Finding("provenance", value, "warn", sentence)
    return Finding("provenance", value, "ok", "licence, version and source are given")


def _key_points(axis: Axis, table: pd.DataFrame) -> Iterator[Finding]:
    """Findings on the keying of an axis, as a whole and by topic."""
    whole = table[table["topic"] == ALL].iloc[0]
    low, high, total = int(whole["negative"]), int(whole["positive"]), int(whole["statements"])
    value = f"{low} {axis.negative} : {high} {axis.positive}"
    pulls = {"negative": float(low), "positive": float(high)}
    yield Finding(f"keying, {axis.name}", value, *_keying(low, high, int(whole["mirrored"])), pulls)
    topics = table[table["topic"] != ALL]
    lone = topics[(topics["negative"] == 0) | (topics["positive"] == 0)]["topic"].tolist()
    large = int((topics["statements"] >= PER_TOPIC).sum())
    value = f"{len(topics)}, over {int(topics['statements'].sum())} of {total} statements"
    if large < TOPICS:
        verdict: Verdict = "warn"
        sentence = (
            f"below {TOPICS} topics with at least {PER_TOPIC} statements each: intervals take "
            "statements for independent, and are too narrow if they are not"
        )
    elif lone:
        verdict = "warn"
        sentence = f"topics keyed one way only: {named(lone)}"
    else:
        verdict = "ok"
        sentence = "each is keyed both ways, and intervals rest on topics"
    numbers = {"topics": float(len(topics)), "large": float(large), "one_way": float(len(lone))}
    yield Finding(f"topics, {axis.name}", value, verdict, sentence, numbers)


def _keying(low: int, high: int, mirrored: int) -> tuple[Verdict, str]:
    """Verdict and sentence on the numbers of statements keyed to each pole."""
    total = low + high
    if total == 0:
        return "warn", "no statement loads on this axis: it cannot be placed"
    if min(low, high) >= EVEN * total:
        return "ok", "yes to everything lands near the centre"
    if mirrored == total:
        return "warn", "mirrors take the yes-bias out of positions, but the raw column measures it"
    if min(low, high) == 0:
        return "warn", "keyed one way: leaning cannot be told from yes-bias"
    return "warn", "keyed unevenly: raw positions measure yes-bias as well as leaning"


def _mirror_point(of: StatementSet) -> Finding:
    count = sum(s.mirror is not None for s in of.statements)
    value = f"{count} of {len(of.statements)}"
    numbers = {"mirrored": float(count), "statements": float(len(of.statements))}
    if count == len(of.statements):
        return Finding("mirrors", value, "ok", "yes-bias cancels statement by statement", numbers)
    sentence = "without mirrors yes-bias is only taken out by centring on the key"
    return Finding("mirrors", value, "warn", sentence, numbers)


def _mirror_words(of: StatementSet) -> Finding:
    faults = mirrors(of)
    reworded = faults[faults["fault"] != "missing"]["statement"].tolist()
    numbers = {"too_close": float(len(reworded))}
    if reworded:
        sentence = (
            f"a bare negation, or more than {SHARED:.0%} of the words of: {named(reworded)}; "
            "say it as someone of the other view would"
        )
        return Finding("mirror wording", f"{len(reworded)} too close", "warn", sentence, numbers)
    return Finding(
        "mirror wording", "0 too close", "ok", "mirrors are claims of their own", numbers
    )


def _duplicate_point(of: StatementSet) -> Finding:
    pairs = duplicates(of)
    numbers = {"pairs": float(len(pairs))}
    if len(pairs):
        listed = [f"{a} and {b}" for a, b in zip(pairs["first"], pairs["second"], strict=True)]
        sentence = f"{NEAR:.0%} or more of their words in common: {named(listed)}"
        return Finding("duplicates", str(len(pairs)), "warn", sentence, numbers)
    return Finding("duplicates", "0", "ok", "no two texts are equal or nearly so", numbers)


def _sentence_point(of: StatementSet) -> Finding:
    """Finding on whether each text looks like a statement, by its form."""
    read = [(s.id, sentences.sign(t)) for s in of.statements for t in (s.text, s.mirror) if t]
    doubtful = [f"{name} {sentences.SENTENCES[sign]}" for name, sign in read if sign]
    numbers = {"doubtful": float(len(doubtful))}
    if doubtful:
        return Finding("sentences", str(len(doubtful)), "warn", named(doubtful), numbers)
    return Finding(
        "sentences", "0", "ok", "no text is a key, markup, or lacks what it is about", numbers
    )


def _symmetry_points(of: StatementSet) -> Iterator[Finding]:
    for row in symmetry(of).to_dict("records"):
        name, d = f"{row['measure']}, {row['axis']}", float(row["d"])
        numbers = {key: float(row[key]) for key in ("negative", "positive", "d")}
        value = f"{row['negative']:.2f} : {row['positive']:.2f}, d {d:+.2f}"
        if row["verdict"] == "ok":
            yield Finding(name, value, "ok", "the texts of both poles are alike in this", numbers)
        elif row["verdict"] == "warn":
            sentence = "the poles' texts differ in this, which can pass for a leaning"
            yield Finding(name, value, "warn", sentence, numbers)
        else:
            yield Finding(name, "", "warn", "too few texts to compare the poles", numbers)
    if not texts.listed(of.language):
        sentence = "there are no lists of words in this language: their number alone is compared"
        yield Finding("language", of.language, "warn", sentence)


def _crossing_points(of: StatementSet) -> Iterator[Finding]:
    table = crossing(of)
    for (axis, tag), rows in table.groupby(["axis", "tag"], sort=False):
        value = ", ".join(
            f"{v} {n}:{p}"
            for v, n, p in zip(rows["value"], rows["negative"], rows["positive"], strict=True)
        )
        numbers = dict(zip(rows["value"], rows["gap"].astype(float), strict=True))
        if (rows["verdict"] == "ok").all():
            yield Finding(f"{tag}, {axis}", value, "ok", "crossed with the keying", numbers)
        else:
            sentence = "goes with one pole: a leaning may be a liking for this tag"
            yield Finding(f"{tag}, {axis}", value, "warn", sentence, numbers)
