"""The rows of an embedding that texts look up, as all of it that is trained.

The other rows get no gradient. In a model of many languages they are most of its weights, and an
optimiser would pass over each of them in every step.
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
    """An embedding whose weight can be narrowed to some of its rows, and widened again.

    Args:
        layer: the embedding.
        ids: of the rows, each once.
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
        """The rows alone are the layer's weight; in the end they stand among the others again."""
        self._narrow()
        try:
            yield
        finally:
            self._widen()

    @contextmanager
    def widened(self) -> Iterator[None]:
        """The layer as it was, with the rows as they are, for a moment within `narrow`."""
        self._widen()
        try:
            yield
        finally:
            self._narrow()

    def _narrow(self) -> None:
        layer, ids = self._layer, self._ids
        layer.weight = self._few
        if self._padding is not None:
            kept = bool((ids == self._padding).any())
            layer.padding_idx = int(self._row[self._padding]) if kept else None
        self._hook = layer.register_forward_pre_hook(
            lambda _, given: (self._row[given[0]], *given[1:])
        )

    def _widen(self) -> None:
        self._hook.remove()
        with torch.no_grad():
            self._whole[self._ids] = self._few
        self._layer.weight, self._layer.padding_idx = self._whole, self._padding


def used_rows(model: PreTrainedModel, inputs: ClassifierInputs) -> UsedRows | None:
    """The rows of a model's embedding that these texts look up; None where that saves nothing, or
    the model then says something else of them, which is tried."""
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
