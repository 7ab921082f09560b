"""The generation loop: rows are written side by side until each has ended (continuous batching).

Rows that have ended leave the batch and waiting ones take their places, so that a long reply does
not hold up the others. A prompt that several rows share is read once. The reply is known by its
position among the tokens; the prompt is never searched for in a text.

Knows token ids only: neither prompts nor tokenizers (`writer`), nor how a model reads (`decoders`)
or how a token is drawn (`sampling`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import torch

from probes.backends.hf.scoring.forms import Ids
from probes.backends.hf.writing.decoders import DecodingRows, StartRows
from probes.backends.hf.writing.sampling import Sampler, TokenHistory
from probes.errors import ScoreError

LEAVE_SHARE = 16
"""Finished rows leave once they are one in so many: leaving copies the others' cache."""
JOIN_SHARE = 8
"""Waiting rows join once one in so many places is free: reading them takes a forward pass."""


@dataclass(slots=True)
class GeneratedRow:
    """A reply being written."""

    name: str
    """The prompt's name in errors."""
    source: Ids
    """The prompt's ids; those of the encoder, if there is one."""
    start: Ids
    """The ids that the reply follows: the same, or the decoder's first token."""
    uniforms: Sequence[float]
    """A uniform random number in [0, 1) for each token that may be written."""
    written: list[int] = field(default_factory=list)
    finished: bool = False

    @property
    def history(self) -> TokenHistory:
        """The ids before the next token."""
        return TokenHistory(self.start, self.written)


@dataclass(frozen=True, slots=True)
class GenerationRule:
    """How rows are written and when they end."""

    sampler: Sampler
    rows: int
    """Most rows in a batch."""
    tokens: int
    """Most tokens of a reply."""
    ends: frozenset[int]
    """Tokens that end a reply and are not part of it."""
    reply_length: Callable[[Sequence[int]], int | None] | None = None
    """The number of a row's tokens that are its complete reply; None: it goes on."""

    def add(self, row: GeneratedRow, token: int) -> None:
        """Append a token to a row, or end the row."""
        if token in self.ends:
            row.finished = True
            return
        row.written.append(token)
        length = self.reply_length(row.written) if self.reply_length else None
        row.finished = length is not None or len(row.written) == self.tokens
        if length is not None:
            del row.written[length:]


def generate(
    start_rows: StartRows, groups: Iterable[Sequence[GeneratedRow]], rule: GenerationRule
) -> None:
    """Write all rows, in place.

    Args:
        start_rows: reads prompts with a model.
        groups: rows of one source each, at most ``rule.rows`` in a group.
        rule: how they are written.

    Raises:
        ScoreError: a model's logits are not finite.
    """
    waiting = deque(groups)
    batch: DecodingRows | None = None
    rows: list[GeneratedRow] = []
    while waiting or rows:
        batch, rows = _fill_free_rows(start_rows, batch, rows, waiting, rule.rows)
        tokens = _draw_tokens(batch, rows, rule)
        unfinished = [i for i, row in enumerate(rows) if not row.finished]
        if not unfinished:
            batch, rows = None, []
            continue
        if (len(rows) - len(unfinished)) * LEAVE_SHARE >= len(rows):
            remaining = torch.tensor(unfinished, device=tokens.device)
            batch.select(remaining)
            tokens, rows = tokens[remaining], [rows[i] for i in unfinished]
        batch.advance(tokens)


def _fill_free_rows(
    start_rows: StartRows,
    batch: DecodingRows | None,
    rows: list[GeneratedRow],
    waiting: deque[Sequence[GeneratedRow]],
    limit: int,
) -> tuple[DecodingRows, list[GeneratedRow]]:
    """The batch with as many waiting rows as there is room for, if enough places are free."""
    free = limit - len(rows)
    if batch is not None and not (batch.can_join and free * JOIN_SHARE >= limit):
        return batch, rows
    taken: list[Sequence[GeneratedRow]] = []
    while waiting and len(waiting[0]) <= free:
        taken.append(waiting.popleft())
        free -= len(taken[-1])
    if batch is not None and not taken:
        return batch, rows
    joining = start_rows([group[0].source for group in taken])
    if any(len(group) > 1 for group in taken):
        group_of_row = [i for i, group in enumerate(taken) for _ in group]
        joining.select(torch.tensor(group_of_row, device=joining.logits.device))
    if batch is not None:
        batch.join(joining)
    return batch or joining, [*rows, *(row for group in taken for row in group)]


def _draw_tokens(
    batch: DecodingRows, rows: Sequence[GeneratedRow], rule: GenerationRule
) -> torch.Tensor:
    """Draw the next token of every row and append it to those that have not ended."""
    largest = batch.logits.amax(-1)
    if not bool(largest.isfinite().all()):
        row = rows[int((~largest.isfinite()).int().argmax())]
        raise ScoreError(
            f"{row.name}: the model's logits are not finite (NaN or infinite weights, or numbers "
            "beyond the range of its dtype: try --dtype float32)"
        )
    uniforms = [row.uniforms[min(len(row.written), len(row.uniforms) - 1)] for row in rows]
    tokens = rule.sampler.draw(
        batch.logits, [row.history for row in rows], torch.tensor(uniforms, dtype=torch.float64)
    )
    for row, token in zip(rows, tokens.tolist(), strict=True):
        if not row.finished:
            rule.add(row, token)
    return tokens
