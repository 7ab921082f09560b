"""The phrases for writing profiles and reading advice, by language (`words.yaml`)."""

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
    """The phrases of one language."""

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
        """How a profile words this answer."""
        return {"agree": self.agree, "neutral": self.neutral, "disagree": self.disagree}[side]


class _AdviceWordsFile(RootModel[dict[str, AdviceWords]]):
    """`words.yaml`: language -> phrases."""


@cache
def shipped() -> Mapping[str, AdviceWords]:
    """Language -> its phrases."""
    return validate(_AdviceWordsFile, read_yaml(SHIPPED), SHIPPED).root


def base(language: str) -> str:
    """The language without its region: ``de-CH`` -> ``de``."""
    return language.partition("-")[0].lower()


def words(language: str) -> AdviceWords:
    """The phrases for the language of a set.

    Raises:
        UsageError: there are none, so no profile can be written in it.
    """
    if base(language) not in shipped():
        languages = ", ".join(shipped())
        raise UsageError(
            f"method advice tells profiles in {languages}, and the set's language is {language!r}"
        )
    return shipped()[base(language)]


def read_with(language: str) -> Sequence[AdviceWords]:
    """The phrases for reading replies in a language: its own, and the English ones."""
    return tuple(shipped()[n] for n in dict.fromkeys((base(language), "en")) if n in shipped())
