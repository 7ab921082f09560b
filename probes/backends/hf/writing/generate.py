"""Rows of text written side by side until each has ended: the loop of generation.

Rows that end leave the batch, and the next ones take their places, so that a long reply does not
hold up the others. A text that several rows share is read once. Which tokens are the reply is
known by their place, never by looking for the prompt in a text.

Knows tokens only: neither prompts nor tokenizers (`writer`), nor how a model reads (`running`) or
how a token is drawn (`sampling`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import torch

from probes.backends.hf.scoring.forms import Ids
from probes.backends.hf.writing.decoders import Begin, DecodingRows
from probes.backends.hf.writing.sampling import Sampler, TokenHistory
from probes.errors import ScoreError

LEAVE = 16
"""Rows leave once one in so many has ended: leaving copies what the others remember ..."""
JOIN = 8
"""... and others join once one in so many places is free: they are read in a pass of their own."""


@dataclass(slots=True)
class GeneratedRow:
    """A reply being written."""

    name: str
    """How an error names its prompt."""
    source: Ids
    """What the model reads first; for an encoder-decoder, its encoder."""
    start: Ids
    """What the reply follows: the same, or what its decoder begins with."""
    dice: Sequence[float]
    """A uniform number in [0, 1) for each token that may be written."""
    written: list[int] = field(default_factory=list)
    over: bool = False

    @property
    def behind(self) -> TokenHistory:
        """What the next token follows."""
        return TokenHistory(self.start, self.written)


@dataclass(frozen=True, slots=True)
class GenerationRule:
    """How rows are written and when they are over."""

    sampler: Sampler
    rows: int
    """Most rows side by side."""
    tokens: int
    """Most tokens of a reply."""
    ends: frozenset[int]
    """Tokens that end a reply, and are no part of it."""
    enough: Callable[[Sequence[int]], int | None] | None = None
    """How many of a row's tokens are its whole reply; None: it goes on."""

    def take(self, row: GeneratedRow, token: int) -> None:
        """Put a token to a row, or end it."""
        if token in self.ends:
            row.over = True
            return
        row.written.append(token)
        whole = self.enough(row.written) if self.enough else None
        row.over = whole is not None or len(row.written) == self.tokens
        if whole is not None:
            del row.written[whole:]


def generate(begin: Begin, groups: Iterable[Sequence[GeneratedRow]], rule: GenerationRule) -> None:
    """Write all rows, in place.

    Args:
        begin: how a model reads them.
        groups: rows of one source each, at most ``rule.rows`` in a group.
        rule: how they are written.

    Raises:
        ScoreError: a model's logits are not finite.
    """
    waiting = deque(groups)
    running: DecodingRows | None = None
    rows: list[GeneratedRow] = []
    while waiting or rows:
        running, rows = _filled(begin, running, rows, waiting, rule.rows)
        tokens = _drawn(running, rows, rule)
        alive = [i for i, row in enumerate(rows) if not row.over]
        if not alive:
            running, rows = None, []
            continue
        if (len(rows) - len(alive)) * LEAVE >= len(rows):
            kept = torch.tensor(alive, device=tokens.device)
            running.keep(kept)
            tokens, rows = tokens[kept], [rows[i] for i in alive]
        running.advance(tokens)


def _filled(
    begin: Begin,
    running: DecodingRows | None,
    rows: list[GeneratedRow],
    waiting: deque[Sequence[GeneratedRow]],
    most: int,
) -> tuple[DecodingRows, list[GeneratedRow]]:
    """With as many of the waiting rows as there is room for, where it is worth it."""
    free = most - len(rows)
    if running is not None and not (running.joins and free * JOIN >= most):
        return running, rows
    taken: list[Sequence[GeneratedRow]] = []
    while waiting and len(waiting[0]) <= free:
        taken.append(waiting.popleft())
        free -= len(taken[-1])
    if running is not None and not taken:
        return running, rows
    new = begin([group[0].source for group in taken])
    if any(len(group) > 1 for group in taken):
        nth = [i for i, group in enumerate(taken) for _ in group]
        new.keep(torch.tensor(nth, device=new.logits.device))
    if running is not None:
        running.join(new)
    return running or new, [*rows, *(row for group in taken for row in group)]


def _drawn(
    running: DecodingRows, rows: Sequence[GeneratedRow], rule: GenerationRule
) -> torch.Tensor:
    """The next token of every row, put to those that are not over."""
    peaks = running.logits.amax(-1)
    if not bool(peaks.isfinite().all()):
        row = rows[int((~peaks.isfinite()).int().argmax())]
        raise ScoreError(
            f"{row.name}: the model's logits are not finite (NaN or infinite weights, or numbers "
            "beyond the range of its dtype: try --dtype float32)"
        )
    dice = [row.dice[min(len(row.written), len(row.dice) - 1)] for row in rows]
    tokens = rule.sampler.draw(
        running.logits, [row.behind for row in rows], torch.tensor(dice, dtype=torch.float64)
    )
    for row, token in zip(rows, tokens.tolist(), strict=True):
        if not row.over:
            rule.take(row, token)
    return tokens
