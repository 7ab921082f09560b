"""Agreement -> placements: every number of a run, as the tables of its folder.

Asks `placement` for each model and gathers ellipses, variance shares, topics and reference points.
Reads no file and draws nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd

from probes.agreement import table as agreements
from probes.comparison import table as pairs
from probes.errors import RunError
from probes.evidence.columns import AnswerColumns
from probes.placement import axis as point
from probes.placement import variance
from probes.placement.effects_key import LEGACY
from probes.placement.interval import Floats, Ints
from probes.placement.model import CONTENT_BLIND, Placement, Row, placement
from probes.replies import stance
from probes.tables import breakdown
from probes.tables.reference import reference
from probes.tables.respondents import alignment
from probes.types import FACTS, Answer, Header, Materials, Tables

PLACEMENTS = (
    *("model", "set", "protocol", "axis", "position", "low", "high", "minimum", "maximum"),
    *("direction", "decisiveness", "raw", "mirrored", "blank_corrected", "asked", "answered"),
    *("mass", "yes_bias", "content", "control", "consistency", "sign_stability", "reliability"),
    *("placed", "reason"),
)
MODELS = (
    *("model", "backend", "revision", *FACTS[:4], "chat", "gives", *FACTS[4:]),
    *("content", "content_p"),
    *("control", "control_low", "control_high", "mass", "yes_bias", "blank_spread", "warnings"),
)
ELLIPSES = ("model", "x_axis", "y_axis", "x", "y", "var_x", "cov", "var_y", "radius")
VARIANCE = ("model", "axis", "source", "share")
TOPICS = ("model", "axis", "topic", "position", "low", "high", "statements")

WAYS = {"text": "replies read", "top log-probabilities": "options by first tokens"}
"""How models behind endpoints are asked that do not give all probabilities."""
MODELS_TO_COMPARE = 5
"""From so many models on, model x wording is estimated."""
EVERY_MODEL = "all"
"""Stands for the model in rows about all of them."""


def place(agreement: pd.DataFrame, materials: Materials, headers: Sequence[Header]) -> Tables:
    """The tables of a run: models in the order of `headers`, axes and statements in set order.

    Args:
        agreement: rows of all models, as `agreement.table.agreement` makes them.
        materials: the instrument, the protocol whose wordings and thresholds count, and the control
            pairs, without which `control` is empty. Statements without rows were not asked.
        headers: one for each model; a model without rows is not placed.

    Columns of placements: `position` to `direction` and `raw` to `blank_corrected` are positions,
    `yes_bias` lies in [-1, 1], shares and `decisiveness` in [0, 1], `content` up to 1. `asked`
    counts pairs x wordings that the model can score, `answered` those with both sides answered.
    Under a table key `raw` is the expectation over the answers' probabilities. NaN means that there
    is no number; `reason` says why, and what else must be said, in sentences joined by "; ".
    """
    by_model, nothing = _by_model(agreement), agreement.iloc[:0]
    models = [placement(by_model.get(h.model.name, nothing), materials, h) for h in headers]
    statements = materials.statements
    evident = set(agreement["statement"][agreement["role"] == "statement"].unique())
    asked = [s for s in statements.statements if s.id in evident]
    kin, by_name = pairs.kin(headers), {m.info.name: m for m in models}
    placements = _table((row for m in models for row in m.rows), PLACEMENTS)
    mix = mixed(materials, [h.model.gives for h in headers])
    if mix:
        placements["reason"] = [f"{said}; {mix}" if said else mix for said in placements["reason"]]
    return Tables(
        axes=statements.axes,
        scale=statements.scale,
        caption=caption(materials, len(asked), mix),
        placements=placements,
        ellipses=_table((row for m in models for row in _ellipses(m)), ELLIPSES),
        reference=reference(statements, asked),
        variance=_table(_variance(models), VARIANCE),
        topics=_table((row for m in models for row in _topics(m)), TOPICS),
        agreement=_ordered(agreement, materials, headers),
        models=_table((m.summary for m in models), MODELS),
        alignment=_aligned(agreement, materials, models) if statements.respondents else None,
        wordings=breakdown.wordings(models),
        statements=breakdown.statements(agreement, statements, [h.model.name for h in headers]),
        differences=pairs.differences(by_name, kin, materials) if kin else None,
        shifts=pairs.shifts(by_name, kin) if kin else None,
    )


def tabulate(
    evidence: Iterable[tuple[Header, Iterable[Answer] | AnswerColumns]], materials: Materials
) -> Tables:
    """Answers of any number of models -> agreement -> placements, one model's answers at a time."""
    headers, frames = [], []
    materials = replace(materials, recipe=stance.with_stance_options(materials.recipe))
    for header, lines in evidence:
        if not all(header.wordings.values()):
            raise RunError(
                f"{header.model.name}: its replies are open and their stance is not judged; ask it "
                "in a folder, with `probes run --out`"
            )
        headers.append(header)
        frames.append(agreements.agreement(header, lines, materials.recipe, materials.correction))
    together = pd.concat(frames, ignore_index=True)
    frames.clear()  # a gigabyte, of ten million answers
    return place(together, materials, headers)


