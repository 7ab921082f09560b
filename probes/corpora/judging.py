"""Judging the stance of each passage towards both texts of its pair, with storage on disk.

Both texts are judged so that a judge's acquiescence bias cancels, as a model's does. Control
passages, generated from the control pairs and a wording of the language, are judged as well: a true
claim with agreement, a false one with disagreement. A corpus is not placed by a judge that fails on
them.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from probes.asking import wordings
from probes.corpora.retrieval import FoundPassage
from probes.errors import RunError
from probes.provenance import versions
from probes.replies import stance, stance_file, stance_model
from probes.replies.stance import JudgedReply
from probes.replies.stance_file import StanceHeader, StanceLog
from probes.replies.stance_model import ReplyItem
from probes.types import MIRRORED, Judge, Materials, Role, Stance, Statement

WORDING = "agree"
"""The wording from which control passages are generated."""
CONTROL = "a control passage"
"""Source of a control passage, in place of a position in the corpus."""


@dataclass(frozen=True, slots=True)
class JudgedText:
    """A text (statement, mirror or control) and a passage whose stance on it is judged."""

    name: str
    """Statement id as in answers; with a suffix for the mirror of a control."""
    role: Role
    """Statement, mirror or control."""
    text: str
    passage: str
    source: str
    """Position of the passage: file, document and characters."""


def texts(materials: Materials) -> Iterator[tuple[str, Role, str]]:
    """``(name, role, text)`` of every text of the set and its controls."""
    for (name, role, variant), text in stance.statement_texts(materials).items():
        if not variant:
            yield name, cast("Role", role), text


def judged_texts(passages: Sequence[FoundPassage], materials: Materials) -> list[JudgedText]:
    """All pairs of text and passage to be judged, in the order of the set, then the controls."""
    by_pair: dict[tuple[str, bool], list[tuple[str, str]]] = {}
    for match in passages:
        span = match.passage
        source = f"{span.file}, document {span.document}, characters {span.start} to {span.end}"
        by_pair.setdefault((match.statement, False), []).append((span.text, source))
    for pair in materials.controls.statements if materials.controls else ():
        language = materials.statements.language
        by_pair[pair.id, True] = [(p, CONTROL) for p in control_passages(pair, language)]
    return [
        JudgedText(name, role, text, passage, source)
        for name, role, text in texts(materials)
        for passage, source in by_pair.get((name.removesuffix(MIRRORED), role == "control"), ())
    ]


def control_passages(pair: Statement, language: str) -> list[str]:
    """A passage that agrees with the true text of a control pair, and one that disagrees with the
    false one.

    Raises:
        SetError: there are no wordings in the language.
    """
    wording = wordings.available(language, Path())[WORDING]
    forms = {option.side: option.forms[0] for option in wording.options}
    true_first = next(iter(pair.effects.values())) > 0
    passages = list[str]()
    for text, is_true in ((pair.text, true_first), (pair.mirror, not true_first)):
        if text:
            answer = wording.answer.replace("{slot}", forms["agree" if is_true else "disagree"])
            passages.append(f"{wording.ask.replace('{statement}', text)}{wording.joint}{answer}")
    return passages


def judge_passages(
    path: Path,
    judge: Judge,
    how: Stance,
    items: Sequence[JudgedText],
) -> Iterator[tuple[int, int]]:
    """Judge all items without a stance on disk; yields ``(items judged, items in total)``.

    Args:
        path: File of the stances.
        judge: The stance model.
        how: Premise, hypotheses and thresholds.
        items: See `judged_texts`.

    Raises:
        ProbesError: the file holds other stances, or the judge fails.
    """
    planned = stance_model.plan(judge, how, _asked(items))
    keys = planned.keys
    head = StanceHeader(
        model=judge.info,
        premise=how.premise,
        hypotheses=dict(how.hypotheses),
        plan=hashlib.sha256(json.dumps([keys, _digest(items)]).encode()).hexdigest(),
        replies=sum(map(len, keys)),
        versions=versions(),
    )
    with StanceLog(path, head, keys) as log:
        done = sum(map(len, keys[: log.done]))
        yield done, head.replies
        for lines in stance_model.ask(judge, planned, log.done):
            log.write(lines)
            done += len(lines)
            yield done, head.replies


def read(
    path: Path, how: Stance, items: Sequence[JudgedText]
) -> tuple[StanceHeader, list[JudgedReply]]:
    """The header, and the stance for each item in order.

    Raises:
        RunError: the file is missing, damaged, or of other passages.
    """
    head, verdicts = stance_file.read(path)
    keys = {(item.statement, item.reply): item.key for item in _asked(items)}
    if verdicts.keys() != set(keys.values()):
        raise RunError(f"{path}: holds stances of other passages; {stance_file.MEND}")
    if any(not {"agree", "disagree"} <= by_stance.keys() for by_stance in verdicts.values()):
        raise RunError(f"{path}: lacks a stance of a passage; {stance_file.MEND}")
    judged: Mapping[str, JudgedReply] = {
        key: stance.classify(how, by_stance) for key, by_stance in verdicts.items()
    }
    return head, [judged[keys[item.text, item.passage]] for item in items]


def _asked(items: Sequence[JudgedText]) -> list[ReplyItem]:
    """The distinct pairs of text and passage, numbered."""
    pairs = dict.fromkeys((item.text, item.passage) for item in items)
    return [ReplyItem(f"{n:09}", *pair) for n, pair in enumerate(pairs)]


def _digest(items: Sequence[JudgedText]) -> str:
    content = [[item.text, item.passage] for item in items]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
