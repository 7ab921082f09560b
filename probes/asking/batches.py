"""How prompts are laid into batches, to be scored or to be written on.

The size of a batch changes speed and last digits, nothing else; equal plans have equal batches.
Does not ask anything (see `loop`).
"""

import sys
from collections.abc import Iterator, Sequence
from typing import Literal, cast

from probes.types import Author, Prompt, Scorer, Writer, Writing

TOKENS = {"cpu": 1024, "endpoint": 1}
TOKENS_ELSEWHERE = 16384
"""Tokens in a batch, padding counted, on a processor and on an accelerator. What comes from an
endpoint is written down prompt by prompt: there is nothing to gain by waiting for others."""
WRITTEN = 32
"""Tokens that a prompt counts as where replies come from elsewhere."""
REPLIES = {"cpu": 64, "endpoint": 1}
REPLIES_ELSEWHERE = 512
"""Replies in a batch where a model writes them, on a processor and on an accelerator; a model may
write fewer at once. A larger batch is faster, and a kill loses more."""

BatchSize = int | Literal["auto"]
Batches = tuple[tuple[tuple[Prompt, ...], ...], ...]
"""Batches of groups of cells whose prompts have equal texts."""


def parts(cells: Sequence[Prompt], earlier: Sequence[Sequence[Prompt]]) -> list[list[Prompt]]:
    """The cells of each earlier trial that no trial before it had, then the others."""
    by_trial, left = list[list[Prompt]](), list(cells)
    for trial in earlier:
        names = set(map(_cell, trial))
        by_trial.append([cell for cell in left if _cell(cell) in names])
        left = [cell for cell in left if _cell(cell) not in names]
    return [part for part in (*by_trial, left) if part] or [[]]


def _cell(prompt: Prompt) -> tuple[object, ...]:
    variant = prompt.statement.variant
    place = prompt.name, variant, prompt.role, prompt.wording, prompt.order, prompt.seed
    return *place, prompt.told


def groups(cells: Sequence[Prompt]) -> list[list[Prompt]]:
    """Cells whose prompts have equal texts, side by side."""
    by_text: dict[object, list[Prompt]] = {}
    for prompt in cells:
        by_text.setdefault((prompt.text, prompt.seed), []).append(prompt)
    return list(by_text.values())


def laid(
    model: Scorer | Writer, part: Sequence[Prompt], writing: Writing | None, batch_size: BatchSize
) -> Batches:
    """Batches of cells: to be answered in text as `writing` says, or to be scored if it is None."""
    together = groups(part)
    if writing is None:
        return to_score(cast("Scorer", model), together, batch_size)
    return to_write(cast("Writer", model), together, writing, batch_size)


def to_score(model: Scorer, together: Sequence[list[Prompt]], batch_size: BatchSize) -> Batches:
    """Batches of about equal work."""
    packed = model.packed
    lengths = model.lengths([group[0] for group in together])
    order = list(zip(lengths, together, strict=True))
    order.sort(key=lambda item: item[1][0].before if packed else -item[0])
    most, tokens = sys.maxsize, TOKENS.get(model.info.device, TOKENS_ELSEWHERE)
    if batch_size != "auto":
        most, tokens = batch_size, sys.maxsize
    return tuple(_batches(order, most, tokens, packed=packed))


def to_write(
    model: Writer, together: Sequence[list[Prompt]], writing: Writing, batch_size: BatchSize
) -> Batches:
    """Batches of equal size; the seeds of a prompt stand side by side, so that it is read once."""
    lengths = [WRITTEN] * len(together)
    most = TOKENS.get(model.info.device, TOKENS_ELSEWHERE) // WRITTEN
    if isinstance(model, Author):
        lengths = model.costs([group[0] for group in together], writing)
        most = REPLIES.get(model.info.device, REPLIES_ELSEWHERE)
    order = list(zip(lengths, together, strict=True))
    if isinstance(model, Author):
        order.sort(key=lambda item: (-item[0], item[1][0].before))
    most = most if batch_size == "auto" else batch_size
    return tuple(_batches(order, most, sys.maxsize, packed=True))


def _batches(
    order: Sequence[tuple[int, list[Prompt]]], most: int, tokens: int, *, packed: bool
) -> Iterator[tuple[tuple[Prompt, ...], ...]]:
    """Runs of at most `most` prompts and `tokens` tokens; padding counts unless they are packed."""
    batch: list[tuple[Prompt, ...]] = []
    total = longest = 0
    for length, group in order:
        total, longest = total + length, max(longest, length)
        cost = total if packed else longest * (len(batch) + 1)
        if batch and (len(batch) == most or cost > tokens):
            yield tuple(batch)
            batch, total, longest = [], length, length
        batch.append(tuple(group))
    yield tuple(batch)
