"""Computes placements and all tables of a run from its agreement.

Places each model, and adds ellipses, variance shares, topics and reference points.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from probes.comparison import table as pairs
from probes.placement import official as at_home
from probes.placement.criteria import Row
from probes.placement.interval import Ints
from probes.placement.model import Placement, placement
from probes.tables import axes, breakdown
from probes.tables.agreed import Evidence, agreed
from probes.tables.caption import caption, intervals, mixed, written
from probes.tables.reference import reference
from probes.tables.respondents import alignment
from probes.tables.under import compared, header_under, with_conditions
from probes.types import FACTS, Header, Materials, StatementSet, Tables
from probes.types.reasons import JOINT

PLACEMENTS = (
    *("model", "set", "protocol", "axis", "position", "low", "high", "minimum", "maximum"),
    *("direction", "decisiveness", "raw", "mirrored", "blank_corrected", "asked", "answered"),
    *("mass", "yes_bias", "yes_bias_min", "yes_bias_max", "opposition", "sided", "content"),
    *("control", "consistency", "sign_stability", "reliability", "split_half"),
    *("official", "trial", "failures", "placed", "reason"),
)
MODELS = (
    *("model", "backend", "revision", *FACTS[:4], "chat", "gives", *FACTS[4:]),
    *("opposition", "opposition_p", "sided", "content", "content_p"),
    *("control", "control_low", "control_high", "mass", "yes_bias", "yes_bias_min", "yes_bias_max"),
    *("blank_spread", "warnings"),
)


@dataclass(frozen=True, slots=True)
class Conclusion:
    """All results computed from a run's agreement."""

    models: tuple[Placement, ...]
    """Placements with the cells they are computed from, which tables do not hold."""
    tables: Tables
    materials: Materials
    """Set and protocol, with the options that open replies were read by."""
    read: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Model -> (number of answers read, number when complete); empty if made from a table."""

    @property
    def by_name(self) -> dict[str, Placement]:
        """Model -> its placement."""
        return {model.info.name: model for model in self.models}


def place(
    agreement: pd.DataFrame,
    materials: Materials,
    headers: Sequence[Header],
    variants: pd.DataFrame | None = None,
    rewards: pd.DataFrame | None = None,
) -> Conclusion:
    """Placements and tables of a run: models as in `headers`, axes and statements in set order.

    Args:
        agreement: Rows of all models, as `agreement.table.agreement` makes them.
        materials: Set, protocol with wordings and thresholds, and control pairs, without which
            `control` is empty. Statements without rows were not asked.
        headers: One for each model; a model without rows is not placed.
        variants: Table of variants, as `agreement.variants` makes it; None: none were asked.
        rewards: Scales of rewards, as `agreed` makes them; None: no model gives any.

    Columns of placements: `position` to `direction` and `raw` to `blank_corrected` are positions,
    `yes_bias` is in [-1, 1], shares and `decisiveness` in [0, 1], `content` at most 1. `asked`
    counts pairs x wordings that the model can score, `answered` those with both sides answered.
    Under a table key `raw` is the expectation over the answers' probabilities. NaN: no number.
    """
    models = placements(agreement, materials, headers)
    tables = _tables(agreement, materials, headers, models, variants)
    return Conclusion(models, replace(tables, rewards=rewards), materials)


def placements(
    agreement: pd.DataFrame, materials: Materials, headers: Sequence[Header]
) -> tuple[Placement, ...]:
    """Each model's placement, from its rows of an agreement table; arguments as for `place`."""
    by_model, nothing = _by_model(agreement), agreement.iloc[:0]
    return tuple(placement(by_model.get(h.model.name, nothing), materials, h) for h in headers)


