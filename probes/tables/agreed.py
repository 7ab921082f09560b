"""Answers of several models -> their agreement: by itself, by variant, and under each condition."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

import pandas as pd

from probes.agreement import rewards
from probes.agreement import table as agreements
from probes.agreement.variants import by_variant
from probes.errors import RunError
from probes.evidence.columns import AnswerColumns
from probes.placement.criteria import Row
from probes.replies import stance
from probes.types import Answer, Header, Materials

Evidence = Iterable[tuple[Header, Iterable[Answer] | AnswerColumns]]
"""Of each model: the header of its answers, and the answers."""


class Agreed(NamedTuple):
    """The agreement of several models, of which nothing is placed yet."""

    headers: list[Header]
    agreement: pd.DataFrame
    materials: Materials
    """With the options of open replies."""
    variants: pd.DataFrame | None
    """None where only first texts were asked."""
    conditions: Mapping[str, pd.DataFrame]
    """Condition -> agreement under it, of all but the first, whose answers `agreement` is made of;
    empty where the run has no conditions."""
    rewards: pd.DataFrame | None
    """What scales the rewards of those models that give any (`agreement.rewards`)."""


def agreed(evidence: Evidence, materials: Materials) -> Agreed:
    """The agreement table of several models, and their materials with the options of open replies.

    Raises:
        RunError: as `tabulate`.
    """
    headers, frames, apart, scales = [], [], [], list[Row]()
    materials = offered(materials)
    first, *others = [c.name for c in materials.recipe.conditions] or [""]
    under: dict[str, list[pd.DataFrame]] = {name: [] for name in others}
    for header, answers in evidence:
        lines = answers if isinstance(answers, AnswerColumns) else AnswerColumns.of(answers)
        if fault := unjudged(header):
            raise RunError(fault)
        headers.append(header)
        how = materials.recipe, materials.correction
        for name, tables in under.items():
            frame = agreements.agreement(header, lines.under(name), *how)
            tables.append(rewards.scaled(frame, _scales(header, frame, materials)))
        lines = lines.under(first)
        frame = agreements.agreement(header, lines, *how)
        of_model = _scales(header, frame, materials)
        frames.append(rewards.scaled(frame, of_model))
        scales += rewards.rows(header.model.name, of_model)
        if lines.variant.any():
            apart.append(rewards.scaled(by_variant(header, lines, *how), of_model))
    together = pd.concat(frames, ignore_index=True)
    frames.clear()  # a gigabyte, of ten million answers
    variants = pd.concat(apart, ignore_index=True) if apart else None
    conditions = {n: pd.concat(tables, ignore_index=True) for n, tables in under.items()}
    scaled_by = pd.DataFrame(scales, columns=list(rewards.COLUMNS)) if scales else None
    return Agreed(headers, together, materials, variants, conditions, scaled_by)


def _scales(
    header: Header, frame: pd.DataFrame, materials: Materials
) -> dict[str, rewards.ControlScale]:
    """Wording -> what scales its rewards; nothing for a model that gives none."""
    return rewards.control_scales(frame, materials.controls) if header.model.rewards else {}


def unjudged(header: Header) -> str:
    """What is wrong with open replies in memory, whose stance nobody judges; empty if nothing."""
    if all(header.wordings.values()):
        return ""
    return (
        f"{header.model.name}: its replies are open and their stance is not judged; ask it "
        "in a folder, with `probes run --out`"
    )


def offered(materials: Materials) -> Materials:
    """With what a stance can be as the options of wordings whose replies are open."""
    return replace(materials, recipe=stance.with_stance_options(materials.recipe))
