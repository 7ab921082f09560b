"""The fixed texts of a questionnaire (buttons, headings ...), by language (`words.yaml`)."""

from functools import cache
from pathlib import Path
from typing import Any, cast

from probes.files.yaml import read_yaml

SHIPPED = Path(__file__).with_name("words.yaml")
FALLBACK = "en"
Words = dict[str, Any]
"""Name of a text -> the text; `answers`: answer option -> its displayed text."""


def words(language: str) -> Words:
    """The texts of a language; without its region if there are none; else in English."""
    shipped = _shipped()
    return shipped.get(language) or shipped.get(language.partition("-")[0]) or shipped[FALLBACK]


def has(language: str) -> bool:
    """Whether there are texts in that language."""
    return language.partition("-")[0] in _shipped()


@cache
def _shipped() -> dict[str, Words]:
    return cast("dict[str, Words]", read_yaml(SHIPPED))
