"""Tests of a model's attention and padding when it is loaded; nothing is inferred from its class.

A causal model, and the decoder of an encoder-decoder, must not attend to later tokens; a masked
model must. If padding changes a row's logits, only rows of equal length are batched together
(`Checkpoint.groups`). Takes one or two short forward passes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

import torch

from probes.backends.hf.loading.device import FORWARD_ERRORS, forward_errors
from probes.errors import ModelError

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from probes.backends.hf.loading.architecture import Kind
    from probes.backends.hf.scoring.forms import Ids
    from probes.types import ModelInfo

SAMPLE = "The quick brown fox, known here and there, sees a lazy dog; is this true or false?"
SHORT, LONG = 7, 19
"""Tokens of the test texts; odd, so that no architecture's block size fits them by chance."""
NOISES = 10.0
"""At 16 bits, allowed effect of the last token, in multiples of the rounding noise between rows."""
FLOAT32_TOLERANCE, HALF_TOLERANCE = 1e-4, 0.05
"""Maximum change of a position's logits that counts as rounding, relative to their spread, or to
the change at the token's own position (root mean squares)."""
LEAST_SPREAD = 0.1
"""Lower bound of the spread in this comparison."""


class TriedCheckpoint(Protocol):
    """The parts of `checkpoint.Checkpoint` that the tests need."""

    @property
    def model(self) -> PreTrainedModel: ...  # noqa: D102 (as there)
    @property
    def tokenizer(self) -> PreTrainedTokenizerBase: ...  # noqa: D102
    @property
    def info(self) -> ModelInfo: ...  # noqa: D102
    @property
    def context(self) -> int | None: ...  # noqa: D102
    @property
    def embedding_rows(self) -> int: ...  # noqa: D102
    def padded(self, rows: Sequence[Ids]) -> tuple[torch.Tensor, torch.Tensor]: ...  # noqa: D102


Run = Callable[[TriedCheckpoint, list["Ids"]], torch.Tensor]
"""Rows of token ids -> logits or hidden states ``[rows, positions, width]``."""


def require(checkpoint: TriedCheckpoint, kind: Kind) -> bool:
    """Test a model; returns whether padding leaves a row's logits unchanged.

    Raises:
        ModelError: a causal model or decoder attends to later tokens, a masked one does not, or the
            model cannot be run.
        MemoryError: a short text does not fit.
    """
    with forward_errors(checkpoint.info.name), torch.inference_mode():
        return _tried(checkpoint, kind)


def _tried(checkpoint: TriedCheckpoint, kind: Kind) -> bool:
    """`require` for a kind. Padding is on the right, so it has no effect in a causal model."""
    name, tokens = checkpoint.info.name, _ordinary_tokens(checkpoint)
    if kind == "reward":
        return True  # `hf.rewards.head` has its own padding and its own test.
    if kind in ("causal", "seq2seq"):
        part, run = ("model", _causal) if kind == "causal" else ("decoder", _decoder)
        share = _last_changes_earlier(checkpoint, tokens, run)
        if share is not None and share > _rounding(checkpoint, tokens, run):
            raise ModelError(
                f"{name}: its {part} looks ahead: another last token changes what it gives for the "
                "tokens before, so it is not causal and has no probabilities of continuations (see "
                "is_decoder, is_causal and the like in its config.json)"
            )
        return kind == "causal" or _same_padded(checkpoint, tokens, _encoder)
    if kind == "masked" and _last_changes_earlier(checkpoint, tokens, _masked) == 0:
        raise ModelError(
            f"{name}: its model sees nothing of what follows a token, so it is no masked language "
            "model (see is_decoder in its config.json)"
        )
    return _same_padded(checkpoint, tokens, _masked if kind == "masked" else _classes)


def tolerance(dtype: torch.dtype) -> float:
    """Maximum relative difference that counts as rounding in this dtype."""
    return HALF_TOLERANCE if torch.finfo(dtype).bits <= 16 else FLOAT32_TOLERANCE


