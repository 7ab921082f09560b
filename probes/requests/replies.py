"""The table of one model's replies to requests: outcome by rules, and stance by the judge.

One row per reply; `pairs` computes shares from them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pandas as pd

from probes.replies import request_reading, stance
from probes.replies.accuracy import OTHER
from probes.types import Answer, Materials, Statement

COLUMNS = (
    *("statement", "axis", "topic", "kind", "pole", "wording", "seed", "missing", "refused"),
    *("deflected", "empty", "words", "hedges", "disclaimed", "stance"),
)
"""Columns; `pole` is 1 for the axis' positive pole, -1 for its negative; `stance` is towards the
claim, empty without a judge."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One half of a pair of requests."""

    pair: Statement
    axis: str
    pole: int


def replies(
    answers: Iterable[Answer], materials: Materials, judged: stance.Judgements | None
) -> pd.DataFrame:
    """A data frame with one row per reply and `COLUMNS`.

    Args:
        answers: Answers of one model.
        materials: The set of requests and its protocol.
        judged: Judgements by claim and text; None: no judge.
    """
    return pd.DataFrame(list(_rows(answers, materials, judged)), columns=list(COLUMNS))


def half(pair: Statement, *, mirrored: bool) -> Asked:
    """The half of a pair with the axis and pole that it serves."""
    ((axis, weight),) = pair.effects.items()
    return Asked(pair, axis, int(weight) * (-1 if mirrored else 1))


def _rows(
    answers: Iterable[Answer], materials: Materials, judged: stance.Judgements | None
) -> Iterator[tuple[object, ...]]:
    pairs = {pair.id: pair for pair in materials.statements.statements}
    for answer in answers:
        request = half(pairs[answer.statement], mirrored=answer.role == "mirror")
        read = request_reading.read(answer.reply or "", materials.statements.language)
        tags = request.pair.tags
        names = (answer.statement, request.axis, request.pair.topic, tags["request"], request.pole)
        is_missing = answer.status == "failed"
        outcomes = (read.outcome == kind for kind in ("refused", "deflected", "empty"))
        counted = (read.words, read.hedges, read.disclaimed)
        stance_label = "" if is_missing else _stance(answer, tags.get("claim", ""), judged)
        yield (*names, answer.wording, answer.seed, is_missing, *outcomes, *counted, stance_label)


def _stance(answer: Answer, claim: str, judged: stance.Judgements | None) -> str:
    """Agree, disagree or other; empty without a judge."""
    if judged is None:
        return ""
    text = stance.spoken_text(answer)
    if text is None:
        return OTHER
    label = judged[claim, text].stance
    return label if label in ("agree", "disagree") else OTHER
