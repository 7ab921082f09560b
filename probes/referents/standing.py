"""`people.csv`: where each model stands among people, axis by axis and group by group.

Who is not placed has no percentile, and the row says why. The interval is of people and of the
model's position; people's own answers are taken as they are.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from probes.placement.interval import Floats
from probes.referents.chance import ModelDraws, nearest
from probes.referents.crowds import EVERYBODY, Crowd
from probes.referents.majorities import Sides, agreement
from probes.referents.referents import EVERY_AXIS, Referents
from probes.types import Tables
from probes.types.reasons import JOINT, hollow, placed, sentences

COLUMNS = (
    *("model", "axis", "group", "n", "position", "low", "high"),
    *("percentile", "percentile_low", "percentile_high", "percentile_direction", "nearest"),
    *("extremity", "extremity_percentile", "shape"),
    *("agreement", "agreement_low", "agreement_high", "statements", "reason"),
)
NOT_PLACED = "not placed"
NO_PEOPLE = "fewer than 10 people have a position on this axis"
ONE_WAY = (
    "people answered statements of one key direction alone, without mirrors: where they stand "
    "cannot be told from how often they agree"
)
NO_INTERVAL = "the position has no interval: the percentile's is of people alone"

CENTRED = "people's positions are key-centred: the keys of this axis are uneven"
OTHERS = "models were asked {} statements of this axis, people {}: not the same ones"

Row = dict[str, object]


def standing(tables: Tables, of: Referents) -> pd.DataFrame:
    """A row a model, axis and group, all people first; then the model's rows of all axes together.

    Args:
        tables: of the run; placements, topics and statements are looked at.
        of: the people.
    """
    chance = {axis.name: _chance(tables, axis.name, of) for axis in tables.axes}
    by_model: dict[str, list[Row]] = {str(model): [] for model in tables.models["model"]}
    for axis, models in chance.items():
        for row in _axis_rows(tables, axis, models, of):
            by_model[str(row["model"])].append(row)
    if len(chance) > 1:
        for row in _overall(tables, list(chance.values()), of):
            by_model[str(row["model"])].append(row)
    rows = [row for own in by_model.values() for row in own]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"n": int})


def _chance(tables: Tables, axis: str, of: Referents) -> ModelDraws:
    rows = tables.placements[tables.placements["axis"] == axis]
    rows = rows[rows["placed"].map(placed).astype(bool)]
    models = list(map(str, rows["model"]))
    return ModelDraws(models, rows, of.shown.get(axis, {}), of.seed)


def _axis_rows(tables: Tables, axis: str, chance: ModelDraws, of: Referents) -> Iterator[Row]:
    """On one axis, group by group; of a model that is not placed, why."""
    yield from _without(tables, axis, chance, of)
    shares = nearest(chance.squares()) if len(chance.groups) > 1 else None
    extremity, extremes = of.extremity.get(axis), _extremes(tables, axis, chance.models, of)
    own, others = _own_sides(tables), _others(tables, axis, of)
    for group in chance.crowds:
        numbers = chance.percentiles(group)
        percentiles = _extreme_percentiles(axis, group, extremes, of)
        for n, (model, placement) in enumerate(_records(chance)):
            at = float(str(placement["position"]))
            everybody = group == EVERYBODY
            yield {
                **_head(placement, group, chance.crowds[group].n),
                **{name: float(values[n]) for name, values in numbers.items()},
                "nearest": np.nan if everybody or shares is None
                else float(shares[n, chance.groups.index(group)]),
                "extremity": extremes[n],
                "extremity_percentile": percentiles[n],
                "shape": extremity.shape(at, extremes[n]) if everybody and extremity else "",
                **_agreed(own.get(model, {}), group, axis, of),
                "reason": JOINT.join([*_remarks(placement), *others]),
            }  # fmt: skip


def _without(tables: Tables, axis: str, chance: ModelDraws, of: Referents) -> Iterator[Row]:
    """Models that have no percentile, and why."""
    rows = tables.placements[tables.placements["axis"] == axis]
    everybody = chance.crowds.get(EVERYBODY)
    for placement in rows.to_dict("records"):
        why = [] if everybody else [ONE_WAY if axis in of.one_way else NO_PEOPLE]
        if str(placement["model"]) not in chance.models:
            why += [NOT_PLACED, *sentences(placement["reason"])]
        if why:
            head = _head(placement, EVERYBODY, everybody.n if everybody else 0)
            yield {**head, "shape": "", "statements": np.nan, "reason": JOINT.join(why)}


def _head(placement: Mapping[Hashable, object], group: str, n: int) -> Row:
    names = ("model", "axis", "position", "low", "high")
    return {**{name: placement[name] for name in names}, "group": group, "n": n}


def _records(chance: ModelDraws) -> Iterator[tuple[str, Mapping[Hashable, object]]]:
    return zip(chance.models, chance.rows.to_dict("records"), strict=True)


def _remarks(placement: Mapping[Hashable, object]) -> list[str]:
    """What must be said beside a percentile: why no claim is made of the position, say."""
    bare = not np.isfinite(float(str(placement["low"])))
    return [*hollow(placement["reason"]), *([NO_INTERVAL] if bare else [])]


def _others(tables: Tables, axis: str, of: Referents) -> list[str]:
    """How models and people were measured otherwise on the axis, if they were."""
    lists = (tables.statements, of.people.support)
    asked, answered = (
        of.loads[axis] & set(() if table is None else map(str, table["statement"]))
        for table in lists
    )
    remarks = [CENTRED] if axis in of.centred else []
    return [*remarks, *([OTHERS.format(len(asked), len(answered))] if asked != answered else [])]


# --- all axes together -------------------------------------------------------------------------


def _overall(tables: Tables, chances: Sequence[ModelDraws], of: Referents) -> Iterator[Row]:
    """Nearest group and agreement with majorities, of models that are placed on every axis."""
    held = [chance for chance in chances if chance.crowds]
    if not held:
        return
    models = [m for m in held[0].models if all(m in chance.models for chance in held)]
    groups = [g for g in held[0].groups if all(g in chance.crowds for chance in held)]
    shares = None
    if len(groups) > 1 and models:
        shares = nearest(np.sum([_picked(chance, models, groups) for chance in held], axis=0))
    own = _own_sides(tables)
    for n, model in enumerate(models):
        for group in (EVERYBODY, *groups):
            yield {
                "model": model,
                "axis": EVERY_AXIS,
                "group": group,
                "n": min(chance.crowds[group].n for chance in held),
                "nearest": np.nan if group == EVERYBODY or shares is None
                else float(shares[n, groups.index(group)]),
                "shape": "",
                **_agreed(own.get(model, {}), group, EVERY_AXIS, of),
                "reason": "",
            }  # fmt: skip


def _picked(chance: ModelDraws, models: Sequence[str], groups: Sequence[str]) -> Floats:
    """Squared distances of some models to the means of some groups, in this order."""
    rows = [chance.models.index(model) for model in models]
    columns = [chance.groups.index(group) for group in groups]
    return chance.squares()[:, rows][:, :, columns]


# --- topics and statements ---------------------------------------------------------------------


def _extremes(tables: Tables, axis: str, models: Sequence[str], of: Referents) -> list[float]:
    """How extreme each model is by topic; NaN where that cannot be told."""
    extremity = of.extremity.get(axis)
    if extremity is None or tables.topics.empty:
        return [np.nan] * len(models)
    topics = tables.topics[tables.topics["axis"] == axis]
    return [extremity.of(topics[topics["model"] == model]) for model in models]


def _extreme_percentiles(
    axis: str, group: str, extremes: Sequence[float], of: Referents
) -> Sequence[float]:
    """Percent of the group who are less extreme by topic."""
    extremity = of.extremity.get(axis)
    people = of.people.positions[of.people.positions["axis"] == axis]
    if group != EVERYBODY:
        people = people[people["group"] == group]
    if extremity is None:
        return [np.nan] * len(extremes)
    at = people["person"].map(extremity.by_person).to_numpy(np.float64)
    crowd = Crowd.of(group, at, people["weight"].to_numpy(np.float64))
    if not crowd.n:
        return [np.nan] * len(extremes)
    percentiles = crowd.percentile(np.nan_to_num(np.array(extremes)))
    return list(np.where(np.isfinite(extremes), percentiles, np.nan))


def _own_sides(tables: Tables) -> Mapping[str, Sides]:
    """Model -> its mean agreement with each statement."""
    table = tables.statements
    if table is None:
        return {}
    sides: dict[str, dict[str, float]] = {}
    columns = (table[name] for name in ("model", "statement", "agreement"))
    for model, statement, agreed in zip(*columns, strict=True):
        sides.setdefault(str(model), {})[str(statement)] = float(agreed)
    return sides


def _agreed(own: Sides, group: str, axis: str, of: Referents) -> Row:
    majority = {s: side for s, side in of.sides.get(group, {}).items() if s in of.loads[axis]}
    (share, low, high), n = agreement(own, majority)
    return {"agreement": share, "agreement_low": low, "agreement_high": high, "statements": n}
