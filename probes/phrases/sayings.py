"""Texts in the language at hand, looked up by their English."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

LANGUAGES = ("en", "de", "fr", "es", "ja")
_at_hand: ContextVar[str] = ContextVar("language", default="en")


@dataclass(frozen=True, slots=True)
class Saying:
    """A text to be said later, in a language that is not known yet."""

    text: str
    """In English, with ``{name}`` for each of the parts."""
    parts: Mapping[str, object] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        """In the language at hand; so are parts that are sayings themselves."""
        return say(self.text, **self.parts)


def known(code: str) -> str:
    """The language of ours for a code such as ``de-AT``; English where there is none."""
    short = code.partition("-")[0].lower()
    return short if short in LANGUAGES else "en"


def language() -> str:
    """The code of the language at hand."""
    return _at_hand.get()


@contextlib.contextmanager
def speaking(code: str) -> Iterator[None]:
    """Say texts in this language, if it is one of `LANGUAGES`, else in English."""
    token = _at_hand.set(known(code))
    try:
        yield
    finally:
        _at_hand.reset(token)


def phrase(text: str) -> str:
    """The text itself: marks a constant that is said later."""
    return text


def say(text: str, /, **parts: object) -> str:
    """The text in the language at hand, with ``{name}`` filled."""
    translation = words(language()).get(text, text)
    return translation.format(**parts) if parts else translation


def plural(n: int, one: str, many: str, /, **parts: object) -> str:
    """The first text for one, else the second; ``{n}`` is the number."""
    return say(one if n == 1 else many, **{"n": n, **parts})


def listed(parts: Sequence[str]) -> str:
    """``a, b and c``."""
    *most, last = parts
    return say("{first} and {last}", first=", ".join(most), last=last) if most else last


def said(parts: Sequence[Saying], otherwise: str) -> str:
    """The parts of a caption, between middle dots; in English the text that is known already."""
    if not parts or language() == "en":
        return otherwise
    return " · ".join(map(str, parts))


@cache
def words(code: str) -> Mapping[str, str]:
    """English -> the text in a language; nothing for English."""
    if code == "en":
        return {}
    import yaml

    text = resources.files("probes.phrases").joinpath(f"{code}.yaml").read_text("utf-8")
    return dict(yaml.safe_load(text))
