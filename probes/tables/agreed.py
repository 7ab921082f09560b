"""Answers of several models -> their agreement, of which nothing is placed yet."""

from collections.abc import Iterable
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
    rewards: pd.DataFrame | None
    """What scales the rewards of those models that give any (`agreement.rewards`)."""


def agreed(evidence: Evidence, materials: Materials) -> Agreed:
    """The agreement table of several models, and their materials with the options of open replies.

    Raises:
        RunError: as `tabulate`.
    """
    headers, frames, apart, scales = [], [], [], list[Row]()
    materials = offered(materials)
    for header, given in evidence:
        lines = given if isinstance(given, AnswerColumns) else AnswerColumns.of(given)
        if fault := unjudged(header):
            raise RunError(fault)
        headers.append(header)
        judged = (header, lines, materials.recipe, materials.correction)
        frame, versions = agreements.agreement(*judged), by_variant(*judged)
        if header.model.rewards:
            of_model = rewards.control_scales(frame, materials.controls)
            frame, versions = (rewards.scaled(table, of_model) for table in (frame, versions))
            scales += rewards.rows(header.model.name, of_model)
        frames.append(frame)
        apart += [versions] if len(versions) else []
    together = pd.concat(frames, ignore_index=True)
    frames.clear()  # a gigabyte, of ten million answers
    variants = pd.concat(apart, ignore_index=True) if apart else None
    scaled_by = pd.DataFrame(scales, columns=list(rewards.COLUMNS)) if scales else None
    return Agreed(headers, together, materials, variants, scaled_by)


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
