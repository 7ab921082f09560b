"""Logits of masked models at the masks only; other positions are dropped as early as possible.

Only attention combines positions; what follows the last layer's attention (feed-forward, head)
treats each position separately. So after some module of the last layer only the hidden state at the
mask is kept: the head and most of the last layer are computed once per text instead of once per
token.

The module is found by a test: when a model is loaded, the candidates are tried on two texts, the
earliest first, and the first one with the same logits as the full pass is used. If there is none,
all positions are kept.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

import torch
from transformers.utils import ModelOutput

from probes.backends.hf.loading.device import FORWARD_ERRORS

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from probes.backends.hf.loading.checkpoint import Checkpoint
    from probes.backends.hf.scoring.forms import Ids

Output = TypeVar("Output", torch.Tensor, tuple[torch.Tensor, ...], ModelOutput)


def logits_at(
    checkpoint: Checkpoint,
    texts: Sequence[Ids],
    positions: Sequence[int],
    cut: torch.nn.Module | None,
) -> torch.Tensor:
    """Logits at one position of each text, ``[texts, vocabulary]``.

    Args:
        checkpoint: a masked checkpoint.
        texts: token ids.
        positions: one position in each text.
        cut: the module after which only these positions are kept; None: all are kept.
    """
    ids, mask = checkpoint.padded(texts)
    kept_positions = torch.tensor(positions, device=ids.device)
    with only_positions(cut, kept_positions) if cut is not None else contextlib.nullcontext():
        logits: torch.Tensor = checkpoint.model(input_ids=ids, attention_mask=mask).logits
    kept_positions = torch.zeros_like(kept_positions) if cut is not None else kept_positions
    return logits[torch.arange(len(texts), device=logits.device), kept_positions.to(logits.device)]


@contextlib.contextmanager
def only_positions(cut: torch.nn.Module, positions: torch.Tensor) -> Iterator[None]:
    """In this context a module's output is reduced to one position in each row; `positions`
    ``[rows]``."""

    def select(_module: object, _inputs: object, output: Output) -> Output:
        if isinstance(output, torch.Tensor):
            return _at_positions(output, positions)
        if isinstance(output, tuple):
            return (_at_positions(output[0], positions), *output[1:])
        output.last_hidden_state = _at_positions(output.last_hidden_state, positions)
        return output

    handle = cut.register_forward_hook(select)
    try:
        yield
    finally:
        handle.remove()


def earliest_cut(checkpoint: Checkpoint) -> torch.nn.Module | None:
    """The earliest module after which positions can be dropped in this model; None if there is
    none."""
    mask = checkpoint.tokenizer.mask_token_id
    ids = checkpoint.encode("a a a a").ids
    positions = [1, 2]
    texts = [(*ids[:i], mask, *ids[i + 1 :]) for i in positions]
    tolerance = checkpoint.info.tolerance
    with torch.inference_mode():
        full_logits = logits_at(checkpoint, texts, positions, None)
        for module in _candidates(checkpoint.model):
            try:
                cut_logits = logits_at(checkpoint, texts, positions, module)
            except FORWARD_ERRORS:
                continue  # Dropping positions fails here; error types vary.
            if full_logits.shape == cut_logits.shape and torch.allclose(
                full_logits, cut_logits, rtol=tolerance, atol=tolerance
            ):
                return module
    return None


def _candidates(model: PreTrainedModel) -> Iterator[torch.nn.Module]:
    """The submodules of the last layer in order, then the whole base model."""
    body = model.base_model
    layers = getattr(model.config, "num_hidden_layers", None)
    for module in body.modules():
        if isinstance(module, torch.nn.ModuleList) and len(module) == layers:
            yield from module[-1].children()
            break
    yield body


def _at_positions(states: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    """Select one position in each row: ``[rows, places, width]`` -> ``[rows, 1, width]``."""
    rows = torch.arange(len(states), device=states.device)
    return states[rows, positions.to(states.device)].unsqueeze(1)