def _rounding(checkpoint: TriedCheckpoint, tokens: Ids, run: Run) -> float:
    """Maximum relative effect of the last token on earlier positions in a causal model.

    At 16 bits it is derived from the effect of another row in the batch, which is rounding noise
    (from experts that share rows, or scales per batch). In most models that is 0.
    """
    if tolerance(checkpoint.model.dtype) == FLOAT32_TOLERANCE:
        return FLOAT32_TOLERANCE
    text = tokens[:-1]
    other = (*text[:-1], tokens[-1])
    alike, unlike = (run(checkpoint, [text, row]).float() for row in (text, other))
    noise = (alike[0] - unlike[0]).square().mean(-1).sqrt().max()
    own = (unlike[1, -1] - unlike[0, -1]).square().mean().sqrt()
    return min(HALF_TOLERANCE, max(FLOAT32_TOLERANCE, NOISES * (noise / own).item()))


def _last_changes_earlier(checkpoint: TriedCheckpoint, tokens: Ids, run: Run) -> float | None:
    """Maximum change of earlier logits by another last token, relative to the change at its own
    position; None if undefined, as with logits that are not finite."""
    text, other = tokens[:-1], tokens[-1]
    rows = run(checkpoint, [text, (*text[:-1], other)]).float()
    changes = (rows[1] - rows[0]).square().mean(-1).sqrt()
    own_change = changes[-1].item()
    return (
        changes[:-1].max().item() / own_change if own_change and changes.isfinite().all() else None
    )


def _same_padded(checkpoint: TriedCheckpoint, tokens: Ids, run: Run) -> bool:
    """Whether a short text's logits are the same alone and in a batch with a longer text."""
    short, long = tokens[:SHORT], tokens[:-1]
    alone = run(checkpoint, [short])[0].float()
    try:
        padded = run(checkpoint, [short, long])[0, : len(alone)].float()
    except FORWARD_ERRORS:
        return False  # The model cannot run a padded batch.
    spread = max(alone.std(-1).mean().item(), LEAST_SPREAD)
    change = (padded - alone).square().mean(-1).sqrt().max().item()
    return change <= tolerance(checkpoint.model.dtype) * spread


def _ordinary_tokens(checkpoint: TriedCheckpoint) -> Ids:
    """Ids of a text without special tokens, whose last two tokens differ."""
    tokenizer, rows = checkpoint.tokenizer, checkpoint.embedding_rows
    special = set(tokenizer.all_special_ids)
    encoded = tokenizer(SAMPLE, add_special_tokens=False, verbose=False)["input_ids"]
    ids = [token for token in encoded if token not in special and token < rows]
    if len(set(ids)) < LONG // 2:  # The vocabulary is of another language.
        ids = [token for token in range(min(rows, len(tokenizer))) if token not in special]
    size = min(LONG, checkpoint.context or LONG)
    text = (ids * LONG)[:size]
    other = next((token for token in ids if token != text[-1]), text[-1])
    return (*text, other)


def _causal(checkpoint: TriedCheckpoint, rows: list[Ids]) -> torch.Tensor:
    ids, mask = checkpoint.padded(rows)
    logits: torch.Tensor = checkpoint.model(
        input_ids=ids, attention_mask=mask, use_cache=False
    ).logits
    return logits


def _decoder(checkpoint: TriedCheckpoint, rows: list[Ids]) -> torch.Tensor:
    source, mask = checkpoint.padded([rows[0]] * len(rows))
    logits: torch.Tensor = checkpoint.model(
        input_ids=source,
        attention_mask=mask,
        decoder_input_ids=checkpoint.padded(rows)[0],
        use_cache=False,
    ).logits
    return logits


def _encoder(checkpoint: TriedCheckpoint, rows: list[Ids]) -> torch.Tensor:
    ids, mask = checkpoint.padded(rows)
    encoder = checkpoint.model.get_encoder()
    states: torch.Tensor = encoder(input_ids=ids, attention_mask=mask).last_hidden_state
    return states


def _masked(checkpoint: TriedCheckpoint, rows: list[Ids]) -> torch.Tensor:
    ids, mask = checkpoint.padded(rows)
    logits: torch.Tensor = checkpoint.model(input_ids=ids, attention_mask=mask).logits
    return logits


def _classes(checkpoint: TriedCheckpoint, rows: list[Ids]) -> torch.Tensor:
    end = checkpoint.tokenizer.eos_token_id  # Some classifiers read only the EOS position.
    ended = rows if end is None else [(*row[:-1], end) for row in rows]
    return _masked(checkpoint, ended)[:, None]
