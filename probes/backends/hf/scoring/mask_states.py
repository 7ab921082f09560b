"""Logits of masked models at their masks alone; other positions are dropped as early as possible.

Only attention looks from one position at others; what follows the last layer's attention
(feed-forward, head) takes each position by itself. So after some module of the last layer a text is
cut to the hidden state of its mask: the head is applied once a text and not once a token, and so is
most of the last layer.

After which module this is exact is tested and not assumed: when a model is loaded, the candidates
are tried on two texts, the earliest first, and the first one whose logits equal those of the full
pass is used. If none does, nothing is cut. Knows neither prompts nor forms (see `masked`).
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
    """Logits over the vocabulary at one position of each text, shape [texts, vocabulary].

    Args:
        checkpoint: a masked one.
        texts: token ids.
        positions: one of each text.
        cut: the module after which only these positions go on; None: all positions do.
    """
    ids, mask = checkpoint.padded(texts)
    at = torch.tensor(positions, device=ids.device)
    with only_positions(cut, at) if cut is not None else contextlib.nullcontext():
        logits: torch.Tensor = checkpoint.model(input_ids=ids, attention_mask=mask).logits
    at = torch.zeros_like(at) if cut is not None else at
    return logits[torch.arange(len(texts), device=logits.device), at.to(logits.device)]


@contextlib.contextmanager
def only_positions(cut: torch.nn.Module, positions: torch.Tensor) -> Iterator[None]:
    """A context in which a module's output is cut to one position of each row [rows]."""

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
    """The earliest module after which this architecture's texts can be cut; None: nowhere."""
    mask = checkpoint.tokenizer.mask_token_id
    ids = checkpoint.encode("a a a a").ids
    places = [1, 2]
    texts = [(*ids[:i], mask, *ids[i + 1 :]) for i in places]
    tolerance = checkpoint.info.tolerance
    with torch.inference_mode():
        full_logits = logits_at(checkpoint, texts, places, None)
        for module in _candidates(checkpoint.model):
            try:
                cut_logits = logits_at(checkpoint, texts, places, module)
            except FORWARD_ERRORS:
                continue  # It cannot be cut there; each architecture raises its own error.
            if full_logits.shape == cut_logits.shape and torch.allclose(
                full_logits, cut_logits, rtol=tolerance, atol=tolerance
            ):
                return module
    return None


def _candidates(model: PreTrainedModel) -> Iterator[torch.nn.Module]:
    """The parts of the last layer in order, then the whole body."""
    body = model.base_model
    layers = getattr(model.config, "num_hidden_layers", None)
    for module in body.modules():
        if isinstance(module, torch.nn.ModuleList) and len(module) == layers:
            yield from module[-1].children()
            break
    yield body


def _at_positions(states: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    """[rows, places, width] -> [rows, 1, width]."""
    rows = torch.arange(len(states), device=states.device)
    return states[rows, positions.to(states.device)].unsqueeze(1)
