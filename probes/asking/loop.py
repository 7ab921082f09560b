"""Asking one model: the plan of all prompts in batches, and the loop over the batches.

`plan` puts every cell of a run (statement, wording, order, seed, condition) into batches; `ask`
goes through them. Equal prompts are asked once, and the reply is used for each of their cells.
Neither reads files nor interprets answers.
"""

import hashlib
import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import cast

from probes import plugins
from probes.asking import conditions, contract, variants
from probes.asking.batches import BatchSize, laid, parts
from probes.errors import ModelError, ScoreError, UsageError
from probes.evidence import answers
from probes.evidence.sound import MAX_SEED
from probes.provenance import versions
from probes.types import (
    Answer,
    Author,
    Foresighted,
    Header,
    Materials,
    Option,
    Prompt,
    Reply,
    Scorer,
    Writer,
    Writing,
)

VERSION = 3
"""Version of planning and scoring; results of another version may differ in their bytes."""
PLACES = "letters by place"
"""Marks the plan of a chat at an endpoint: runs whose letters followed options, not positions,
cannot be resumed."""
CHECKED = 8
"""Prompts of the first batch, evenly spaced by length, to be scored again alone: each is slow."""
ALONE = "try --dtype float32 or --batch-size 1"


@dataclass(frozen=True, slots=True)
class Plan:
    """All prompts for one model, in batches."""

    header: Header
    batches: tuple[tuple[tuple[Prompt, ...], ...], ...]
    """Batches of groups of cells; the prompts of a group have equal texts."""
    read_reply: Callable[[Prompt, str | None], Reply] | None = None
    """Parser of written replies; None if the model scores options."""
    writing: Writing = field(default_factory=Writing)
    """Generation settings of written replies."""

    @property
    def keys(self) -> list[list[str]]:
        """The cells' keys in each batch, in the order in which answers are written to disk."""
        return [
            [answers.key(self.header, cell) for group in batch for cell in group]
            for batch in self.batches
        ]


@dataclass(frozen=True, slots=True)
class AnsweredBatch:
    """The answers of one planned batch, in plan order."""

    number: int
    answers: list[Answer]
    splits: int
    """How often memory ran out so far; if above 0, a second run may differ in its bytes."""


def plan(
    model: Scorer | Writer,
    materials: Materials,
    *,
    seed: int = 0,
    limit: int | None = None,
    batch_size: BatchSize = "auto",
    trials: Sequence[int] = (),
) -> Plan:
    """Plan all cells of a run in batches of about equal work.

    The longest prompts come first; if prompts share rows (`packed`), those with a common beginning
    are together. Cells of earlier `trials` (limits asked before in the same folder) come before
    all others, in the batches in which they were asked.

    Raises:
        UsageError: `limit` or `batch_size` below 1, or a seed of more than 64 bits.
        ModelError: the model cannot score a wording, hold a prompt, or do what the method needs.
    """
    if (limit is not None and limit < 1) or (batch_size != "auto" and batch_size < 1):
        raise UsageError("--limit and --batch-size must be at least 1")
    if not -MAX_SEED <= seed < MAX_SEED:
        raise UsageError(f"--seed {str(seed)[:24]}: must be a number of 64 bits")
    materials = replace(materials, recipe=materials.recipe.of(model.info))
    statements, recipe = materials.statements, materials.recipe
    method = plugins.find("methods", materials.method or recipe.method, "prompts")
    writes = getattr(method, "NEEDS", "score") == "write"
    if not isinstance(model, Writer if writes else Scorer):
        lack = "replies in text" if writes else "probabilities of options"
        raise ModelError(f"{model.info.name}: gives no {lack}, which protocol {recipe.name} needs")
    rounds = variants.rounds(materials, seed, limit)
    prompts, (cells, options, flags) = contract.asked(method, model, rounds, seed=seed, limit=limit)
    earlier = [
        [
            prompt
            for part in variants.rounds(materials, seed, trial)
            for prompt in method.prompts(model, part, seed=seed, limit=trial)
        ]
        for trial in trials
    ]
    writing = recipe.writing if writes else None
    batches = tuple(
        batch for part in parts(cells, earlier) for batch in laid(model, part, writing, batch_size)
    )
    remarks = model.remarks(recipe.writing) if writes and isinstance(model, Author) else ()
    flags = {name: (*notes, *remarks) for name, notes in flags.items()}
    flags |= conditions.flags(model, recipe)
    header = Header(
        model=model.info,
        set=statements.name,
        set_sha256=statements.sha256,
        protocol=recipe.name,
        protocol_sha256=recipe.sha256,
        seed=seed,
        limit=limit,
        plan="",
        cells=len(cells),
        wordings=options,
        dropped=_dropped(prompts, options),
        flags={name: notes for name, notes in flags.items() if notes},
        shown=tuple(w.name for w in recipe.wordings if w.orders),
        versions=versions(),
    )
    content = [VERSION, Plan(header, batches).keys, *([PLACES] if model.info.turns else [])]
    digest = hashlib.sha256(json.dumps(content).encode())
    read_reply = partial(method.read_reply, language=statements.language) if writes else None
    return Plan(replace(header, plan=digest.hexdigest()), batches, read_reply, recipe.writing)


