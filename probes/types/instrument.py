"""Statement sets: statements, axes and scoring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

from annotated_types import Interval

from probes.types.constraints import STRICT, Positive

Side = Literal["agree", "disagree", "neutral"]

Role = Literal["statement", "mirror", "blank", "control"]

SetKind = Literal["statements", "requests"]
"""Kind of items: statements to agree with, or pairs of requests for a text, one for each side."""


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis between two named poles; positions increase towards `positive`."""

    name: str
    negative: str
    positive: str
    trait: str = ""
    """Name of the trait that the axis measures, shared by several instruments; with a minus where
    the axis runs the other way."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A paraphrase of a statement, and of its mirror if it has one."""

    text: str
    mirror: str | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """One claim to agree or disagree with, and how agreement with it counts on each axis."""

    id: str
    """Id of the statement in tables."""
    text: str
    """Text of the claim."""
    effects: Mapping[str, float] = field(default_factory=dict, hash=False)
    """Axis name -> signed weight of agreement; above zero: towards the positive pole."""
    table: Mapping[str, tuple[float, float, float, float]] = field(default_factory=dict, hash=False)
    """Axis name -> points for strongly disagree, disagree, agree, strongly agree (table keys)."""
    mirror: str | None = None
    """Text of the opposite claim on the same issue."""
    topic: str | None = None
    """Topic of the statement; statements of one topic are treated as correlated."""
    extremity: int = 1
    """1: mild; 2: strong."""
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Further attributes, such as whether the state acts."""
    variants: tuple[Variant, ...] = ()
    """Paraphrases, numbered from 1."""
    variant: int = 0
    """Number of the variant that `text` and `mirror` hold; 0: the statement's own."""

    @property
    def versions(self) -> tuple[Statement, ...]:
        """The statement itself, then one statement for each of its variants."""
        texts = enumerate(self.variants, start=1)
        return self, *(replace(self, text=v.text, mirror=v.mirror, variant=n) for n, v in texts)


@dataclass(frozen=True, slots=True)
class Scoring:
    """How agreement becomes a position.

    `effects`: position = scale x weighted mean of keyed leanings. `table`: position =
    (sum of points + constant) / divisor, for each axis.
    """

    __pydantic_config__ = STRICT

    kind: Literal["effects", "table"] = "effects"
    constant: Mapping[str, float] = field(default_factory=dict, hash=False)
    divisor: Mapping[str, Positive] = field(default_factory=dict, hash=False)
    options: Mapping[str, float] = field(default_factory=dict, hash=False)
    """Answer -> its value under an effects key, disagreement first; empty: no and yes."""
    centre: float = 0.0
    """Score that the official test prints for position 0; it prints centre + position."""
    decimals: Annotated[int, Interval(ge=0, le=9)] = 2
    """Decimals of the score that the official test prints."""
    skips: bool = False
    """Whether the official test leaves unanswered statements out of sum and maximum; if not, it
    gives no score to an incomplete sheet."""

    @property
    def values(self) -> tuple[float, ...]:
        """Values of the answers under an effects key, as shares of the strongest."""
        counts = tuple(self.options.values()) or (-1.0, 1.0)
        most = max(map(abs, counts))
        return tuple(value / most for value in counts)

    @property
    def agree(self) -> float:
        """Value of plain agreement under an effects key, above 0 and up to 1."""
        return min(value for value in self.values if value > 0)


@dataclass(frozen=True, slots=True)
class Respondent:
    """A party or person with known answers to the set, to compare models with."""

    name: str
    answers: Mapping[str, Side] = field(default_factory=dict, hash=False)
    """Statement id -> answer; unanswered statements are left out."""
    aliases: tuple[str, ...] = ()
    """Other names, such as the long name or an abbreviation."""


@dataclass(frozen=True, slots=True)
class StatementSet:
    """An instrument: statements, the axes that they load on, and the scoring key."""

    name: str
    """Name by which commands and tables refer to the set."""
    title: str
    """Title in one line."""
    language: str
    """Language code, such as en."""
    licence: str
    """Licence of the texts."""
    axes: tuple[Axis, ...]
    """Axes on which positions are computed."""
    statements: tuple[Statement, ...]
    """Statements in the order in which they are asked."""
    source: str = ""
    """Authors, and the people that the set was tried on."""
    version: str = ""
    """Version; changes whenever a text changes."""
    scale: float = 10.0
    """Positions lie in [-scale, scale]."""
    scoring: Scoring = field(default_factory=Scoring)
    """Rule that turns answers into positions."""
    sha256: str = ""
    """sha256 of the file, in hexadecimal; with `text_from`, of the completed content."""
    text_from: str = ""
    """Address from which the texts are loaded; empty where the file itself holds them."""
    respondents: tuple[Respondent, ...] = ()
    """Respondents with known answers; a set without axes must have some."""
    kind: SetKind = "statements"
    """With `requests`, text and mirror of a statement are the two requests of a pair, for and
    against the claim. Tag `claim` holds the claim, tag `request` the kind of text."""
