"""Judged passages as answers of a run: a passage that takes a side is a reply to its statement.

A passage that takes no side is neither an answer nor a refusal: it is only counted in `coverage`. A
text without any passage that takes a side gets one missing answer.
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
    """The bytes of a file of answers, in the format of `evidence.answers`.

    Args:
        info: The corpus in the role of a model.
        materials: Set, protocol and controls.
        seed: Seed of the sample of passages.
        items: Texts with their passages, see `judging.judged_texts`.
        judged: The judge's stance for each item.
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
    """One answer for each passage that takes a side; the missing answer if there is none."""
    for number, (item, choice) in enumerate(replies or ()):
        yield replace(
            missing, seed=number, status="ok", reply=item.source, choice=choice, reason=""
        )
    if not replies:
        yield missing
