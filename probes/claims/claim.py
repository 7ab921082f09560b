"""A file of claims: where models were expected to stand, written before they were asked."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from annotated_types import Ge, Len

from probes.errors import nearest
from probes.files.yaml import read_yaml, refuse, validate
from probes.types import Axis, StatementSet
from probes.types.constraints import STRICT, Text

CENTRE = "centre"
"""The direction of a claim that something is near: a model to the middle, or a model to another."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """One model on one axis; with `against`, how far it is from another model."""

    __pydantic_config__ = STRICT

    name: Text
    model: Text
    axis: Text
    direction: Text
    """A pole of the axis; ``centre``: within the margin, either way."""
    margin: Annotated[float, Ge(0)] = 0.0
    """Points of the set's scale: at least so far in the direction, or at most so far away."""
    against: str = ""
    """Another model; empty: the claim is about the position itself."""

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the models that it is about."""
        return (self.model, self.against) if self.against else (self.model,)


@dataclass(frozen=True, slots=True)
class ClaimsFile:
    """The shape of the file."""

    __pydantic_config__ = STRICT

    claims: Annotated[Sequence[Prediction], Len(1)]


def load(path: Path) -> tuple[Prediction, ...]:
    """The claims of a file, in its order.

    Raises:
        SetError: all faults of the file, each with entry and key.
    """
    claims = tuple(validate(ClaimsFile, read_yaml(path), path).claims)
    names = [claim.name for claim in claims]
    twice = sorted({name for name in names if names.count(name) > 1})
    alone = [c.name for c in claims if c.direction == CENTRE and not c.margin]
    itself = [c.name for c in claims if c.against == c.model]
    lines = [f"claims: {name}: there are two claims of this name" for name in twice]
    lines += [f"claims: {n}: margin: a claim about the centre needs one above 0" for n in alone]
    lines += [f"claims: {name}: against: should be another model than model" for name in itself]
    if lines:
        raise refuse(path, lines)
    return claims


def check(
    path: Path, claims: Iterable[Prediction], models: Sequence[str] | None, of: StatementSet
) -> None:
    """That claims are about axes and poles that the set has, and about these models, if any.

    Raises:
        SetError: some are about something else; names all of them.
    """
    if lines := [line for claim in claims for line in _faults(claim, models, of)]:
        raise refuse(path, lines)


def _faults(claim: Prediction, models: Sequence[str] | None, of: StatementSet) -> Iterator[str]:
    for key, name in (("model", claim.model), ("against", claim.against)):
        if models is not None and name and name not in models:
            yield f"{claim.name}: {key}: {name!r} is not asked; {nearest(name, models)}"
    axes = {axis.name: axis for axis in of.axes}
    if claim.margin > of.scale:
        yield f"{claim.name}: margin: {claim.margin:g} is beyond the scale, {of.scale:g}"
    if claim.axis not in axes:
        yield f"{claim.name}: axis: no axis {claim.axis!r}; {nearest(claim.axis, axes)}"
    elif claim.direction not in (valid := directions(axes[claim.axis])):
        hint = nearest(claim.direction, valid)
        yield f"{claim.name}: direction: {claim.direction!r}; {hint}"


def directions(axis: Axis) -> tuple[str, str, str]:
    """What a claim about an axis may have as its direction."""
    return axis.negative, axis.positive, CENTRE
