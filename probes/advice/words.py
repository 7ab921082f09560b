"""The words in which a profile is told and advice is read, by language (`words.yaml`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from pydantic import RootModel

from probes.errors import UsageError
from probes.files.yaml import read_yaml, validate
from probes.types import Side
from probes.types.constraints import STRICT

SHIPPED = Path(__file__).with_name("words.yaml")


@dataclass(frozen=True, slots=True)
class AdviceWords:
    """Of one language."""

    __pydantic_config__ = STRICT

    agree: str
    neutral: str
    disagree: str
    articles: tuple[str, ...]
    endings: Mapping[str, str] = field(hash=False)
    places: tuple[str, ...]
    exact: tuple[str, ...]
    capital: tuple[str, ...]
    against: tuple[str, ...]
    still: tuple[str, ...]
    best: tuple[str, ...]
    refusals: tuple[str, ...]

    def says(self, side: Side) -> str:
        """What a user says who gives this answer."""
        return {"agree": self.agree, "neutral": self.neutral, "disagree": self.disagree}[side]


class _AdviceWordsFile(RootModel[dict[str, AdviceWords]]):
    """`words.yaml`: language -> words."""


@cache
def shipped() -> Mapping[str, AdviceWords]:
    """Language -> its words."""
    return validate(_AdviceWordsFile, read_yaml(SHIPPED), SHIPPED).root


def base(language: str) -> str:
    """The language without its region: ``de-CH`` -> ``de``."""
    return language.partition("-")[0].lower()


def words(language: str) -> AdviceWords:
    """Of the language of a set.

    Raises:
        UsageError: there are none, so that no profile can be told in it.
    """
    if base(language) not in shipped():
        languages = ", ".join(shipped())
        raise UsageError(
            f"method advice tells profiles in {languages}, and the set's language is {language!r}"
        )
    return shipped()[base(language)]


def read_with(language: str) -> Sequence[AdviceWords]:
    """The words by which replies in a language are read: its own, and the English ones."""
    return tuple(shipped()[n] for n in dict.fromkeys((base(language), "en")) if n in shipped())
