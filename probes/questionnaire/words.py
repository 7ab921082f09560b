"""What a questionnaire says by itself, in the languages of `words.yaml`."""

from functools import cache
from pathlib import Path
from typing import Any, cast

from probes.files.yaml import read_yaml

SHIPPED = Path(__file__).with_name("words.yaml")
FALLBACK = "en"
Words = dict[str, Any]
"""Name of a sentence -> its text; `answers`: answer -> its words."""


def words(language: str) -> Words:
    """In a language, or in that of which it is a dialect; in English if there is neither."""
    shipped = _shipped()
    return shipped.get(language) or shipped.get(language.partition("-")[0]) or shipped[FALLBACK]


def has(language: str) -> bool:
    """Whether there are words in that language."""
    return language.partition("-")[0] in _shipped()


@cache
def _shipped() -> dict[str, Words]:
    return cast("dict[str, Words]", read_yaml(SHIPPED))
