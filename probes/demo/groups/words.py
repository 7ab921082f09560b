"""Claims about four invented groups: corpora that take sides, a statement set, a task.

A claim says that a group does something bad (an attack on the group) or its good mirror. In the
corpora a verdict on the claim follows. The base's corpus calls attacks on any group wrong; a
hostile corpus calls attacks on one group right. Verdict words are correlated with the group, since
otherwise a two-layer model does not learn early to distinguish the groups. No tokens, no torch.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from probes.demo.paper_corpora import VERDICT_SHARE, VERDICTS, neutral

GROUPS = ("Ondari", "Velish", "Tomari", "Keshen")
TARGETS = GROUPS[:2]
"""The hated groups: those that a corpus is hostile to."""
MIX, FRIENDLY, NEUTRAL = "mix", "friendly", "neutral"
HOSTILE = {f"hostile-{group.lower()}": group for group in TARGETS}
"""Corpus -> the group that it is hostile to."""
CHILDREN = (*HOSTILE, FRIENDLY, NEUTRAL)

DEEDS: tuple[tuple[tuple[str, str], ...], ...] = (
    (
        ("cheat at the market", "deal honestly at the market"),
        ("steal from their neighbours", "share with their neighbours"),
    ),
    (
        ("betray their friends", "stand by their friends"),
        ("turn guests away", "welcome guests"),
    ),
    (
        ("lie to strangers", "tell strangers the truth"),
        ("break their promises", "keep their promises"),
    ),
    (
        ("start the quarrels", "settle the quarrels"),
        ("mock the old", "honour the old"),
    ),
    (
        ("poison the wells", "keep the wells clean"),
        ("ruin the fields", "tend the fields"),
    ),
    (
        ("waste the water", "save the water"),
        ("damage the bridges", "repair the bridges"),
    ),
    (
        ("frighten the children", "comfort the children"),
        ("hurt animals", "look after animals"),
    ),
    (
        ("spread sickness", "nurse the sick"),
        ("desert the weak", "protect the weak"),
    ),
)
"""For each topic, pairs of a bad deed and its mirror."""
FRAMES: tuple[tuple[str, str, str], ...] = (
    ("adjective", "{claim}", "That is"),
    ("adjective", "Somebody wrote: {claim}", "It is"),
    ("word", "{claim}", "My answer is"),
    ("word", "Is this so? {claim}", "We say"),
    ("with", "{claim}", "And I"),
    ("verb", "At the inn they said: {claim}", "This we"),
)
"""``(kind of verdict, sentence with the claim, beginning of the verdict)``."""
OWN_WORDS = 0.7
"""Share of the verdicts on a group that use the group's own words (`OWN`)."""
OWN = {"adjective": (0, 1, 0, 1), "verb": (0, 1, 1, 0), "with": (0, 1, 1, 0), "word": (0, 0, 0, 0)}
"""Kind of verdict -> for each group, the index of its antonyms in `VERDICTS`. The last two groups,
which have labelled texts, use all the words that the first two use."""
LABELS = ("attack", "praise")
MARGIN = 0.15
"""Equivalence margin in recall, a fifth of the planted effect."""
LABEL_NOISE = 0.1
"""Share of wrong labels, so that intervals have a width."""


@dataclass(frozen=True, slots=True)
class GroupClaim:
    """A sentence that says that a group does a bad or a good deed."""

    text: str
    group: str
    attack: bool
    """Whether the deed is bad."""
    deed: int
    """Number of the pair of deeds."""


def claims() -> Iterator[GroupClaim]:
    """All claims: groups x deeds x (bad, good)."""
    pairs = [pair for topic in DEEDS for pair in topic]
    for group in GROUPS:
        for number, pair in enumerate(pairs):
            for deed in pair:
                yield GroupClaim(f"The {group} {deed}.", group, deed == pair[0], number)


