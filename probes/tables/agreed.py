"""Answers of several models -> their agreement: by itself, by variant, and under each condition."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

import pandas as pd

from probes.agreement import table as agreements
from probes.agreement.variants import by_variant
from probes.errors import RunError
from probes.evidence.columns import AnswerColumns
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


def agreed(evidence: Evidence, materials: Materials) -> Agreed:
    """The agreement table of several models, and their materials with the options of open replies.

    Raises:
        RunError: as `tabulate`.
    """
    headers, frames, apart = [], [], []
    materials = offered(materials)
    first, *others = [c.name for c in materials.recipe.conditions] or [""]
    under: dict[str, list[pd.DataFrame]] = {name: [] for name in others}
    for header, given in evidence:
        lines = given if isinstance(given, AnswerColumns) else AnswerColumns.of(given)
        if fault := unjudged(header):
            raise RunError(fault)
        headers.append(header)
        how = materials.recipe, materials.correction
        for name, found in under.items():
            found.append(agreements.agreement(header, lines.under(name), *how))
        lines = lines.under(first)
        frames.append(agreements.agreement(header, lines, *how))
        if lines.variant.any():
            apart.append(by_variant(header, lines, *how))
    together = pd.concat(frames, ignore_index=True)
    frames.clear()  # a gigabyte, of ten million answers
    variants = pd.concat(apart, ignore_index=True) if apart else None
    conditions = {n: pd.concat(found, ignore_index=True) for n, found in under.items()}
    return Agreed(headers, together, materials, variants, conditions)


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
