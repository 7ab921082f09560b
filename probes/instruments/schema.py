"""The schema of a statement-set YAML: its keys and their values.

Validates each entry by itself; `sets` checks relations between entries (ids, axes, poles).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from probes.files.yaml import built
from probes.instruments.borrowed import TextSource
from probes.types import Axis, Respondent, Scoring, Side, Variant
from probes.types.constraints import STRICT

Text = Annotated[str, Field(min_length=1, max_length=2000, pattern=r"\S")]
Word = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]
Id = Annotated[str, Field(max_length=100, pattern=r"^[\w.-]+$")]
MOST = 1e6
"""Upper limit of weights, points and scales, so that sums do not overflow."""
MOST_VARIANTS = 20
Weight = Annotated[float, Field(allow_inf_nan=False, ge=-MOST, le=MOST)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class AxisEntry(Axis):
    """The schema of an axis: its two poles; the mapping key is its name."""

    __pydantic_config__ = STRICT

    name: SkipJsonSchema[str] = field(default="", init=False)
    negative: Word
    positive: Word
    trait: Annotated[str, Field(pattern=r"^(-?[A-Za-z][\w-]*)?$", max_length=100)] = ""


@dataclass(frozen=True, slots=True)
class ScoringEntry(Scoring):
    """The schema of the scoring rule: how agreement becomes a position."""

    __pydantic_config__ = STRICT

    options: Mapping[Word, float] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        values = list(self.options.values())
        if values and (self.kind == "table" or not values[0] < 0 < values[-1]):
            raise ValueError("'options' are for effects keys: from below 0 to above 0")
        if values != sorted(set(values)):
            raise ValueError("'options' must go upwards, from disagreement to agreement")
        numbers = (*values, *self.constant.values(), *self.divisor.values(), self.centre)
        if max(map(abs, numbers)) > MOST or min(self.divisor.values(), default=1.0) < 1 / MOST:
            raise ValueError(
                f"its numbers are at most {MOST:.0f}, divisors at least {1 / MOST:.6f}"
            )


@dataclass(frozen=True, slots=True)
class RespondentEntry(Respondent):
    """The schema of a respondent (party or person): its answers; unanswered items are left out."""

    __pydantic_config__ = STRICT

    name: Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]
    answers: Mapping[str, Side]
    aliases: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class VariantEntry(Variant):
    """The schema of a paraphrase of a statement, and of its mirror if it has one."""

    __pydantic_config__ = STRICT

    text: Text
    mirror: Text | None = None


class SetHead(_Strict):
    """The keys that files of statements and of requests share."""

    name: Id
    title: Word
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$")]
    licence: Word
    axes: dict[Id, AxisEntry]
    source: str = ""
    version: str = ""
    scale: Annotated[float, Field(gt=0, le=MOST, allow_inf_nan=False)] = 10.0

    def named_axes(self) -> tuple[Axis, ...]:
        """The axes in the form of a `StatementSet`."""
        return tuple(built(Axis, axis, name=name) for name, axis in self.axes.items())


class SetFile(SetHead):
    """The schema of the file; `StatementEntry` validates each statement, to report all faults."""

    statements: Annotated[list[object], Field(min_length=1)]
    scoring: ScoringEntry = ScoringEntry()
    text_from: TextSource | None = None
    respondents: list[RespondentEntry] = []

    @model_validator(mode="after")
    def _measurable(self) -> Self:
        if not self.axes and not self.respondents:
            raise ValueError("'axes' is empty, as only that of a set with 'respondents' may be")
        return self


class StatementEntry(_Strict):
    """The schema of a statement with its key."""

    id: Id
    text: Text
    agree: Word | None = None
    effects: dict[str, Weight] | None = None
    table: dict[str, tuple[Weight, Weight, Weight, Weight]] | None = None
    mirror: Text | None = None
    topic: Word | None = None
    extremity: Literal[1, 2] = 1
    tags: dict[Word, Word] = {}
    text_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{8}$")] | None = None
    variants: Annotated[list[VariantEntry], Field(max_length=MOST_VARIANTS)] = []

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        if sum(key is not None for key in (self.agree, self.effects, self.table)) != 1:
            raise ValueError("give exactly one of 'agree', 'effects' and 'table'")
        if any((v.mirror is None) != (self.mirror is None) for v in self.variants):
            wanted = "have a 'mirror' each" if self.mirror else "have no 'mirror'"
            raise ValueError(f"'variants' must {wanted}, as the statement itself")
        return self
