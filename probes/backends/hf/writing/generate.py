"""The generation loop, with continuous batching.

Finished rows are removed from the batch and replaced by waiting ones, so that a long reply does not
delay the others. A prompt shared by several rows is computed once. The reply is identified by its
position among the tokens, not by searching for the prompt in a text.

Works with token ids only: `writer` has prompts and tokenizer, `decoders` the forward passes,
`sampling` the choice of tokens.
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
"""Finished rows are removed once they are one in this many, since removing copies the cache."""
JOIN_SHARE = 8
"""Waiting rows are added once one row in this many is free, since it takes a forward pass."""


@dataclass(slots=True)
class GeneratedRow:
    """A reply being written."""

    name: str
    """The prompt's name in errors."""
    source: Ids
    """The prompt's ids (of the encoder, if there is one)."""
    start: Ids
    """The ids before the reply: the prompt's, or the decoder's first token."""
    uniforms: Sequence[float]
    """A uniform random number in [0, 1) for each token of the reply."""
    written: list[int] = field(default_factory=list)
    """Ids of the reply so far."""
    finished: bool = False

    @property
    def history(self) -> TokenHistory:
        """The ids before the next token."""
        return TokenHistory(self.start, self.written)


@dataclass(frozen=True, slots=True)
class GenerationRule:
    """Sampling and stopping criteria of rows."""

    sampler: Sampler
    rows: int
    """Maximum rows of a batch."""
    tokens: int
    """Maximum tokens of a reply."""
    ends: frozenset[int]
    """Tokens that end a reply and are not part of it."""
    reply_length: Callable[[Sequence[int]], int | None] | None = None
    """Returns the number of tokens of a complete reply, or None if it is incomplete."""

    def add(self, row: GeneratedRow, token: int) -> None:
        """Append a token to a row; marks the row as finished if it ends."""
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
    """Generate the replies of all rows, in place.

    Args:
        start_rows: starts a batch with prompts.
        groups: groups of rows with the same source, at most ``rule.rows`` in a group.
        rule: sampling and stopping criteria.

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
    """Add as many waiting rows as fit to the batch, if enough rows are free."""
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
    """Draw the next token of every row and append it to unfinished rows; ``[rows]``."""
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
