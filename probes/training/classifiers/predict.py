"""What a trained classifier says of texts, in batches of about equal length."""

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
"""Texts at a time."""
PLACES = ("first", "last", "mean")
"""Vectors of the body of which one may be all that a head reads."""
TRIED = 16
"""Texts on which that is tried."""
SAME, ROUNDING = 1e-4, 1e-6
"""Of the spread of the logits over texts, and of the largest: two ways that differ by less are the
same. A new head of a small model hardly tells texts apart, and single precision is no finer."""
FAILED = (IndexError, RuntimeError, TypeError, ValueError)
"""What a model raises at inputs that it does not take."""
Numbers = Sequence[int]


def log_probabilities(
    model: PreTrainedModel,
    inputs: ClassifierInputs,
    numbers: Numbers,
    *,
    bf16: bool = False,
    frozen: bool = False,
) -> Floats:
    """Natural logarithms ``(numbers, classes)``, in evaluation mode; NaN where the model gives
    none. `frozen`: the inputs are vectors that the body gave."""
    outputs: dict[int, torch.Tensor] = {}
    with heads.bodiless(model) if frozen else nullcontext():
        for part, rows in _logits(model, inputs, numbers, bf16=bf16):
            outputs.update(zip(part, rows, strict=True))
    logits = torch.stack([outputs[n] for n in numbers])
    return np.asarray(torch.log_softmax(logits.double(), dim=-1).numpy())


def features(model: PreTrainedModel, inputs: TokenInputs) -> VectorInputs:
    """The one vector of each text that the head reads, by the body as it is: for training the head
    alone. Which of `PLACES` that is, is tried.

    Raises:
        ModelError: the head reads more than one vector.
    """
    place = _place(model, inputs)
    rows: dict[int, torch.Tensor] = {}
    for part, batch in _batches(model, inputs, range(len(inputs.ids))):
        rows.update(zip(part, _vectors(model, batch)[place].cpu(), strict=True))
    return VectorInputs(torch.stack([rows[n] for n in range(len(rows))]))


def require_same_alone(model: PreTrainedModel, inputs: TokenInputs, name: str) -> None:
    """Refuse a classifier whose numbers depend on the texts beside a text, or are none.

    Raises:
        ModelError: see above.
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
    """Logits of a few texts, ``(texts, classes)``; NaN where the model does not take them."""
    tried = _tried(inputs)
    try:
        return torch.cat([rows for _, rows in _logits(model, inputs, tried)])
    except FAILED:
        return torch.full((len(tried), model.config.num_labels), torch.nan)


def _place(model: PreTrainedModel, inputs: TokenInputs) -> str:
    tried = _tried(inputs)
    for place in PLACES:
        whole, single = [], []
        for _, batch in _batches(model, inputs, tried):
            whole.append(_forward(model, batch))
            vectors = VectorInputs(_vectors(model, batch)[place])
            with heads.bodiless(model):
                single.append(_tried_forward(model, vectors))
        if _same(torch.cat(whole), torch.cat(single)):
            return place
    raise ModelError(
        f"{type(model).__name__}: its head reads more of a text than one vector, so that a frozen "
        "body saves nothing; leave --frozen"
    )


def _tried_forward(model: PreTrainedModel, vectors: VectorInputs) -> torch.Tensor:
    """Logits of vectors; NaN where a head does not take them so."""
    batch = _on(model, vectors.batch(range(len(vectors.vectors))))
    try:
        return _forward(model, batch)
    except FAILED:
        return torch.full((len(vectors.vectors), model.config.num_labels), torch.nan)


def _same(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether logits are equal, as far as they differ from text to text."""
    if one.shape != other.shape or not torch.isfinite(other).all():
        return False
    spread, largest = one.std(dim=0).max().item(), one.abs().max().item()
    return bool((one - other).abs().max() <= max(SAME * spread, ROUNDING * max(largest, 0.1)))


def _tried(inputs: TokenInputs) -> list[int]:
    """Texts of as many lengths as there are, `TRIED` at most."""
    order = np.argsort(inputs.lengths, kind="stable")
    at = np.linspace(0, len(order) - 1, min(TRIED, len(order))).astype(int)
    return [int(order[n]) for n in np.unique(at)]


def _logits(
    model: PreTrainedModel, inputs: ClassifierInputs, numbers: Numbers, *, bf16: bool = False
) -> Iterator[tuple[list[int], torch.Tensor]]:
    """Texts and their logits, ``(texts, classes)`` in float32."""
    for part, batch in _batches(model, inputs, numbers):
        yield part, _forward(model, batch, bf16=bf16)


def _batches(
    model: PreTrainedModel, inputs: ClassifierInputs, numbers: Numbers
) -> Iterator[tuple[list[int], dict[str, torch.Tensor]]]:
    """Batches of texts of about one length, the longest first: memory is short at once or never."""
    model.eval()
    lengths: Ints = inputs.lengths
    order = sorted(numbers, key=lambda n: (-lengths[n], n))
    for start in range(0, len(order), ROWS):
        part = order[start : start + ROWS]
        yield part, _on(model, inputs.batch(part))


def _on(model: PreTrainedModel, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    device = next(model.parameters()).device
    return {key: of.to(device) for key, of in batch.items()}


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
    """The vectors of `PLACES`, each ``(texts, hidden)``."""
    hidden = model.base_model(**batch)[0].float()
    mask = batch["attention_mask"]
    last = mask.sum(dim=1) - 1
    mean = (hidden * mask[..., None]).sum(dim=1) / mask.sum(dim=1, keepdim=True)
    return {
        "first": hidden[:, 0],
        "last": hidden[torch.arange(len(hidden), device=hidden.device), last],
        "mean": mean,
    }
