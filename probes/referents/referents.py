"""Prepares the people who answered a set for comparison with models."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from probes.people.keys import axis_keys
from probes.people.people_table import PeopleTables
from probes.referents.crowds import EVERYBODY
from probes.referents.disclosure import LEAST
from probes.referents.extremity import AxisExtremity, axis_extremity
from probes.referents.groups import Crowds, crowds, known
from probes.referents.majorities import Sides, majorities
from probes.types import StatementSet

EVERY_AXIS = ""
"""Value of the column `axis` in rows about all axes together."""
EVEN = (0.4, 0.6)
"""Range of balanced keys: the weighted share of an axis's statements keyed to its positive pole."""


@dataclass(frozen=True, slots=True)
class Referents:
    """The people who answered a set, with all that models are compared with."""

    people: PeopleTables
    shown: Crowds
    extremity: Mapping[str, AxisExtremity | None]
    """Axis -> extremity of people on it."""
    centred: frozenset[str]
    """Axes on which people's positions are key-centred."""
    one_way: frozenset[str]
    """Centred axes on which too few people answered statements of both key directions."""
    sides: Mapping[str, Sides]
    """Group -> statement -> side of its clear majority."""
    loads: Mapping[str, frozenset[str]]
    """Axis -> ids of the statements that load on it; `EVERY_AXIS`: all."""
    seed: int
    scale: float
    """Half the length of an axis."""
    hidden: bool
    """Whether people outside the published groups are left out, because they are too few."""


def referents(people: PeopleTables, statements: StatementSet, seed: int) -> Referents:
    """Build the referents for models that were asked this set."""
    loads = {
        axis.name: frozenset(
            s.id for s in statements.statements if axis.name in (s.effects or s.table)
        )
        for axis in statements.axes
    }
    loads[EVERY_AXIS] = frozenset(s.id for s in statements.statements)
    centred = _uneven(people, statements)
    placed, people = _placed(people), _without_yes_bias(people, centred)
    one_way = placed - _placed(people)
    everybody, people = people, known(people, statements.scale)
    hidden = len(people.positions) < len(everybody.positions)
    extremity = {axis.name: axis_extremity(people, axis.name) for axis in statements.axes}
    shown, sides = crowds(people, statements.scale), majorities(people)
    if hidden:  # differences to the groups would disclose the few people outside them
        sides = {group: sides[group] for group in sides if group != EVERYBODY}
    return Referents(
        people,
        shown,
        extremity,
        centred,
        one_way,
        sides,
        loads,
        seed,
        statements.scale,
        hidden,
    )


def _placed(people: PeopleTables) -> frozenset[str]:
    """Axes on which at least `LEAST` people have a position."""
    placed = people.positions["position"].notna() & (people.positions["weight"] > 0)
    counts = placed.groupby(people.positions["axis"]).sum()
    return frozenset(map(str, counts.index[counts >= LEAST]))


def _uneven(people: PeopleTables, statements: StatementSet) -> frozenset[str]:
    """Axes on which people's yes-bias does not cancel: unbalanced keys, and no mirrors."""
    if (people.support["role"] == "mirror").any():
        return frozenset()
    shares = {
        key.axis.name: key.weight[key.direction > 0].sum() / key.weight.sum()
        for key in axis_keys(statements)
    }
    return frozenset(axis for axis, share in shares.items() if not EVEN[0] <= share <= EVEN[1])


def _without_yes_bias(people: PeopleTables, axes: frozenset[str]) -> PeopleTables:
    """The people with key-centred positions on these axes, free of yes-bias like a model's."""
    plain = people.positions
    position = plain["position"].where(~plain["axis"].isin(axes), plain["centred"])
    return replace(people, positions=plain.assign(position=position))
