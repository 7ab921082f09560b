"""Stances in a run folder: every reply that needs one is judged, written, and read again.

After all models have been asked, so that one model at a time is in memory; a killed run goes on at
the next batch. Placing again needs no model: `evidence` puts the stances from disk in the place of
answers.
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
"""Of the way replies are laid into batches."""


def judge_folder(
    folder: Folder,
    materials: Materials,
    model: str | None,
    options: LoadOptions,
    tell: Callable[[str, int, int], None] | None = None,
) -> int:
    """Judge what is not judged yet; says how many replies there are in all.

    Args:
        folder: Of the run; its lock is held.
        materials: Of the run.
        model: ``--stance``, in place of the protocol's stance model.
        options: How it is loaded.
        tell: Is told of the progress: model, judged, of how many.

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
    """How the replies of a model are judged; None where no one asks for it.

    Args:
        materials: Whose protocol may say how.
        writer: The model that wrote them.
        model: ``--stance``; goes before what the protocol says.
    """
    recipe = materials.recipe.of(writer)
    if recipe.method == "pair":  # rules alone, unless a judge is named
        how = recipe.stance or (None if model is None else Stance())
        return replace(how, model=model, revision="") if how and model else how
    if recipe.method != "reply":
        return None
    opened = any(not wording.options for wording in recipe.wordings)
    how = recipe.stance or (Stance() if opened or model else None)
    return how if how is None or model is None else replace(how, model=model, revision="")


def reply_items(answered: Sequence[Answer], texts: stance.TextOf) -> list[ReplyItem]:
    """Every reply that says something, once a statement."""
    by_text: dict[tuple[str, str], ReplyItem] = {}
    for answer in answered:
        text, statement = stance.spoken_text(answer), texts.get(stance.about(answer))
        if text and statement:
            by_text.setdefault((statement, text), ReplyItem(answer.key, statement, text))
    return list(by_text.values())


def columns(folder: Folder, name: str, materials: Materials) -> "tuple[Header, AnswerColumns]":
    """What `evidence` is, as agreement is made of it."""
    from probes.evidence import arrow
    from probes.evidence.columns import AnswerColumns

    header, _ = answers.read(folder.answers(name))
    if all(header.wordings.values()):
        return arrow.read(folder.answers(name))
    header, lines = evidence(folder, name, materials)
    return header, AnswerColumns.of(lines)


def evidence(folder: Folder, name: str, materials: Materials) -> tuple[Header, Iterator[Answer]]:
    """A model's answers, with stances in the place of choices where questions were open.

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
    """What the stance model made of a model's replies; None where none were judged."""
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
    """Write a model's stances; yields how many replies are judged as batches reach the disk."""
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
