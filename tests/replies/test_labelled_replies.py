"""The forced-choice reader on labelled replies in five languages.

`data/replies.LANGUAGE.csv` holds 91 replies each, of our own writing: the ways in which instruction
models answer, about 68 % that choose, 19 % that refuse and 13 % that are unclear. They were labelled
before a rule of the language was looked at. Rules and words were mended on the half `rules` alone.
The half `held_out` was measured, never mended on; what stands here was measured on it.

The labels are what a person takes the reply to say, not what the reader's rules make of it: "I
can't agree with this", which the reader leaves alone, is labelled d, and counts as missed.
"""

import csv
from collections import Counter
from pathlib import Path

import pytest

from probes.replies.choice import read_choice
from probes.types import Option

DATA = Path(__file__).parents[1] / "data"
MISSING = {"refused", "unparsed"}


def four(sd: str, d: str, a: str, sa: str) -> tuple[Option, ...]:
    return (
        Option("sd", "disagree", (sd,), strong=True),
        Option("d", "disagree", (d,)),
        Option("a", "agree", (a,)),
        Option("sa", "agree", (sa,), strong=True),
    )


FOUR = {
    "en": four("Strongly disagree", "Disagree", "Agree", "Strongly agree"),
    "de": four(
        "Stimme überhaupt nicht zu", "Stimme nicht zu", "Stimme zu", "Stimme voll und ganz zu"
    ),
    "fr": four("Pas du tout d'accord", "Pas d'accord", "D'accord", "Tout à fait d'accord"),
    "es": four("Totalmente en desacuerdo", "En desacuerdo", "De acuerdo", "Totalmente de acuerdo"),
    "ja": four("強く反対", "反対", "賛成", "強く賛成"),
}
NOUN = {
    "de": four("deutliche Ablehnung", "Ablehnung", "Zustimmung", "deutliche Zustimmung"),
    "fr": four("tout à fait en désaccord", "en désaccord", "d'accord", "tout à fait d'accord"),
    "es": four("Muy en desacuerdo", "Desacuerdo", "De acuerdo", "Muy de acuerdo"),
    "ja": four("まったく同意しない", "同意しない", "同意する", "強く同意する"),
}
NEUTRAL = {
    "en": ("Neutral",),
    "de": ("Neutral",),
    "fr": ("Neutre",),
    "es": ("Neutral",),
    "ja": ("中立", "どちらでもない"),
}
YES_NO = {
    "en": ("yes", "no"),
    "de": ("ja", "nein"),
    "fr": ("oui", "non"),
    "es": ("sí", "no"),
    "ja": ("はい", "いいえ"),
}


def options(name: str, language: str) -> tuple[Option, ...]:
    """The options that the data call by this name."""
    scale = FOUR[language]
    yes, no = YES_NO[language]
    return {
        "four": scale,
        "noun": NOUN.get(language, scale),
        "five": (*scale[:2], Option("neutral", "neutral", NEUTRAL[language]), *scale[2:]),
        "two": (
            Option("agree", "agree", scale[2].forms),
            Option("disagree", "disagree", scale[1].forms),
        ),
        "yesno": (Option("yes", "agree", (yes,)), Option("no", "disagree", (no,))),
    }[name]


def readings(language: str, half: str) -> list[tuple[str, str, str]]:
    """Label, what the reader says, and the reply."""
    with (DATA / f"replies.{language}.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["half"] == half]
    found = []
    for row in rows:
        choice = read_choice(row["reply"], options(row["options"], language), language)
        found.append((row["label"], choice.label or choice.status, row["reply"]))
    return found
