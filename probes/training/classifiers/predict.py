"""Predictions of a trained classifier, in batches of texts of about equal length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING

import numpy as np
import torch

from probes.backends.hf.loading.auto import silenced
from probes.errors import ModelError
from probes.training.classifiers import heads
from probes.training.classifiers.inputs import ClassifierInputs, TokenInputs, VectorInputs

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from probes.placement.interval import Floats, Ints

ROWS = 64
"""Batch size of predictions."""
PLACES = ("first", "last", "mean")
"""Poolings of the encoder's output that a head may read: first token, last token, mean."""
TRIED = 16
"""Texts on which equality of logits is tested."""
SAME, ROUNDING = 1e-4, 1e-6
"""Tolerances for equal logits, relative to their spread over texts and to the largest logit. (An
untrained head of a small model has a tiny spread, below the precision of float32.)"""
FAILED = (IndexError, RuntimeError, TypeError, ValueError)
"""What a model raises at inputs of an unsuitable shape."""
Numbers = Sequence[int]


def log_probabilities(
    model: PreTrainedModel,
    inputs: ClassifierInputs,
    numbers: Numbers,
    *,
    bf16: bool = False,
    frozen: bool = False,
) -> Floats:
    """Natural log-probabilities ``(numbers, classes)`` in evaluation mode; NaN if the logits are.

    `frozen`: the inputs are output vectors of the frozen encoder.
    """
    outputs: dict[int, torch.Tensor] = {}
    with heads.bodiless(model) if frozen else nullcontext():
        for part, rows in _logits(model, inputs, numbers, bf16=bf16):
            outputs.update(zip(part, rows, strict=True))
    logits = torch.stack([outputs[n] for n in numbers])
    return np.asarray(torch.log_softmax(logits.double(), dim=-1).numpy())


def features(model: PreTrainedModel, inputs: TokenInputs) -> VectorInputs:
    """The encoder output vector of each text that the head reads, for training the head alone.

    Which pooling of `PLACES` the head uses is found by trying each.

    Raises:
        ModelError: the head reads more than one vector.
    """
    pooling = _pooling(model, inputs)
    rows: dict[int, torch.Tensor] = {}
    for part, batch in _batches(model, inputs, range(len(inputs.ids))):
        rows.update(zip(part, _vectors(model, batch)[pooling].cpu(), strict=True))
    return VectorInputs(torch.stack([rows[n] for n in range(len(rows))]))


def require_same_alone(model: PreTrainedModel, inputs: TokenInputs, name: str) -> None:
    """Check that a text's logits are finite and do not depend on the other texts in its batch.

    Raises:
        ModelError: one of these fails.
    """
    tried = _tried(inputs)
    together = torch.cat([rows for _, rows in _logits(model, inputs, tried)])
    order = [n for part, _ in _logits(model, inputs, tried) for n in part]
    alone = torch.cat([next(_logits(model, inputs, [n]))[1] for n in order])
    if not alone.isfinite().all():
        raise ModelError(
            f"{name}: as a classifier it gives numbers that are not finite; its weights may be "
            "damaged"
        )
    if not _same(together, alone):
        raise ModelError(
            f"{name}: as a classifier it gives a text other numbers where others stand beside it, "
            "so that it cannot be trained in batches"
        )


def tried_logits(model: PreTrainedModel, inputs: TokenInputs) -> torch.Tensor:
    """Logits of a few texts, ``(texts, classes)``; NaN if the model rejects the inputs."""
    tried = _tried(inputs)
    try:
        return torch.cat([rows for _, rows in _logits(model, inputs, tried)])
    except FAILED:
        return torch.full((len(tried), model.config.num_labels), torch.nan)


def _pooling(model: PreTrainedModel, inputs: TokenInputs) -> str:
    tried = _tried(inputs)
    for pooling in PLACES:
        from_tokens, from_vectors = [], []
        for _, batch in _batches(model, inputs, tried):
            from_tokens.append(_forward(model, batch))
            vectors = VectorInputs(_vectors(model, batch)[pooling])
            with heads.bodiless(model):
                from_vectors.append(_tried_forward(model, vectors))
        if _same(torch.cat(from_tokens), torch.cat(from_vectors)):
            return pooling
    raise ModelError(
        f"{type(model).__name__}: its head reads more of a text than one vector, so that a frozen "
        "body saves nothing; leave --frozen"
    )


def _tried_forward(model: PreTrainedModel, vectors: VectorInputs) -> torch.Tensor:
    """Logits ``(texts, classes)`` of encoder vectors; NaN if the head rejects them."""
    batch = _on(model, vectors.batch(range(len(vectors.vectors))))
    try:
        return _forward(model, batch)
    except FAILED:
        return torch.full((len(vectors.vectors), model.config.num_labels), torch.nan)


def _same(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether logits are equal within `SAME` and `ROUNDING`."""
    if one.shape != other.shape or not torch.isfinite(other).all():
        return False
    spread, largest = one.std(dim=0).max().item(), one.abs().max().item()
    return bool((one - other).abs().max() <= max(SAME * spread, ROUNDING * max(largest, 0.1)))


def _tried(inputs: TokenInputs) -> list[int]:
    """Indices of at most `TRIED` texts, spread evenly over the text lengths."""
    order = np.argsort(inputs.lengths, kind="stable")
    ranks = np.linspace(0, len(order) - 1, min(TRIED, len(order))).astype(int)
    return [int(order[n]) for n in np.unique(ranks)]


def _logits(
    model: PreTrainedModel, inputs: ClassifierInputs, numbers: Numbers, *, bf16: bool = False
) -> Iterator[tuple[list[int], torch.Tensor]]:
    """Text indices of each batch and their logits, ``(texts, classes)`` in float32."""
    for part, batch in _batches(model, inputs, numbers):
        yield part, _forward(model, batch, bf16=bf16)


def _batches(
    model: PreTrainedModel, inputs: ClassifierInputs, numbers: Numbers
) -> Iterator[tuple[list[int], dict[str, torch.Tensor]]]:
    """Batches of texts of similar length, longest first: memory runs out in the first or never."""
    model.eval()
    lengths: Ints = inputs.lengths
    order = sorted(numbers, key=lambda n: (-lengths[n], n))
    for start in range(0, len(order), ROWS):
        part = order[start : start + ROWS]
        yield part, _on(model, inputs.batch(part))


def _on(model: PreTrainedModel, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    device = next(model.parameters()).device
    return {key: tensor.to(device) for key, tensor in batch.items()}


@torch.no_grad()
def _forward(
    model: PreTrainedModel, batch: dict[str, torch.Tensor], *, bf16: bool = False
) -> torch.Tensor:
    device = next(model.parameters()).device.type
    with silenced(), torch.autocast(device, torch.bfloat16, enabled=bf16):
        logits: torch.Tensor = model(**batch).logits
    return logits.float().cpu()


@torch.no_grad()
def _vectors(model: PreTrainedModel, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The encoder's output in each pooling of `PLACES`, ``(texts, hidden)``."""
    hidden = model.base_model(**batch)[0].float()
    mask = batch["attention_mask"]
    last = mask.sum(dim=1) - 1
    mean = (hidden * mask[..., None]).sum(dim=1) / mask.sum(dim=1, keepdim=True)
    return {
        "first": hidden[:, 0],
        "last": hidden[torch.arange(len(hidden), device=hidden.device), last],
        "mean": mean,
    }