def ask(model: Scorer | Writer, planned: Plan, start: int = 0) -> Iterator[AnsweredBatch]:
    """Ask all batches from index `start`; yields each batch as soon as it is answered. A model that
    prefetches (`Foresighted`) gets all later prompts after the first batch.

    Raises:
        ModelError: as `ask_each`.
    """
    for batch in ask_each(model, planned, range(start, len(planned.batches))):
        if batch.number == start and isinstance(model, Foresighted):
            ahead = [group[0] for later in planned.batches[start + 1 :] for group in later]
            model.expect(ahead, planned.writing if planned.read_reply else None)
        yield batch


def ask_each(
    model: Scorer | Writer, planned: Plan, numbers: Iterable[int]
) -> Iterator[AnsweredBatch]:
    """Ask the batches with these indices, which may be a lazy iterable.

    Some prompts of the first batch are scored again alone, as a check. When memory runs out, the
    batch is halved, and later batches are split to that size.

    Raises:
        ScoreError: batched and single scores differ by more than the model's tolerance.
        ModelError: memory runs out on a single prompt.
    """
    max_size, splits, checked = sys.maxsize, 0, False
    for number in numbers:
        batch = planned.batches[number]
        prompts, replies = [group[0] for group in batch], list[Reply]()
        while len(replies) < len(prompts):
            piece = prompts[len(replies) : len(replies) + max_size]
            try:
                replies += _replies(model, planned, piece)
            except MemoryError:
                max_size, splits = _halved(model, piece), splits + 1
        if not checked and isinstance(model, Scorer) and planned.read_reply is None:
            _compare_single(model, prompts, replies)
            checked = True
        yield AnsweredBatch(
            number,
            [
                answers.answer(planned.header, cell, reply)
                for group, reply in zip(batch, replies, strict=True)
                for cell in group
            ],
            splits,
        )


def _replies(model: Scorer | Writer, planned: Plan, prompts: Sequence[Prompt]) -> list[Reply]:
    """The replies to a piece of a batch: scores, or parsed texts."""
    if planned.read_reply is None:
        replies = cast("Scorer", model).score(prompts)  # `plan` checked the type
        return contract.scored(model, prompts, replies)
    texts = cast("Writer", model).write(prompts, planned.writing)
    return [
        text if isinstance(text, Reply) else planned.read_reply(p, text)
        for p, text in zip(prompts, contract.written(model, prompts, texts), strict=True)
    ]


def _halved(model: Scorer | Writer, piece: Sequence[Prompt]) -> int:
    if len(piece) == 1:
        raise ModelError(
            f"{model.info.name}: statement {piece[0].name!r} alone does not fit into the memory of "
            f"{model.info.device}; use a smaller model, --dtype bfloat16 or another --device"
        )
    return len(piece) // 2


def _compare_single(model: Scorer, prompts: Sequence[Prompt], replies: Sequence[Reply]) -> None:
    """Check that a prompt's probabilities in a batch and alone are equal within the tolerance."""
    last = len(prompts) - 1
    remedy = "its server does not repeat itself" if model.info.gives else ALONE
    for i in sorted({round(n * last / max(1, CHECKED - 1)) for n in range(CHECKED)}):
        prompt, batched = prompts[i], replies[i]
        (single,) = model.score([prompt])
        for label, value in (batched.logprobs or {}).items():
            gap = abs(math.exp(value) - math.exp((single.logprobs or {}).get(label, math.nan)))
            if not gap <= model.info.tolerance:
                raise ScoreError(
                    f"{model.info.name}: {label!r} for statement {prompt.name!r} in wording "
                    f"{prompt.wording!r} scores {gap:.2g} apart in a batch and alone, more than "
                    f"{model.info.tolerance:g}; {remedy}"
                )


def _dropped(
    prompts: Sequence[Prompt], fitted: dict[str, tuple[Option, ...]]
) -> dict[str, tuple[str, ...]]:
    """Wording -> forms of its options that this model does not score."""
    offered = {p.wording: p.options for p in prompts}
    lost = {
        name: tuple(
            form
            for option in options
            for form in option.forms
            if not any(form in k.forms for k in fitted[name] if k.label == option.label)
        )
        for name, options in offered.items()
    }
    return {name: forms for name, forms in lost.items() if forms}