def _by_model(agreement: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Model -> its rows; views, not copies, where they stand together, as evidence is read."""
    numbers, names = pd.factorize(agreement["model"])
    if (np.diff(numbers) < 0).any():
        order = np.argsort(numbers, kind="stable")
        agreement, numbers = agreement.iloc[order], numbers[order]
    ends = np.searchsorted(numbers, range(len(names) + 1))
    return {n: agreement.iloc[a:b] for n, a, b in zip(names, ends, ends[1:], strict=False)}


def _aligned(
    agreement: pd.DataFrame, materials: Materials, models: Sequence[Placement]
) -> pd.DataFrame:
    """Agreement with respondents, and what speaks against believing it of a model."""
    limits, said = materials.recipe.thresholds, dict[str, str]()
    for model in models:
        content, p = (float(str(model.summary[name])) for name in ("content", "content_p"))
        blind = content < limits.content or p > limits.content_p
        warnings = str(model.summary["warnings"])
        said[model.info.name] = "; ".join(filter(None, [CONTENT_BLIND * blind, warnings]))
    found = alignment(agreement, materials.statements)
    return found.assign(reason=found["model"].map(said))


def _table(rows: Iterator[Row], columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(columns))


def mixed(materials: Materials, gives: Sequence[str]) -> str:
    """What must be said of models that could not all be asked in one way; empty if they could."""
    if materials.recipe.method != "choice":
        return ""
    ways = dict.fromkeys(WAYS.get(str(given), "options scored in full") for given in gives)
    return f"models were asked in different ways: {', '.join(ways)}" if len(ways) > 1 else ""


def caption(materials: Materials, asked: int, mix: str = "") -> str:
    """Provenance, what the intervals are about, and what `mixed` says."""
    statements, recipe = materials.statements, materials.recipe
    centre = statements.scoring.centre
    home = f" · {statements.title} itself prints {centre:g} + position" if centre else ""
    legacy = f" · {LEGACY}" if materials.missing == "legacy-agree" else ""
    legacy += f" · {materials.correction.sentence}" if materials.correction else ""
    return (
        f"{statements.title} {statements.version}".strip()
        + f" · protocol {recipe.name} · {asked} statements x {len(recipe.wordings)} wordings"
        " · 95 % intervals: other statements, other wordings; for exactly these prompts there is no"
        f" sampling error · untested on people{home}{legacy}{f' · {mix}' if mix else ''}"
    )


def _ellipses(model: Placement) -> Iterator[Row]:
    """A row for each pair of axes that both have an interval."""
    for (x_axis, x), (y_axis, y) in combinations(model.points.items(), 2):
        found = point.ellipse(x, y)
        if found:
            names = (model.info.name, x_axis, y_axis, x.position, y.position)
            shape = (found.var_x, found.cov, found.var_y, found.radius)
            yield dict(zip(ELLIPSES, (*names, *shape), strict=True))


def _topics(model: Placement) -> Iterator[Row]:
    for axis, found in model.points.items():
        for topic in point.topics(found):
            yield dict(zip(TOPICS, (model.info.name, axis, *topic), strict=True))


def _variance(models: Sequence[Placement]) -> Iterator[Row]:
    """Shares of every model's own variance; then, of many models, between them."""
    for model in models:
        for axis, found in model.points.items():
            yield from _portions(model.info.name, axis, point.shares(found))
    if len(models) < MODELS_TO_COMPARE:
        return
    for axis in models[0].points:
        means = _wording_means([m.points[axis] for m in models])
        yield from _portions(EVERY_MODEL, axis, variance.model_shares(means))


def _portions(model: str, axis: str, shares: Mapping[str, float]) -> Iterator[Row]:
    for source, share in shares.items():
        yield dict(zip(VARIANCE, (model, axis, source, share), strict=True))


def _wording_means(points: Sequence[point.AxisPosition]) -> Floats:
    """``(models, wordings)`` mean leanings of models with numbers, in wordings that all share."""
    there = [p.used for p in points if not p.used.empty]
    shared = [w for w in there[0].wordings if all(w in u.wordings for u in there)] if there else []
    rows = []
    for used in there:
        means = used.share @ used.complete
        rows.append([float(means[used.wordings.index(w)]) for w in shared])
    return np.array(rows, dtype=np.float64).reshape(len(there), len(shared))


def _ordered(
    agreement: pd.DataFrame, materials: Materials, headers: Sequence[Header]
) -> pd.DataFrame:
    """Rows by model, then statements before controls in set order, then wordings."""
    others = materials.controls.statements if materials.controls else ()
    ranks = {
        "model": [h.model.name for h in headers],
        "role": ["statement", "control"],
        "statement": [s.id for s in (*materials.statements.statements, *others)],
        "wording": [w.name for w in materials.recipe.wordings],
    }
    order = np.lexsort([_ranks(agreement[name], ranks[name]) for name in reversed(ranks)])
    return agreement.iloc[order].reset_index(drop=True)


def _ranks(column: pd.Series, names: Sequence[str]) -> Ints:
    """Each cell's first place among the names; behind them all where it is none of them."""
    numbers, found = pd.factorize(column)
    place = {name: n for n, name in reversed([*enumerate(names)])}
    ranks = [place.get(name, len(names)) for name in found]
    return np.array([*ranks, len(names)], dtype=np.int64)[numbers]
