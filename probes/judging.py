"""Replies -> stances in a run folder: a stance model is asked about every reply that needs one.

After all models have been asked, so that one model at a time is in memory. Equal replies to a
statement are judged once; a killed run goes on at the next batch. What the stances mean is read in
`stance`, from disk alone: placing again needs no model.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from probes import answers, loader, models, stance, stancefile
from probes.batches import TOKENS, TOKENS_ELSEWHERE
from probes.errors import ModelError, RunError, ScoreError
from probes.folder import Folder
from probes.loop import versions
from probes.stancefile import Head, Line
from probes.types import (
    Answer,
    Header,
    Judge,
    LoadOptions,
    Materials,
    Stance,
    Verdict,
)

VERSION = 1
"""Of the way replies are laid into batches."""


@dataclass(frozen=True, slots=True)
class Item:
    """One reply to one statement, as often as it was given."""

    key: str
    """Of the first answer with it."""
    statement: str
    reply: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Which replies are judged, in which batches: the longest first."""

    stance: Stance
    batches: tuple[tuple[Item, ...], ...]

    @property
    def keys(self) -> list[list[str]]:
        """Batch by batch."""
        return [[item.key for item in batch] for batch in self.batches]


def load(wanted: Stance, options: LoadOptions) -> Judge:
    """The stance model.

    Raises:
        ModelError: it cannot be loaded, or does not say which of its labels is which.
    """
    try:
        spec = models.resolve(wanted.model, None, wanted.revision or None)
        judge: Judge = loader.find("backends", "stance", "load").load(spec, options)
    except ModelError as error:
        raise ModelError(f"stance model {error}; replies stay as they are on disk") from None
    return judge


def wanted(materials: Materials, backend: str, model: str | None = None) -> Stance | None:
    """How the replies of a backend's models are judged; None where no one asks for it.

    Args:
        materials: Whose protocol may say how.
        backend: Of the models that wrote the replies.
        model: ``--stance``; goes before what the protocol says.
    """
    recipe = materials.recipe.of(backend)
    if recipe.method != "reply":
        return None
    opened = any(not wording.options for wording in recipe.wordings)
    found = recipe.stance or (Stance() if opened or model else None)
    return found if found is None or model is None else replace(found, model=model, revision="")


def items(given: Sequence[Answer], put: Mapping[tuple[str, str], str]) -> list[Item]:
    """Every reply that says something, once a statement."""
    found: dict[tuple[str, str], Item] = {}
    for answer in given:
        text, statement = stance.said(answer), put.get((answer.statement, answer.role))
        if text and statement:
            found.setdefault((statement, text), Item(answer.key, statement, text))
    return list(found.values())


def plan(judge: Judge, how: Stance, asked: Sequence[Item]) -> Plan:
    """Batches of about equal work."""
    width = len(how.hypotheses)
    lengths = judge.lengths([pair for item in asked for pair in _pairs(how, item).values()])
    longest = [max(lengths[i : i + width]) for i in range(0, len(lengths), width)]
    order = sorted(zip(longest, asked, strict=True), key=lambda one: (-one[0], one[1].key))
    tokens = TOKENS.get(judge.info.device, TOKENS_ELSEWHERE)
    batches: list[list[Item]] = []
    widest = 0
    for length, item in order:
        if not batches or widest * width * (len(batches[-1]) + 1) > tokens:
            batches.append([])
            widest = length
        batches[-1].append(item)
    return Plan(how, tuple(map(tuple, batches)))


def ask(judge: Judge, planned: Plan, start: int = 0) -> Iterator[list[Line]]:
    """Judge from batch number `start` on; its first batch is judged again one pair at a time.

    Raises:
        ScoreError: batched and single logits differ by more than the model's tolerance.
        ModelError: memory runs out on a single pair.
    """
    for number, batch in enumerate(planned.batches[start:]):
        named = [_pairs(planned.stance, item) for item in batch]
        pairs = [pair for own in named for pair in own.values()]
        verdicts = _judged(judge, pairs)
        if not number:
            _compare_single(judge, pairs, verdicts)
        rest = iter(verdicts)
        yield [
            Line(item.key, {name: next(rest) for name in own})
            for item, own in zip(batch, named, strict=True)
        ]


