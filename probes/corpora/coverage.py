"""Counts of retrieved and judged passages, by statement (`coverage.csv`) and corpus
(`corpora.csv`).

They show how much text a corpus's position is based on. No input or output.
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
    """A corpus's passages and the judge's stances on them."""

    evidence: CorpusEvidence
    items: Sequence[JudgedText]
    replies: Sequence[JudgedReply]
    """The stance for each item."""
    judge: str


def tables(judged: Sequence[Judged], materials: Materials) -> dict[str, pd.DataFrame]:
    """The tables `coverage` and `corpora`, in the order of the corpora and of the set."""
    coverage = [row for corpus in judged for row in _statements(corpus, materials)]
    corpora = [_corpus(corpus, materials) for corpus in judged]
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
    """Statement id -> number of its passages that take a side on statement or mirror."""
    passages = {
        (item.name, item.source)
        for item, reply in zip(judged.items, judged.replies, strict=True)
        if item.role != "control" and reply.choice is not None
    }
    return Counter(name for name, _ in passages)
