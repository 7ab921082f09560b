"""Traits: which axes of several instruments are assumed to measure the same.

Taken from the sets' axes, or given by the user.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from probes.errors import UsageError, nearest
from probes.types import Axis

if TYPE_CHECKING:
    import pandas as pd

Traits = Mapping[str, Mapping[str, tuple[Axis, int]]]
"""Trait -> instrument -> (its axis, -1 if it runs the other way, else 1)."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """A run of one statement set."""

    name: str
    run: str
    axes: tuple[Axis, ...]
    scale: float
    placements: "pd.DataFrame" = field(repr=False)
    caption: str = ""
    """Set, version, protocol and n."""


def named_traits(instruments: Sequence[Instrument]) -> Traits:
    """Traits by the sets or by equal names of axes; only those of two instruments or more."""
    by_trait: dict[str, dict[str, tuple[Axis, int]]] = {}
    for instrument in instruments:
        for axis in instrument.axes:
            trait, sign = _signed(axis.trait or axis.name)
            axes = by_trait.setdefault(trait, {})
            if instrument.name in axes:
                names = f"{axes[instrument.name][0].name} and {axis.name}"
                raise UsageError(
                    f"the set {instrument.name}: {names} are both of the trait {trait}; say which "
                    f"is meant, as in --trait {trait}={axis.name},..."
                )
            axes[instrument.name] = axis, sign
    traits = {trait: axes for trait, axes in by_trait.items() if len(axes) > 1}
    if not traits:
        have = "; ".join(f"{i.name} has {', '.join(a.name for a in i.axes)}" for i in instruments)
        raise UsageError(
            f"these runs share no axis ({have}); say which belong together, as in "
            "--trait economic=economic,-econ"
        )
    return traits


def chosen_traits(instruments: Sequence[Instrument], chosen: Mapping[str, Sequence[str]]) -> Traits:
    """Traits as given by the user."""
    every = {axis.name for instrument in instruments for axis in instrument.axes}
    traits: dict[str, dict[str, tuple[Axis, int]]] = {}
    for trait, names in chosen.items():
        signs = dict(map(_signed, names))
        if len(signs) < len(names):
            raise UsageError(
                f"--trait {trait}={','.join(names)}: names an axis twice; name it once"
            )
        for name in signs:
            if name not in every:
                raise UsageError(
                    f"--trait {trait}: no run has an axis {name!r}; {nearest(name, every)}"
                )
        axes = traits[trait] = {}
        for instrument in instruments:
            matching = [axis for axis in instrument.axes if axis.name in signs]
            if len(matching) > 1:
                axis_names = " and ".join(axis.name for axis in matching)
                fault = f"are both axes of {instrument.name}; name one"
                raise UsageError(f"--trait {trait}: {axis_names} {fault}")
            if matching:
                axes[instrument.name] = matching[0], signs[matching[0].name]
        if len(axes) < 2:
            raise UsageError(
                f"--trait {trait}: only {', '.join(axes)} has such an axis; name one of another "
                "run, too"
            )
    return traits


def _signed(name: str) -> tuple[str, int]:
    """``-econ`` -> ``econ`` and -1."""
    return (name[1:], -1) if name.startswith("-") else (name, 1)
