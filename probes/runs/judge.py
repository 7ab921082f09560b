"""Stances in a run folder: judges the replies that need it, and reads the stances back.

Judging comes after all models were asked, so that only one model is in memory; a killed run
continues at the next batch. Placing again needs no model: `evidence` replaces the answers' choices
with the stances on disk.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from probes.errors import RunError
from probes.evidence import answers
from probes.models.load import open_stance_model
from probes.provenance import versions
from probes.replies import stance, stance_file, stance_model
from probes.replies.stance_file import StanceHeader
from probes.replies.stance_model import ReplyItem, StancePlan
from probes.runs.folder import Folder
from probes.types import Answer, Header, Judge, LoadOptions, Materials, ModelInfo, Stance

if TYPE_CHECKING:
    from probes.evidence.columns import AnswerColumns

VERSION = 1
"""Version of the order in which replies are batched."""


def judge_folder(
    folder: Folder,
    materials: Materials,
    model: str | None,
    options: LoadOptions,
    tell: Callable[[str, int, int], None] | None = None,
) -> int:
    """Judge the replies that are not judged yet; returns the number of all replies.

    Args:
        folder: Of the run; its lock is held.
        materials: Of the run.
        model: ``--stance``, replaces the protocol's stance model.
        options: Load options of the stance model.
        tell: Called with the progress: model, number judged, total.

    Raises:
        ProbesError: the stance model cannot be loaded, or the folder holds other stances.
    """
    judge: Judge | None = None
    total = 0
    for name in folder.models():
        header, lines = answers.read(folder.answers(name))
        how = stance_for(materials, header.model, model)
        if how is None:
            continue
        answered = list(lines)
        if len(answered) < header.cells:
            raise RunError(
                f"{folder.answers(name)}: holds {len(answered)} of {header.cells} answers; run the "
                "same `probes run` to its end first"
            )
        items = reply_items(answered, stance.statement_texts(materials))
        judge = judge or open_stance_model(how, options, typed=model is not None)
        total += len(items)
        for done in _write(folder, name, judge, stance_model.plan(judge, how, items)):
            if tell:
                tell(name, done, len(items))
    return total


def stance_for(materials: Materials, writer: ModelInfo, model: str | None = None) -> Stance | None:
    """Settings for judging the replies of a model; None if they are not to be judged.

    Args:
        materials: Set and protocol; the protocol may have settings.
        writer: The model that wrote the replies.
        model: ``--stance``; overrides the protocol.
    """
    recipe = materials.recipe.of(writer)
    if recipe.method == "pair":  # rules only, unless a judge is named
        how = recipe.stance or (None if model is None else Stance())
        return replace(how, model=model, revision="") if how and model else how
    if recipe.method != "reply":
        return None
    opened = any(not wording.options for wording in recipe.wordings)
    how = recipe.stance or (Stance() if opened or model else None)
    return how if how is None or model is None else replace(how, model=model, revision="")


def reply_items(answered: Sequence[Answer], texts: stance.TextOf) -> list[ReplyItem]:
    """Every non-empty reply, once a statement."""
    by_text: dict[tuple[str, str], ReplyItem] = {}
    for answer in answered:
        text, statement = stance.spoken_text(answer), texts.get(stance.about(answer))
        if text and statement:
            by_text.setdefault((statement, text), ReplyItem(answer.key, statement, text))
    return list(by_text.values())


def columns(folder: Folder, name: str, materials: Materials) -> "tuple[Header, AnswerColumns]":
    """`evidence` as columns, the form that agreement is computed from."""
    from probes.evidence import arrow
    from probes.evidence.columns import AnswerColumns

    header, _ = answers.read(folder.answers(name))
    if all(header.wordings.values()):
        return arrow.read(folder.answers(name))
    header, lines = evidence(folder, name, materials)
    return header, AnswerColumns.of(lines)


def evidence(folder: Folder, name: str, materials: Materials) -> tuple[Header, Iterator[Answer]]:
    """A model's answers; in open questions, stances replace choices.

    Raises:
        RunError: its replies were not judged, or by another judge than the correction is for.
    """
    header, lines = answers.read(folder.answers(name))
    if all(header.wordings.values()):
        return header, lines
    judged = judgements(folder, name, materials)
    if judged is None:
        raise RunError(
            f"{folder.path}: the stance of the replies of {name} is not judged yet; do it with "
            f"`probes stance judge {folder.path}`"
        )
    return stance.with_stances(header, lines, stance.statement_texts(materials), judged)


def judgements(folder: Folder, name: str, materials: Materials) -> stance.Judgements | None:
    """The stance model's judgements of a model's replies; None if none were judged."""
    path = folder.stances(name)
    if not path.exists():
        return None
    header, lines = answers.read(folder.answers(name))
    how = stance_for(materials, header.model, "") or Stance()
    head, verdicts = stance_file.read(path)
    digest = stance.digest(replace(how, premise=head.premise, hypotheses=head.hypotheses))
    matrix = materials.correction
    if matrix and (matrix.weights, matrix.asked) != (head.model.weights, digest):
        raise RunError(
            f"{matrix.source}: was made with another stance model, or other premises, hypotheses "
            f"or threshold (weights {matrix.weights[:12]}, {matrix.asked[:12]}) than {path} "
            f"(weights {head.model.weights[:12]}, {digest[:12]})"
        )
    by_reply = {}
    for item in reply_items(list(lines), stance.statement_texts(materials)):
        if not {"agree", "disagree"} <= verdicts.get(item.key, {}).keys():
            raise RunError(f"{path}: lacks a reply of {folder.answers(name)}; {stance_file.MEND}")
        by_reply[item.statement, item.reply] = stance.classify(how, verdicts[item.key])
    return by_reply


def _write(folder: Folder, name: str, judge: Judge, planned: StancePlan) -> Iterator[int]:
    """Write a model's stances; yields the number of judged replies as batches are written."""
    how, keys = planned.stance, planned.keys
    head = StanceHeader(
        model=judge.info,
        premise=how.premise,
        hypotheses=dict(how.hypotheses),
        plan=hashlib.sha256(json.dumps([VERSION, keys]).encode()).hexdigest(),
        replies=sum(map(len, keys)),
        versions=versions(),
    )
    folder.stances(name).parent.mkdir(exist_ok=True)
    with stance_file.StanceLog(folder.stances(name), head, keys) as log:
        done = sum(map(len, keys[: log.done]))
        yield done
        for lines in stance_model.ask(judge, planned, log.done):
            log.write(lines)
            done += len(lines)
            yield done
