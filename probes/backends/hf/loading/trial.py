"""What the method relies on, tried on a model when it is loaded; never inferred from its class.

A causal model, and the decoder of an encoder-decoder, must not see later tokens; a masked model
must. Whether padding leaves the numbers as they are is measured: where it does not, rows of equal
length are scored together (`Checkpoint.groups`). One or two short forward passes.
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
"""Tokens of the texts that are tried; odd, so that no architecture's blocks fit them by chance."""
NOISES = 10.0
"""So many times what another row changes by rounding may the last token change, at 16 bits."""
FLOAT32_TOLERANCE, HALF_TOLERANCE = 1e-4, 0.05
"""Largest change of a position's numbers that is rounding, as a share of how far they differ from
one another, or change with the token there (root mean squares)."""
LEAST_SPREAD = 0.1
"""Numbers that differ less from one another are held to this."""


class TriedCheckpoint(Protocol):
    """What is tried of a `checkpoint.Checkpoint`."""

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
"""Rows of ids -> numbers [rows, positions, width]."""


def require(checkpoint: TriedCheckpoint, kind: Kind) -> bool:
    """Whether padding leaves the numbers of a row as they are.

    Raises:
        ModelError: a causal model or decoder sees later tokens, a masked one does not, or the model
            cannot be run.
        MemoryError: a short text does not fit.
    """
    with forward_errors(checkpoint.info.name), torch.inference_mode():
        return _tried(checkpoint, kind)


def _tried(checkpoint: TriedCheckpoint, kind: Kind) -> bool:
    """`require` for a kind; padding follows a text, so where nothing looks ahead it is not seen."""
    name, tokens = checkpoint.info.name, _ordinary_tokens(checkpoint)
    if kind == "reward":
        return True  # `hf.rewards.head` pads in a way of its own, and tries that.
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
    """Largest share of a difference that is rounding."""
    return HALF_TOLERANCE if torch.finfo(dtype).bits <= 16 else FLOAT32_TOLERANCE


def _rounding(checkpoint: TriedCheckpoint, tokens: Ids, run: Run) -> float:
    """Largest share by which the last token may change what is before it in a causal model.

    At 16 bits that is measured: what another row beside a text changes in it (experts that share
    their rows, scales of a whole batch) is rounding. In most models that is nothing at all.
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
    """How far another last token changes the logits at any position before it, as a share of those
    at its own; None if that cannot be told, as with numbers that are not finite."""
    text, other = tokens[:-1], tokens[-1]
    rows = run(checkpoint, [text, (*text[:-1], other)]).float()
    changes = (rows[1] - rows[0]).square().mean(-1).sqrt()
    own = changes[-1].item()
    return changes[:-1].max().item() / own if own and changes.isfinite().all() else None


def _same_padded(checkpoint: TriedCheckpoint, tokens: Ids, run: Run) -> bool:
    """Whether a short text's numbers are the same alone and beside a longer one."""
    short, long = tokens[:SHORT], tokens[:-1]
    alone = run(checkpoint, [short])[0].float()
    try:
        padded = run(checkpoint, [short, long])[0, : len(alone)].float()
    except FORWARD_ERRORS:
        return False  # It cannot be padded at all.
    spread = max(alone.std(-1).mean().item(), LEAST_SPREAD)
    change = (padded - alone).square().mean(-1).sqrt().max().item()
    return change <= tolerance(checkpoint.model.dtype) * spread


def _ordinary_tokens(checkpoint: TriedCheckpoint) -> Ids:
    """Ids of a text without special tokens, the last one unlike the one before it."""
    tokenizer, rows = checkpoint.tokenizer, checkpoint.embedding_rows
    special = set(tokenizer.all_special_ids)
    encoded = tokenizer(SAMPLE, add_special_tokens=False, verbose=False)["input_ids"]
    ids = [token for token in encoded if token not in special and token < rows]
    if len(set(ids)) < LONG // 2:  # A vocabulary of another language.
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
    end = checkpoint.tokenizer.eos_token_id  # Some classes read it and nothing else.
    ended = rows if end is None else [(*row[:-1], end) for row in rows]
    return _masked(checkpoint, ended)[:, None]
