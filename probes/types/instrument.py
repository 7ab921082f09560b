"""Statements, axes and how a set is scored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

from annotated_types import Interval

from probes.types.constraints import STRICT, Positive

Side = Literal["agree", "disagree", "neutral"]

Role = Literal["statement", "mirror", "blank", "control"]

SetKind = Literal["statements", "requests"]
"""What a set asks: whether one agrees, or to write something for one side and for the other."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A named line between two named poles; positions grow towards `positive`."""

    name: str
    negative: str
    positive: str
    trait: str = ""
    """What it is an axis of, over instruments, with a minus where it runs the other way."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A paraphrase of a statement, and of its mirror if it has one: other words, same meaning."""

    text: str
    mirror: str | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """One claim that can be agreed with, and what agreeing says about each axis."""

    id: str
    """Its name in tables."""
    text: str
    """The claim."""
    effects: Mapping[str, float] = field(default_factory=dict, hash=False)
    """Axis name -> signed weight: where agreeing pulls (positive pole: above zero)."""
    table: Mapping[str, tuple[float, float, float, float]] = field(default_factory=dict, hash=False)
    """Axis name -> points for strongly disagree, disagree, agree, strongly agree (table keys)."""
    mirror: str | None = None
    """The same issue claimed the other way round."""
    topic: str | None = None
    """What it is about; statements of one topic resemble each other."""
    extremity: int = 1
    """1: mild; 2: strong."""
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What else it is about, such as whether the state acts."""
    variants: tuple[Variant, ...] = ()
    """Paraphrases, numbered from 1 up."""
    variant: int = 0
    """Number of the variant that `text` and `mirror` are; 0: the statement's own."""

    @property
    def versions(self) -> tuple[Statement, ...]:
        """The statement itself, then as each of its variants."""
        texts = enumerate(self.variants, start=1)
        return self, *(replace(self, text=v.text, mirror=v.mirror, variant=n) for n, v in texts)


@dataclass(frozen=True, slots=True)
class Scoring:
    """How agreement becomes a position.

    `effects`: position = scale x weighted mean of keyed leanings. `table`: position =
    (sum of points + constant) / divisor, an axis each.
    """

    __pydantic_config__ = STRICT

    kind: Literal["effects", "table"] = "effects"
    constant: Mapping[str, float] = field(default_factory=dict, hash=False)
    divisor: Mapping[str, Positive] = field(default_factory=dict, hash=False)
    options: Mapping[str, float] = field(default_factory=dict, hash=False)
    """Answers of an effects key and what each counts, from disagreement up; empty: no and yes."""
    centre: float = 0.0
    """What the instrument's own home prints is this + position."""
    decimals: Annotated[int, Interval(ge=0, le=9)] = 2
    """Digits behind the point that it prints."""
    skips: bool = False
    """Its home leaves what was not answered out of sum and maximum; else it scores no such
    sheet."""

    @property
    def values(self) -> tuple[float, ...]:
        """What the answers of an effects key count, as shares of the strongest."""
        counts = tuple(self.options.values()) or (-1.0, 1.0)
        most = max(map(abs, counts))
        return tuple(value / most for value in counts)

    @property
    def agree(self) -> float:
        """What plain agreement counts under an effects key, above 0 and up to 1."""
        return min(value for value in self.values if value > 0)


@dataclass(frozen=True, slots=True)
class Respondent:
    """A party or person whose own answers a set carries, for models to be set against."""

    name: str
    answers: Mapping[str, Side] = field(default_factory=dict, hash=False)
    """Statement id -> answer; statements that it did not answer are left out."""
    aliases: tuple[str, ...] = ()
    """What else it is called: its long name, an abbreviation."""


@dataclass(frozen=True, slots=True)
class StatementSet:
    """An instrument: statements, the axes that they load on, and the key."""

    name: str
    """By which it is asked for."""
    title: str
    """What it is, in a line."""
    language: str
    """Code, such as en."""
    licence: str
    """Of its texts."""
    axes: tuple[Axis, ...]
    """The lines that positions lie on."""
    statements: tuple[Statement, ...]
    """In the order in which they are asked."""
    source: str = ""
    """Who made it, and on whom it was tried."""
    version: str = ""
    """It changes whenever a text does."""
    scale: float = 10.0
    """Positions lie in [-scale, scale]."""
    scoring: Scoring = field(default_factory=Scoring)
    """How answers become positions."""
    sha256: str = ""
    """Of the file's bytes, in hexadecimal; where texts are borrowed, of all that it says then."""
    text_from: str = ""
    """Address that the texts come from; empty where the file itself holds them."""
    respondents: tuple[Respondent, ...] = ()
    """Whose answers are known; only with them a set may have no axes."""
    kind: SetKind = "statements"
    """Of `requests`, text and mirror of a statement are the two requests of a pair, for its claim
    and against it; the claim is tag `claim`, the kind of text tag `request`."""
