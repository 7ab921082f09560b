"""A file of claims: predicted positions of models, written before the models are asked."""

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
"""Direction of a claim of closeness: a model to the centre, or a model to another model."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """A claim about a model on an axis; with `against`, about its distance from another model."""

    __pydantic_config__ = STRICT

    name: Text
    model: Text
    axis: Text
    direction: Text
    """A pole of the axis; ``centre``: within the margin on either side."""
    margin: Annotated[float, Ge(0)] = 0.0
    """In points of the set's scale: least distance in the direction; for ``centre``, the most."""
    against: str = ""
    """Name of another model; empty: the claim is about the position itself."""

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the models that the claim is about."""
        return (self.model, self.against) if self.against else (self.model,)


@dataclass(frozen=True, slots=True)
class ClaimsFile:
    """The schema of the file."""

    __pydantic_config__ = STRICT

    claims: Annotated[Sequence[Prediction], Len(1)]


def load(path: Path) -> tuple[Prediction, ...]:
    """Read the claims of a file, in its order.

    Raises:
        SetError: the file has faults; lists all, each with entry and key.
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
    path: Path, claims: Iterable[Prediction], models: Sequence[str] | None, statements: StatementSet
) -> None:
    """Check that claims name axes and poles of the set, and only these models (None: any).

    Raises:
        SetError: some do not; lists all of them.
    """
    if lines := [line for claim in claims for line in _faults(claim, models, statements)]:
        raise refuse(path, lines)


def _faults(
    claim: Prediction, models: Sequence[str] | None, statements: StatementSet
) -> Iterator[str]:
    for key, name in (("model", claim.model), ("against", claim.against)):
        if models is not None and name and name not in models:
            yield f"{claim.name}: {key}: {name!r} is not asked; {nearest(name, models)}"
    axes = {axis.name: axis for axis in statements.axes}
    if claim.margin > statements.scale:
        yield f"{claim.name}: margin: {claim.margin:g} is beyond the scale, {statements.scale:g}"
    if claim.axis not in axes:
        yield f"{claim.name}: axis: no axis {claim.axis!r}; {nearest(claim.axis, axes)}"
    elif claim.direction not in (valid := directions(axes[claim.axis])):
        hint = nearest(claim.direction, valid)
        yield f"{claim.name}: direction: {claim.direction!r}; {hint}"


def directions(axis: Axis) -> tuple[str, str, str]:
    """The valid directions of a claim about an axis."""
    return axis.negative, axis.positive, CENTRE
