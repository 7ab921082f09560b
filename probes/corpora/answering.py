"""Judged passages as the answers of a run: a passage that takes a side is a reply to its text.

What takes no side is no answer, and no refusal either: it is counted in `coverage` and left out. A
text that no passage takes a side on is one missing answer.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from probes.corpora.judging import JudgedText, texts
from probes.evidence import answers
from probes.provenance import versions
from probes.replies.stance import JudgedReply
from probes.types import Answer, Header, Materials, ModelInfo, Role

SIDELESS = "no passage about it takes a side"


def answer_file(
    info: ModelInfo,
    materials: Materials,
    seed: int,
    items: Sequence[JudgedText],
    judged: Sequence[JudgedReply],
) -> bytes:
    """A file of answers, as `evidence.answers` reads it.

    Args:
        info: The corpus, as the model that answers.
        materials: Set, protocol and controls.
        seed: Of the sample of passages.
        items: See `judging.judged_texts`.
        judged: What each came to.
    """
    (wording,) = materials.recipe.wordings
    header = Header(
        model=info,
        set=materials.statements.name,
        set_sha256=materials.statements.sha256,
        protocol=materials.recipe.name,
        protocol_sha256=materials.recipe.sha256,
        seed=seed,
        limit=None,
        plan="",
        cells=0,
        wordings={wording.name: wording.options},
        versions=versions(),
    )
    by_text: dict[tuple[str, str], list[tuple[JudgedText, str]]] = {}
    for item, reply in zip(items, judged, strict=True):
        if reply.choice is not None:
            by_text.setdefault((item.name, item.role), []).append((item, reply.choice))
    lines = [
        answers.line(replace(answer, key=answers.key(header, answer)))
        for name, role, text in texts(materials)
        for answer in _answers(_missing(name, role, text, wording.name), by_text.get((name, role)))
    ]
    plan = hashlib.sha256(b"".join(lines)).hexdigest()
    return b"".join([answers.line(replace(header, plan=plan, cells=len(lines))), *lines])


def _missing(name: str, role: Role, text: str, wording: str) -> Answer:
    return Answer(
        statement=name,
        role=role,
        wording=wording,
        order=0,
        seed=0,
        before=text,
        after="",
        logprobs=None,
        mass=None,
        status="unparsed",
        key="",
        reason=SIDELESS,
    )


def _answers(missing: Answer, replies: Sequence[tuple[JudgedText, str]] | None) -> Iterator[Answer]:
    """An answer a passage that takes a side; the missing one where there is none."""
    for number, (item, choice) in enumerate(replies or ()):
        yield replace(
            missing, seed=number, status="ok", reply=item.source, choice=choice, reason=""
        )
    if not replies:
        yield missing
