"""What `people.csv` says of all axes together: nearest group, and agreement with majorities."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from probes.placement.interval import Floats
from probes.referents.chance import ModelDraws, nearest
from probes.referents.crowds import EVERYBODY
from probes.referents.disclosure import LEAST
from probes.referents.majorities import Sides, agreement
from probes.referents.referents import EVERY_AXIS, Referents
from probes.types import Tables

DIGITS = 2
"""Of shares of draws: more would give away where a small group stands."""

Row = dict[str, object]


def overall(tables: Tables, chances: Mapping[str, ModelDraws], of: Referents) -> Iterator[Row]:
    """Nearest group and agreement with majorities, of models that are placed on every axis."""
    held = [chance for chance in chances.values() if chance.crowds]
    if not held:
        return
    models = [m for m in held[0].models if all(m in chance.models for chance in held)]
    counts = _everywhere([axis for axis, chance in chances.items() if chance.crowds], of)
    groups = [
        g
        for g in held[0].groups
        if all(g in chance.crowds for chance in held) and counts[g] >= LEAST
    ]
    if counts[EVERYBODY] < LEAST:
        return
    shares = None
    if len(groups) > 1 and models:
        shares = nearest(np.sum([_picked(chance, models, groups) for chance in held], axis=0))
    own = own_sides(tables)
    for n, model in enumerate(models):
        for group in (EVERYBODY, *groups):
            yield {
                "model": model,
                "axis": EVERY_AXIS,
                "group": group,
                "n": counts[group],
                "nearest": np.nan if group == EVERYBODY or shares is None
                else round(float(shares[n, groups.index(group)]), DIGITS),
                "shape": "",
                **agreed(own.get(model, {}), group, EVERY_AXIS, of),
                "reason": "",
            }  # fmt: skip


def _everywhere(axes: Sequence[str], of: Referents) -> Mapping[str, int]:
    """Group -> people who have a position on each of these axes."""
    rows = of.people.positions
    placed = rows["axis"].isin(axes) & rows["position"].notna() & (rows["weight"] > 0)
    people = rows[placed].groupby("person", sort=False)["group"].agg(["size", "first"])
    whole = people.loc[people["size"] == len(axes), "first"]
    return Counter({EVERYBODY: len(whole)}) + Counter(map(str, whole[whole != ""]))


def _picked(chance: ModelDraws, models: Sequence[str], groups: Sequence[str]) -> Floats:
    """Squared distances of some models to the means of some groups, in this order."""
    rows = [chance.models.index(model) for model in models]
    columns = [chance.groups.index(group) for group in groups]
    return chance.squares()[:, rows][:, :, columns]


def own_sides(tables: Tables) -> Mapping[str, Sides]:
    """Model -> its mean agreement with each statement."""
    table = tables.statements
    if table is None:
        return {}
    sides: dict[str, dict[str, float]] = {}
    columns = (table[name] for name in ("model", "statement", "agreement"))
    for model, statement, agreed in zip(*columns, strict=True):
        sides.setdefault(str(model), {})[str(statement)] = float(agreed)
    return sides


def agreed(own: Sides, group: str, axis: str, of: Referents) -> Row:
    """Cells about the majority of a group, of the statements of an axis."""
    majority = {s: side for s, side in of.sides.get(group, {}).items() if s in of.loads[axis]}
    (share, low, high), n = agreement(own, majority)
    return {"agreement": share, "agreement_low": low, "agreement_high": high, "statements": n}
