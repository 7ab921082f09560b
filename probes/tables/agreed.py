"""Agreement of several models from their answers: in all, by variant, and by condition."""

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
"""(header, answers) of each model."""


class Agreed(NamedTuple):
    """Agreement of several models, before placement."""

    headers: list[Header]
    agreement: pd.DataFrame
    materials: Materials
    """Set and protocol, with stances as the options of open replies."""
    variants: pd.DataFrame | None
    """Agreement by variant; None if only first texts were asked."""
    conditions: Mapping[str, pd.DataFrame]
    """Condition -> agreement under it, for all but the first condition, which `agreement` covers;
    empty without conditions."""
    rewards: pd.DataFrame | None
    """Scales of the rewards of models that give rewards (`agreement.rewards`)."""


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
    frames.clear()  # a gigabyte for ten million answers
    variants = pd.concat(apart, ignore_index=True) if apart else None
    conditions = {n: pd.concat(tables, ignore_index=True) for n, tables in under.items()}
    scaled_by = pd.DataFrame(scales, columns=list(rewards.COLUMNS)) if scales else None
    return Agreed(headers, together, materials, variants, conditions, scaled_by)


def _scales(
    header: Header, frame: pd.DataFrame, materials: Materials
) -> dict[str, rewards.ControlScale]:
    """Wording -> scale of its rewards; empty for a model that gives none."""
    return rewards.control_scales(frame, materials.controls) if header.model.rewards else {}


def unjudged(header: Header) -> str:
    """Error sentence for open replies in memory that are not judged; empty if there are none."""
    if all(header.wordings.values()):
        return ""
    return (
        f"{header.model.name}: its replies are open and their stance is not judged; ask it "
        "in a folder, with `probes run --out`"
    )


def offered(materials: Materials) -> Materials:
    """The materials with stances as options of wordings with open replies."""
    return replace(materials, recipe=stance.with_stance_options(materials.recipe))