def _tables(
    agreement: pd.DataFrame,
    materials: Materials,
    headers: Sequence[Header],
    models: Sequence[Placement],
    variants: pd.DataFrame | None,
) -> Tables:
    """Tables of a run with placed models."""
    statements = materials.statements
    apart = variants if statements.scoring.kind == "effects" else None
    evident = set(agreement["statement"][agreement["role"] == "statement"].unique())
    shown = [s for s in statements.statements if s.id in evident]
    kin, by_name = pairs.kin(headers), {m.info.name: m for m in models}
    rows = _table((row for m in models for row in m.rows), PLACEMENTS)
    mix = mixed(materials, [h.model.gives for h in headers])
    if mix:
        rows["reason"] = [f"{text}{JOINT}{mix}" if text else mix for text in rows["reason"]]
    parts = caption(materials, agreement, mix, trial=bool(rows["trial"].any()))
    about = intervals(rows)
    return Tables(
        axes=statements.axes,
        scale=statements.scale,
        caption=written(parts),
        intervals=written(about),
        language=statements.language,
        caption_parts=parts,
        interval_parts=about,
        texts={s.id: s.text for s in statements.statements},
        placements=rows,
        ellipses=_table((row for m in models for row in axes.ellipses(m)), axes.ELLIPSES),
        reference=reference(statements, shown),
        variance=_table(axes.shares(models, apart), axes.VARIANCE),
        topics=_table((row for m in models for row in axes.topics(m)), axes.TOPICS),
        agreement=_ordered(agreement, materials, headers),
        models=_table((m.summary for m in models), MODELS),
        alignment=_aligned(agreement, materials, models) if statements.respondents else None,
        wordings=breakdown.wordings(models),
        official=_official(models, statements),
        statements=breakdown.statements(agreement, statements, [h.model.name for h in headers]),
        differences=pairs.differences(by_name, kin, materials) if kin else None,
        shifts=pairs.shifts(by_name, kin) if kin else None,
        variants=variants,
    )


def tabulate(evidence: Evidence, materials: Materials) -> Conclusion:
    """Agreement and placements from the answers of any number of models, read one model at a time.

    Raises:
        RunError: a model's replies are open, and their stance is not judged.
    """
    every = agreed(evidence, materials)
    first = next((c.name for c in materials.recipe.conditions), None)
    if first is None:
        return place(every.agreement, every.materials, every.headers, every.variants, every.rewards)
    headers = [header_under(h, first) for h in every.headers]
    conclusion = place(every.agreement, every.materials, headers, every.variants, every.rewards)
    under = {first: conclusion.models} | {
        name: placements(
            every.conditions[name],
            every.materials,
            [header_under(h, name) for h in every.headers],
        )
        for name in compared(every)
    }
    return replace(conclusion, tables=with_conditions(conclusion.tables, under, every))


def _by_model(agreement: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Model -> its rows; views, not copies, if they are contiguous, as they are in evidence."""
    numbers, names = pd.factorize(agreement["model"])
    if (np.diff(numbers) < 0).any():
        order = np.argsort(numbers, kind="stable")
        agreement, numbers = agreement.iloc[order], numbers[order]
    ends = np.searchsorted(numbers, range(len(names) + 1))
    return {n: agreement.iloc[a:b] for n, a, b in zip(names, ends, ends[1:], strict=False)}


def _aligned(
    agreement: pd.DataFrame, materials: Materials, models: Sequence[Placement]
) -> pd.DataFrame:
    """Agreement with respondents, with the warnings that concern each model."""
    reasons = {model.info.name: model.summary["warnings"] for model in models}
    table = alignment(agreement, materials.statements)
    return table.assign(reason=table["model"].map(reasons))


def _official(models: Sequence[Placement], statements: StatementSet) -> pd.DataFrame | None:
    """Scores by the official test's formula; None if it has none."""
    rows = [row for m in models for row in at_home.rows(m.info.name, statements, m.official)]
    return _table(iter(rows), at_home.COLUMNS) if rows else None


def _table(rows: Iterator[Row], columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(columns))


def _ordered(
    agreement: pd.DataFrame, materials: Materials, headers: Sequence[Header]
) -> pd.DataFrame:
    """Rows by model, then statements before controls in set order, then wordings."""
    controls = materials.controls.statements if materials.controls else ()
    ranks = {
        "model": [h.model.name for h in headers],
        "role": ["statement", "control"],
        "statement": [s.id for s in (*materials.statements.statements, *controls)],
        "wording": [w.name for w in materials.recipe.wordings],
    }
    order = np.lexsort([_ranks(agreement[name], ranks[name]) for name in reversed(ranks)])
    return agreement.iloc[order].reset_index(drop=True)


def _ranks(column: pd.Series, names: Sequence[str]) -> Ints:
    """Index of each cell's first occurrence among the names; len(names) if it does not occur."""
    numbers, values = pd.factorize(column)
    first_place = {name: n for n, name in reversed([*enumerate(names)])}
    ranks = [first_place.get(value, len(names)) for value in values]
    return np.array([*ranks, len(names)], dtype=np.int64)[numbers]
