"""The rows of `people.csv` for all axes together: nearest group, agreement with majorities."""

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
"""Decimal digits of shares of draws; more would disclose positions of small groups."""

Row = dict[str, object]


def overall(
    tables: Tables, chances: Mapping[str, ModelDraws], referents: Referents
) -> Iterator[Row]:
    """Rows of models that are placed on every axis: nearest group, agreement with majorities."""
    used = [chance for chance in chances.values() if chance.crowds]
    if not used:
        return
    models = [m for m in used[0].models if all(m in chance.models for chance in used)]
    counts = _everywhere([axis for axis, chance in chances.items() if chance.crowds], referents)
    groups = [
        g
        for g in used[0].groups
        if all(g in chance.crowds for chance in used) and counts[g] >= LEAST
    ]
    if counts[EVERYBODY] < LEAST:
        return
    shares = None
    if len(groups) > 1 and models:
        shares = nearest(np.sum([_picked(chance, models, groups) for chance in used], axis=0))
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
                **agreed(own.get(model, {}), group, EVERY_AXIS, referents),
                "reason": "",
            }  # fmt: skip


def _everywhere(axes: Sequence[str], referents: Referents) -> Mapping[str, int]:
    """Group -> number of people with a position on each of these axes."""
    rows = referents.people.positions
    placed = rows["axis"].isin(axes) & rows["position"].notna() & (rows["weight"] > 0)
    people = rows[placed].groupby("person", sort=False)["group"].agg(["size", "first"])
    whole = people.loc[people["size"] == len(axes), "first"]
    return Counter({EVERYBODY: len(whole)}) + Counter(map(str, whole[whole != ""]))


def _picked(chance: ModelDraws, models: Sequence[str], groups: Sequence[str]) -> Floats:
    """``(DRAWS, models, groups)``: squared distances of these models to these groups' means."""
    rows = [chance.models.index(model) for model in models]
    columns = [chance.groups.index(group) for group in groups]
    return chance.squares()[:, rows][:, :, columns]


def own_sides(tables: Tables) -> Mapping[str, Sides]:
    """Model -> statement -> its mean agreement."""
    table = tables.statements
    if table is None:
        return {}
    sides: dict[str, dict[str, float]] = {}
    columns = (table[name] for name in ("model", "statement", "agreement"))
    for model, statement, agreed in zip(*columns, strict=True):
        sides.setdefault(str(model), {})[str(statement)] = float(agreed)
    return sides


def agreed(own: Sides, group: str, axis: str, referents: Referents) -> Row:
    """The columns about agreement with a group's majority on the statements of an axis."""
    majority = {
        s: side for s, side in referents.sides.get(group, {}).items() if s in referents.loads[axis]
    }
    (share, low, high), n = agreement(own, majority)
    return {"agreement": share, "agreement_low": low, "agreement_high": high, "statements": n}
