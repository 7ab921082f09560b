"""Respondents through the real path, in memory: plan, ask, agreement, placement.

The very functions that a run uses, without a folder. Knows neither what a respondent is nor what
its numbers are worth.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from probes import loop
from probes.agreement import agreement
from probes.tables import place
from probes.types import Header, Materials, Scorer, Tables


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of asking, as far as the tables."""

    headers: tuple[Header, ...]
    tables: Tables


def tried(respondents: Sequence[Scorer], materials: Materials) -> Trial:
    """Ask every respondent the whole protocol, and place it."""
    headers, frames = [], []
    for respondent in respondents:
        planned = loop.plan(respondent, materials)
        answers = [a for batch in loop.ask(respondent, planned) for a in batch.answers]
        headers.append(planned.header)
        frames.append(agreement(planned.header, answers, materials.recipe))
    return Trial(tuple(headers), place(pd.concat(frames, ignore_index=True), materials, headers))