def stances(
    judge: Judge, how: Stance, replies: Sequence[tuple[str, str]]
) -> list[stance.Judged]:
    """What a stance model makes of statements and replies, in their order."""
    asked = {pair: Item(f"{n:09}", *pair) for n, pair in enumerate(dict.fromkeys(replies))}
    planned = plan(judge, how, list(asked.values()))
    lines = {line.key: line.verdicts for batch in ask(judge, planned) for line in batch}
    return [stance.judged(how, lines[asked[pair].key]) for pair in replies]


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
        how = wanted(materials, header.model.backend, model)
        if how is None:
            continue
        given = list(lines)
        if len(given) < header.cells:
            raise RunError(
                f"{folder.answers(name)}: holds {len(given)} of {header.cells} answers; run the "
                "same `probes run` to its end first"
            )
        asked = items(given, stance.texts(materials))
        judge = judge or load(how, options)
        total += len(asked)
        for done in _write(folder, name, judge, plan(judge, how, asked)):
            if tell:
                tell(name, done, len(asked))
    return total


def evidence(folder: Folder, name: str, materials: Materials) -> tuple[Header, Iterator[Answer]]:
    """A model's answers, with stances in the place of choices where questions were open.

    Raises:
        RunError: its replies were not judged, or by another stance model than the correction is for.
    """
    header, lines = answers.read(folder.answers(name))
    if all(header.wordings.values()):
        return header, lines
    found = judgements(folder, name, materials)
    if found is None:
        raise RunError(
            f"{folder.path}: the stance of the replies of {name} is not judged yet; do it with "
            f"`probes stance judge {folder.path}`"
        )
    return stance.heard(header, lines, stance.texts(materials), found)


def judgements(folder: Folder, name: str, materials: Materials) -> stance.Judgements | None:
    """What the stance model made of a model's replies; None where none were judged."""
    path = folder.stances(name)
    if not path.exists():
        return None
    header, lines = answers.read(folder.answers(name))
    how = wanted(materials, header.model.backend, "") or Stance()
    head, verdicts = stancefile.read(path)
    if materials.correction and materials.correction.weights != head.model.weights:
        raise RunError(
            f"{materials.correction.source}: was made with another stance model (weights "
            f"{materials.correction.weights[:12]}) than {path} (weights {head.model.weights[:12]})"
        )
    found = {}
    for item in items(list(lines), stance.texts(materials)):
        if not {"agree", "disagree"} <= verdicts.get(item.key, {}).keys():
            raise RunError(f"{path}: lacks a reply of {folder.answers(name)}; {stancefile.MEND}")
        found[item.statement, item.reply] = stance.judged(how, verdicts[item.key])
    return found


def _pairs(how: Stance, item: Item) -> dict[str, tuple[str, str]]:
    return stance.pairs(how, item.statement, item.reply)


def _write(folder: Folder, name: str, judge: Judge, planned: Plan) -> Iterator[int]:
    """Write a model's stances; yields how many replies are judged as batches reach the disk."""
    how, keys = planned.stance, planned.keys
    head = Head(
        model=judge.info,
        premise=how.premise,
        hypotheses=dict(how.hypotheses),
        plan=hashlib.sha256(json.dumps([VERSION, keys]).encode()).hexdigest(),
        replies=sum(map(len, keys)),
        versions=versions(),
    )
    folder.stances(name).parent.mkdir(exist_ok=True)
    with stancefile.Log(folder.stances(name), head, keys) as log:
        done = sum(map(len, keys[: log.done]))
        yield done
        for lines in ask(judge, planned, log.done):
            log.write(lines)
            done += len(lines)
            yield done


def _judged(judge: Judge, pairs: Sequence[tuple[str, str]]) -> list[Verdict]:
    """One batch, halved where memory runs out."""
    try:
        return judge.judge(pairs)
    except MemoryError:
        if len(pairs) == 1:
            raise ModelError(
                f"{judge.info.name}: a single reply does not fit into the memory of "
                f"{judge.info.device}; use a smaller stance model or another --device"
            ) from None
    half = len(pairs) // 2
    return [*_judged(judge, pairs[:half]), *_judged(judge, pairs[half:])]


def _compare_single(
    judge: Judge, pairs: Sequence[tuple[str, str]], batched: Sequence[Verdict]
) -> None:
    """Self-check: what a reply is batched with must not change its shares."""
    alone = [verdict for pair in pairs for verdict in judge.judge([pair])]
    for one, other in zip(batched, alone, strict=True):
        shares = [
            stance.softmax({"e": v.entailment, "n": v.neutral, "c": v.contradiction})
            for v in (one, other)
        ]
        gap = max(abs(shares[0][name] - shares[1][name]) for name in shares[0])
        if not gap <= judge.info.tolerance:
            raise ScoreError(
                f"{judge.info.name}: judges a reply {gap:.2g} apart in a batch and alone, more "
                f"than {judge.info.tolerance:g}; try --dtype float32"
            )
