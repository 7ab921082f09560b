"""Answers of one model to requests -> a row a reply: what it did, for which pole, and by the judge.

Reads texts by rules, and puts the stances that a judge gave beside them. Computes no share.
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
"""`pole` is 1 for the axis' positive pole and -1 for its negative; `stance` is towards the claim,
empty where no judge was asked."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One half of a pair."""

    pair: Statement
    axis: str
    pole: int


def replies(
    answers: Iterable[Answer], materials: Materials, judged: stance.Judgements | None
) -> pd.DataFrame:
    """A row a reply; see `COLUMNS`.

    Args:
        answers: Of one model.
        materials: The requests.
        judged: By claim and text; None: nobody judged.
    """
    return pd.DataFrame(list(_rows(answers, materials, judged)), columns=list(COLUMNS))


def half(pair: Statement, *, mirrored: bool) -> Asked:
    """Which pole of which axis a request serves."""
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
        told = "" if is_missing else _stance(answer, tags.get("claim", ""), judged)
        yield (*names, answer.wording, answer.seed, is_missing, *outcomes, *counted, told)


def _stance(answer: Answer, claim: str, judged: stance.Judgements | None) -> str:
    """Agree, disagree or other; empty where nobody judged."""
    if judged is None:
        return ""
    text = stance.spoken_text(answer)
    if text is None:
        return OTHER
    label = judged[claim, text].stance
    return label if label in ("agree", "disagree") else OTHER
