"""Schema of a protocol's YAML file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic.json_schema import SkipJsonSchema

from probes.asking import wordings
from probes.errors import nearest
from probes.types import STANCES, Faithful, Recipe, Stance
from probes.types.constraints import STRICT

SOURCES = ("code", "paper", "reconstructed")
"""Sources from which the elements of a published protocol are known."""
Changes = Mapping[Literal["masked", "causal", "seq2seq", "recorded"], dict[str, object]]


def _stance(stance: Stance) -> Stance:
    if stance.premise.count("{reply}") != 1:
        raise ValueError("'premise' must hold {reply} exactly once")
    for name in stance.hypotheses:
        if name not in STANCES:
            raise ValueError(f"'hypotheses': {name!r} is not allowed; {nearest(name, STANCES)}")
    if not {"agree", "disagree"} <= stance.hypotheses.keys():
        raise ValueError("'hypotheses' needs at least agree and disagree")
    if len(set(stance.hypotheses.values())) < len(stance.hypotheses):
        raise ValueError("'hypotheses' must differ from each other")
    return stance


def _faithful(rule: Faithful) -> Faithful:
    for name in rule.elements:
        if name not in SOURCES:
            raise ValueError(f"'elements': {name!r} is not allowed; {nearest(name, SOURCES)}")
    return rule


@dataclass(frozen=True, slots=True)
class ProtocolFile(Recipe):
    """A protocol in a YAML file, with the fields that differ from `Recipe`."""

    __pydantic_config__ = STRICT

    name: Annotated[str, Field(pattern=r"^[\w.-]+$", max_length=100)]
    wordings: Annotated[list[str] | dict[str, object], Field(min_length=1)]  # type: ignore[assignment]
    language: Annotated[str, Field(pattern=wordings.LANGUAGE)] = "en"
    """Language of the wordings that are given by name."""
    repetitions: Annotated[int, Field(ge=1, le=1000)] = 1
    stance: Annotated[Stance, AfterValidator(_stance)] | None = None
    faithful: Annotated[Faithful, AfterValidator(_faithful)] | None = None
    instead: Changes = field(default_factory=dict, hash=False)  # type: ignore[assignment]
    """Backend -> keys of this protocol with other values for its models."""
    conditions: list[str] | dict[str, object] = field(default_factory=list)  # type: ignore[assignment]
    """Names of conditions that ship, or a mapping with the protocol's own."""
    sha256: SkipJsonSchema[str] = field(default="", init=False)
