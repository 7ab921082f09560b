"""The table `people.csv`: percentiles of models among people, by axis and group.

A model that is not placed has no percentile, and a reason in its row. Intervals include sampling of
people and the error of the model's position, but not measurement error of people's answers.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from probes.phrases import phrase
from probes.placement.interval import Floats
from probes.referents.chance import ModelDraws, nearest
from probes.referents.crowds import EVERYBODY, Crowd
from probes.referents.disclosure import LEAST, may_be_shown, told_ends, told_percentiles
from probes.referents.overall import DIGITS, Row, agreed, overall, own_sides
from probes.referents.referents import Referents
from probes.types import Tables
from probes.types.reasons import JOINT, hollow, placed, sentences

COLUMNS = (
    *("model", "axis", "group", "n", "position", "low", "high"),
    *("percentile", "percentile_low", "percentile_high", "percentile_direction", "nearest"),
    *("extremity", "extremity_percentile", "shape"),
    *("agreement", "agreement_low", "agreement_high", "statements", "reason"),
)
NOT_PLACED = phrase("not placed")
NO_PEOPLE = phrase("fewer than 10 people have a position on this axis")
ONE_WAY = phrase(
    "people answered statements of one key direction alone, without mirrors: where they stand "
    "cannot be told from how often they agree"
)
HIDDEN = phrase(
    "people on this axis are too alike, or too unevenly weighted: single people would show"
)
NO_INTERVAL = phrase("the position has no interval: the percentile's is of people alone")

CENTRED = phrase("people's positions are key-centred: the keys of this axis are uneven")
OTHERS = "models were asked {asked} statements of this axis, people {answered}: not the same ones"


def standing(tables: Tables, referents: Referents) -> pd.DataFrame:
    """One row per model, axis and group, all people first; then rows for all axes together.

    Args:
        tables: Tables of the run; uses placements, topics and statements.
        referents: The people.
    """
    chance = {axis.name: _chance(tables, axis.name, referents) for axis in tables.axes}
    by_model: dict[str, list[Row]] = {str(model): [] for model in tables.models["model"]}
    for axis, models in chance.items():
        for row in _axis_rows(tables, axis, models, referents):
            by_model[str(row["model"])].append(row)
    if len(chance) > 1:
        for row in overall(tables, chance, referents):
            by_model[str(row["model"])].append(row)
    rows = [row for own in by_model.values() for row in own]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"n": int})


def _chance(tables: Tables, axis: str, referents: Referents) -> ModelDraws:
    rows = tables.placements[tables.placements["axis"] == axis]
    rows = rows[rows["placed"].map(placed).astype(bool)]
    models = list(map(str, rows["model"]))
    return ModelDraws(models, rows, referents.shown.get(axis, {}), referents.seed)


def _axis_rows(
    tables: Tables, axis: str, chance: ModelDraws, referents: Referents
) -> Iterator[Row]:
    """The rows of one axis: by group and model, and reasons for models that are not placed."""
    yield from _without(tables, axis, chance, referents)
    shares = nearest(chance.squares()) if len(chance.groups) > 1 else None
    extremity, extremes = (
        referents.extremity.get(axis),
        _extremes(tables, axis, chance.models, referents),
    )
    own, others = own_sides(tables), _others(tables, axis, referents)
    for group in chance.crowds:
        crowd = chance.crowds[group]
        numbers = _told(chance.percentiles(group), crowd.worth)
        percentiles = _extreme_percentiles(axis, group, extremes, referents)
        for n, (model, placement) in enumerate(_records(chance)):
            position = float(str(placement["position"]))
            everybody = group == EVERYBODY
            yield {
                **_head(placement, group, crowd.n),
                **{name: float(values[n]) for name, values in numbers.items()},
                "nearest": np.nan if everybody or shares is None
                else round(float(shares[n, chance.groups.index(group)]), DIGITS),
                "extremity": extremes[n],
                "extremity_percentile": percentiles[n],
                "shape": extremity.shape(position, extremes[n]) if everybody and extremity else "",
                **agreed(own.get(model, {}), group, axis, referents),
                "reason": JOINT.join([*_remarks(placement), *others]),
            }  # fmt: skip


def _told(percentiles: Mapping[str, Floats], people: float) -> dict[str, Floats]:
    """Percentiles rounded for publication (`disclosure`)."""
    low, high = (percentiles[f"percentile_{end}"] for end in ("low", "high"))
    ends = zip(("percentile_low", "percentile_high"), told_ends(low, high, people), strict=True)
    return {name: told_percentiles(values, people) for name, values in percentiles.items()} | dict(
        ends
    )


def _without(tables: Tables, axis: str, chance: ModelDraws, referents: Referents) -> Iterator[Row]:
    """Rows of models without a percentile, with the reason."""
    rows = tables.placements[tables.placements["axis"] == axis]
    everybody = chance.crowds.get(EVERYBODY)
    for placement in rows.to_dict("records"):
        why = [] if everybody else [_nobody(axis, referents)]
        if str(placement["model"]) not in chance.models:
            why += [NOT_PLACED, *sentences(placement["reason"])]
        if why:
            head = _head(placement, EVERYBODY, everybody.n if everybody else 0)
            yield {**head, "shape": "", "statements": 0, "reason": JOINT.join(why)}


def _nobody(axis: str, referents: Referents) -> str:
    """Why no people are shown on an axis."""
    if axis in referents.one_way:
        return ONE_WAY
    rows = referents.people.positions[referents.people.positions["axis"] == axis]
    placed = rows["position"].notna() & (rows["weight"] > 0)
    return HIDDEN if placed.sum() >= LEAST else NO_PEOPLE


def _head(placement: Mapping[Hashable, object], group: str, n: int) -> Row:
    names = ("model", "axis", "position", "low", "high")
    return {**{name: placement[name] for name in names}, "group": group, "n": n}


def _records(chance: ModelDraws) -> Iterator[tuple[str, Mapping[Hashable, object]]]:
    return zip(chance.models, chance.rows.to_dict("records"), strict=True)


def _remarks(placement: Mapping[Hashable, object]) -> list[str]:
    """Caveats about a percentile, such as a position without an interval."""
    bare = not np.isfinite(float(str(placement["low"])))
    return [*hollow(placement["reason"]), *([NO_INTERVAL] if bare else [])]


def _others(tables: Tables, axis: str, referents: Referents) -> list[str]:
    """Caveats about differences in how models and people were measured on the axis."""
    lists = (tables.statements, referents.people.support)
    asked, answered = (
        referents.loads[axis] & set(() if table is None else map(str, table["statement"]))
        for table in lists
    )
    remarks = [CENTRED] if axis in referents.centred else []
    return [
        *remarks,
        *([OTHERS.format(asked=len(asked), answered=len(answered))] if asked != answered else []),
    ]


# --- topics and statements ---------------------------------------------------------------------


def _extremes(
    tables: Tables, axis: str, models: Sequence[str], referents: Referents
) -> list[float]:
    """``(models,)``: extremity of each model; NaN if unknown."""
    extremity = referents.extremity.get(axis)
    if extremity is None or tables.topics.empty:
        return [np.nan] * len(models)
    topics = tables.topics[tables.topics["axis"] == axis]
    return [extremity.of(topics[topics["model"] == model]) for model in models]


def _extreme_percentiles(
    axis: str, group: str, extremes: Sequence[float], referents: Referents
) -> Sequence[float]:
    """``(models,)``: percent of the group with a lower extremity."""
    extremity = referents.extremity.get(axis)
    people = referents.people.positions[referents.people.positions["axis"] == axis]
    if group != EVERYBODY:
        people = people[people["group"] == group]
    if extremity is None:
        return [np.nan] * len(extremes)
    scores = people["person"].map(extremity.by_person).to_numpy(np.float64)
    weight = people["weight"].to_numpy(np.float64)
    if not may_be_shown(scores, weight, referents.scale):
        return [np.nan] * len(extremes)
    crowd = Crowd.of(group, scores, weight)
    percentiles = crowd.percentile(np.nan_to_num(np.array(extremes)))
    percentiles = told_percentiles(percentiles, crowd.worth)
    return list(np.where(np.isfinite(extremes), percentiles, np.nan))
