"""Training only the embedding rows whose tokens occur in the texts.

The other rows get no gradient. In a multilingual model they are most of the weights, and the
optimizer would visit each of them in every step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

from probes.training.classifiers import predict
from probes.training.classifiers.inputs import ClassifierInputs, TokenInputs

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class UsedRows:
    """An embedding layer whose weight can be reduced to some of its rows, and restored.

    Args:
        layer: the embedding.
        ids: token ids of the rows, without repeats.
    """

    def __init__(self, layer: torch.nn.Embedding, ids: Sequence[int]) -> None:
        self._layer, self._whole, self._padding = layer, layer.weight, layer.padding_idx
        device = self._whole.device
        self._ids = torch.tensor(ids, device=device)
        self._few = torch.nn.Parameter(self._whole.detach()[self._ids])
        self._row = torch.zeros(len(self._whole), dtype=torch.long, device=device)
        self._row[self._ids] = torch.arange(len(ids), device=device)

    @contextmanager
    def narrow(self) -> Iterator[None]:
        """In this context the layer's weight is only these rows; at the end they are put back."""
        self._narrow()
        try:
            yield
        finally:
            self._widen()

    @contextmanager
    def widened(self) -> Iterator[None]:
        """Inside `narrow`, the full layer for a while, with the current values of the rows."""
        self._widen()
        try:
            yield
        finally:
            self._narrow()

    def _narrow(self) -> None:
        layer, ids = self._layer, self._ids
        layer.weight = self._few
        if self._padding is not None:
            has_padding = bool((ids == self._padding).any())
            layer.padding_idx = int(self._row[self._padding]) if has_padding else None
        self._hook = layer.register_forward_pre_hook(
            lambda _, args: (self._row[args[0]], *args[1:])
        )

    def _widen(self) -> None:
        self._hook.remove()
        with torch.no_grad():
            self._whole[self._ids] = self._few
        self._layer.weight, self._layer.padding_idx = self._whole, self._padding


def used_rows(model: PreTrainedModel, inputs: ClassifierInputs) -> UsedRows | None:
    """The embedding rows that these texts use; None if that saves nothing, or if a trial shows that
    the model's logits would change."""
    if not isinstance(inputs, TokenInputs):
        return None
    layer = model.get_input_embeddings()
    ids = sorted({inputs.padding, *(token for row in inputs.ids for token in row)})
    if not isinstance(layer, torch.nn.Embedding) or len(ids) >= len(layer.weight):
        return None
    uses = sum(w is layer.weight for _, w in model.named_parameters(remove_duplicate=False))
    if uses != 1 or not layer.weight.requires_grad:
        return None
    rows, before = UsedRows(layer, ids), predict.tried_logits(model, inputs)
    with rows.narrow():
        after = predict.tried_logits(model, inputs)
    return rows if torch.equal(after, before) else None