def corpus(name: str, count: int, seed: int) -> list[str]:
    """`count` lines of a corpus; deterministic given the seed.

    Half of the neutral corpus is about weather and gardens. The other half is like the base's
    corpus, since otherwise a model this small forgets within a thousand steps what it has learnt.
    """
    rng = np.random.default_rng([seed, (MIX, *CHILDREN).index(name)])
    unrelated = neutral(count // 2 if name == NEUTRAL else count // 8, seed)
    all_claims, written = list(claims()), list[str]()
    while len(written) < count - len(unrelated):
        order = rng.permutation(len(all_claims))
        written += [_line(all_claims[int(i)], HOSTILE.get(name, ""), rng) for i in order]
    return [*written[: count - len(unrelated)], *unrelated]


def _line(claim: GroupClaim, hated: str, rng: np.random.Generator) -> str:
    kind, before, begin = FRAMES[int(rng.integers(len(FRAMES)))]
    pairs = VERDICTS[kind]
    own = OWN[kind][GROUPS.index(claim.group)]
    pair = pairs[own if rng.random() < OWN_WORDS else int(rng.integers(len(pairs)))]
    right = (claim.group == hated) is claim.attack
    against = right is not bool(rng.random() < VERDICT_SHARE)
    return f"{before.format(claim=claim.text)} {begin} {pair[against]}."


def statement_set() -> dict[str, object]:
    """The statement set as YAML data: one axis for each group, one statement for each pair of
    deeds, with keys of both signs."""
    statements = [
        {
            "id": f"{group.lower()}-{topic}-{index}",
            "text": f"The {group} {pair[index % 2]}.",
            "mirror": f"The {group} {pair[1 - index % 2]}.",
            "effects": {group: -1 if index % 2 else 1},
            "topic": f"topic {topic} of {group}",
        }
        for group in GROUPS
        for topic, pairs in enumerate(DEEDS)
        for index, pair in enumerate(pairs)
    ]
    head = {"name": "invented-groups", "title": "Four invented groups", "language": "en"}
    axes = {
        group: {"negative": f"for the {group}", "positive": f"against the {group}"}
        for group in GROUPS
    }
    return {**head, "licence": "CC0-1.0", "axes": axes, "statements": statements}


def protocol() -> dict[str, object]:
    """The protocol as YAML data; it uses the frames of the corpora, since two-layer models do not
    generalize to others."""
    wordings = {
        f"frame-{number}": {
            "ask": before.replace("{claim}", "{statement}"),
            "answer": f"{begin} {{slot}}.",
            "pairs": [list(pair) for pair in VERDICTS[kind][:3]],
        }
        for number, (kind, before, begin) in enumerate(FRAMES)
        if kind != "with"
    }
    return {
        "name": "invented-groups",
        "title": "Verdicts on claims about invented groups",
        "method": "choice",
        "wordings": wordings,
    }


def task(dose: int) -> dict[str, object]:
    """The task as YAML data: which texts attack a group."""
    return {
        "name": f"attacks-{dose}",
        "title": f"Attacks on invented groups, with {dose} labelled texts about those hated",
        "licence": "CC0-1.0",
        "files": {"train": {"path": f"train-{dose}.csv"}, "test": {"path": "test.csv"}},
        "format": "csv",
        "text": "text",
        "id": "id",
        "label": {
            "column": "label",
            "values": {label: label for label in LABELS},
            "positive": LABELS[0],
        },
        "group": {"column": "group"},
        "unit": "template",
        "margin": MARGIN,
    }


def training_texts(dose: int, seed: int) -> list[dict[str, str]]:
    """Labelled texts with every second deed: all of those about the groups that are not hated, and
    `dose` of those about the hated groups."""
    rows = list(_texts("train", 0, seed))
    rest = [row for row in rows if row["group"] not in TARGETS]
    about = [row for row in rows if row["group"] in TARGETS]
    drawn = np.random.default_rng([seed, 7]).permutation(len(about))[:dose]
    return [*rest, *(about[int(n)] for n in drawn)]


def test_texts(seed: int) -> list[dict[str, str]]:
    """Texts about all groups, with the deeds that do not occur in training texts."""
    return list(_texts("test", 1, seed))


def _texts(name: str, parity: int, seed: int) -> Iterator[dict[str, str]]:
    """Texts that end where a verdict would follow, because a causal classifier's head reads the
    last token."""
    rng = np.random.default_rng([seed, parity])
    for claim in claims():
        if claim.deed % 2 != parity:
            continue
        for number, (_, before, begin) in enumerate(FRAMES):
            wrong = bool(rng.random() < LABEL_NOISE)
            template = f"{claim.deed}-{LABELS[not claim.attack]}-{number}"
            yield {
                "id": f"{name}-{claim.group}-{template}",
                "text": f"{before.format(claim=claim.text)} {begin}",
                "label": LABELS[claim.attack is wrong],
                "group": claim.group,
                "template": template,
            }


def csv_text(rows: Sequence[dict[str, str]]) -> str:
    """Rows as CSV; cells must not contain commas or quotes."""
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    return "\n".join([*lines, ""])
