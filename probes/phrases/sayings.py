"""Translation of texts into the current language, looked up by the English text."""

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
    """A text that is translated later, when the language is known."""

    text: str
    """The English text, with a placeholder ``{name}`` for each of `parts`."""
    parts: Mapping[str, object] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        """The text in the current language; parts that are `Saying` objects are translated too."""
        return say(self.text, **self.parts)


def known(code: str) -> str:
    """The entry of `LANGUAGES` for a code such as ``de-AT``; English if there is none."""
    short = code.partition("-")[0].lower()
    return short if short in LANGUAGES else "en"


def language() -> str:
    """The code of the current language."""
    return _at_hand.get()


@contextlib.contextmanager
def speaking(code: str) -> Iterator[None]:
    """Set the current language in this context; English if it is not one of `LANGUAGES`."""
    token = _at_hand.set(known(code))
    try:
        yield
    finally:
        _at_hand.reset(token)


def phrase(text: str) -> str:
    """The text itself: marks a constant that needs a translation."""
    return text


def say(text: str, /, **parts: object) -> str:
    """The text in the current language, with placeholders filled from `parts`."""
    translation = words(language()).get(text, text)
    return translation.format(**parts) if parts else translation


def plural(n: int, one: str, many: str, /, **parts: object) -> str:
    """`one` if n is 1, else `many`, translated; ``{n}`` is the number."""
    return say(one if n == 1 else many, **{"n": n, **parts})


def percent(share: float, digits: int = 0) -> str:
    """A share in [0, 1] as ``12 %``, with a no-break space."""
    return f"{100 * share:.{digits}f}\N{NO-BREAK SPACE}%"


def listed(parts: Sequence[str]) -> str:
    """A list of words as text: ``a, b and c``."""
    *most, last = parts
    comma = "\N{IDEOGRAPHIC COMMA}" if language() == "ja" else ", "
    return say("{first} and {last}", first=comma.join(most), last=last) if most else last


def said(parts: Sequence[Saying], otherwise: str) -> str:
    """The translated parts of a caption, joined by middle dots; in English, `otherwise`."""
    if not parts or language() == "en":
        return otherwise
    return " · ".join(map(str, parts))


@cache
def words(code: str) -> Mapping[str, str]:
    """English text -> its translation into a language; empty for English."""
    if code == "en":
        return {}
    import yaml

    text = resources.files("probes.phrases").joinpath(f"{code}.yaml").read_text("utf-8")
    return dict(yaml.safe_load(text))
