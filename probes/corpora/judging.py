"""The stance of each passage towards both texts of its pair, judged, written, and read again.

Both texts, so that a judge that says yes to everything cancels as a model's yes-bias does. Control
passages, written from the control pairs and a wording of the language, are judged beside them: a
true claim with agreement, a false one with disagreement. A judge that cannot read these places no
corpus.
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
"""Of whose words control passages are written."""
CONTROL = "a control passage"
"""Where these stand."""


@dataclass(frozen=True, slots=True)
class JudgedText:
    """One text of a set or control, and one passage that may take a side on it."""

    name: str
    """Of the text, as answers have it: its statement's id, marked for the mirror of a control."""
    role: Role
    """Statement, mirror or control."""
    text: str
    passage: str
    source: str
    """Where the passage stands."""


def texts(materials: Materials) -> Iterator[tuple[str, Role, str]]:
    """Name, role and text of every text of a set and of its controls."""
    for (name, role, variant), text in stance.statement_texts(materials).items():
        if not variant:
            yield name, cast("Role", role), text


def judged_texts(passages: Sequence[FoundPassage], materials: Materials) -> list[JudgedText]:
    """What is to be judged: in the order of the set, then the controls."""
    by_pair: dict[tuple[str, bool], list[tuple[str, str]]] = {}
    for one in passages:
        at = one.passage
        source = f"{at.file}, document {at.document}, characters {at.start} to {at.end}"
        by_pair.setdefault((one.statement, False), []).append((at.text, source))
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
        SetError: no wordings ship in the language.
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
    """Judge what is not on disk yet; yields how many texts are, and of how many.

    Args:
        path: Of the file of stances.
        judge: The stance model.
        how: What it is asked.
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
    """What the stance model made of each text and passage, in their order.

    Raises:
        RunError: the file is not there, damaged, or of other passages.
    """
    head, verdicts = stance_file.read(path)
    keys = {(item.statement, item.reply): item.key for item in _asked(items)}
    if verdicts.keys() != set(keys.values()):
        raise RunError(f"{path}: holds stances of other passages; {stance_file.MEND}")
    if any(not {"agree", "disagree"} <= of.keys() for of in verdicts.values()):
        raise RunError(f"{path}: lacks a stance of a passage; {stance_file.MEND}")
    judged: Mapping[str, JudgedReply] = {
        key: stance.classify(how, of) for key, of in verdicts.items()
    }
    return head, [judged[keys[item.text, item.passage]] for item in items]


def _asked(items: Sequence[JudgedText]) -> list[ReplyItem]:
    """Each text and passage once, named by its number."""
    pairs = dict.fromkeys((item.text, item.passage) for item in items)
    return [ReplyItem(f"{n:09}", *pair) for n, pair in enumerate(pairs)]


def _digest(items: Sequence[JudgedText]) -> str:
    content = [[item.text, item.passage] for item in items]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
