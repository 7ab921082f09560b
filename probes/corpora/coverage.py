"""What was found and judged of each corpus, statement by statement and in all.

`coverage.csv` and `corpora.csv`: how much a position rests on. Pure.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from probes.corpora.evidence import CorpusEvidence
from probes.corpora.judging import JudgedText
from probes.replies.stance import JudgedReply
from probes.types import Materials

COVERAGE = (
    *("model", "statement", "topic", "found", "kept", "agree", "disagree", "mirror_agree"),
    *("mirror_disagree", "sideless"),
)
CORPORA = (
    *("model", "files", "passages", "found", "kept", "covered", "sided", "judge", "corrected"),
)
SIDES = ("agree", "disagree")


@dataclass(frozen=True, slots=True)
class Judged:
    """A corpus, and what a judge made of it."""

    evidence: CorpusEvidence
    items: Sequence[JudgedText]
    replies: Sequence[JudgedReply]
    """Of each item."""
    judge: str


def tables(judged: Sequence[Judged], materials: Materials) -> dict[str, pd.DataFrame]:
    """`coverage` and `corpora`, in the order of the corpora and of the set."""
    coverage = [row for of in judged for row in _statements(of, materials)]
    corpora = [_corpus(of, materials) for of in judged]
    return {
        "coverage": pd.DataFrame(coverage, columns=list(COVERAGE)),
        "corpora": pd.DataFrame(corpora, columns=list(CORPORA)),
    }


def _statements(judged: Judged, materials: Materials) -> list[dict[str, object]]:
    header = judged.evidence.header
    passages = Counter(passage.statement for passage in judged.evidence.found)
    stances = Counter(
        (item.name, item.role, reply.stance)
        for item, reply in zip(judged.items, judged.replies, strict=True)
    )
    sided = _sided_passages(judged)
    return [
        {
            "model": header.corpus,
            "statement": pair.id,
            "topic": pair.topic or "",
            "found": header.found.get(pair.id, 0),
            "kept": passages[pair.id],
            **{side: stances[pair.id, "statement", side] for side in SIDES},
            **{f"mirror_{side}": stances[pair.id, "mirror", side] for side in SIDES},
            "sideless": passages[pair.id] - sided[pair.id],
        }
        for pair in materials.statements.statements
    ]


def _corpus(judged: Judged, materials: Materials) -> dict[str, object]:
    header, passages = judged.evidence.header, len(judged.evidence.found)
    counts = [header.found.get(pair.id, 0) for pair in materials.statements.statements]
    return {
        "model": header.corpus,
        "files": len(header.files),
        "passages": header.passages,
        "found": sum(counts),
        "kept": passages,
        "covered": sum(count > 0 for count in counts) / len(counts),
        "sided": sum(_sided_passages(judged).values()) / passages if passages else float("nan"),
        "judge": judged.judge,
        "corrected": materials.correction is not None,
    }


def _sided_passages(judged: Judged) -> Counter[str]:
    """Statement -> its passages that take a side on either text."""
    passages = {
        (item.name, item.source)
        for item, reply in zip(judged.items, judged.replies, strict=True)
        if item.role != "control" and reply.choice is not None
    }
    return Counter(name for name, _ in passages)
