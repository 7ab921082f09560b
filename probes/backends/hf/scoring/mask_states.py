"""Logits of masked models at their masks alone: what lies elsewhere is left out as early as can be.

What is clever. Only the last layer's attention looks from one position at others; what comes behind
it (feed-forward, head) takes each position by itself. So behind some module of the last layer a
text is cut to its mask's state: the vocabulary is applied once a text, not once a token, and most
of the last layer with it.

Why that is allowed. It is not known but tried: the modules that a cut may follow are tried on two
texts when a model is loaded, the earliest first, and the first is taken that gives the very numbers
of the uncut pass; where none does, nothing is cut. Does not know prompts or forms (see `masked`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

import torch
from transformers.utils import ModelOutput

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
    """Logits over the vocabulary at a position of each text, shape [texts, vocabulary].

    Args:
        checkpoint: a masked one.
        texts: token ids.
        positions: one a text.
        cut: the module behind which only these positions go on; None: all do.
    """
    ids, mask = checkpoint.padded(texts)
    at = torch.tensor(positions, device=ids.device)
    with only(cut, at) if cut is not None else contextlib.nullcontext():
        logits: torch.Tensor = checkpoint.model(input_ids=ids, attention_mask=mask).logits
    at = torch.zeros_like(at) if cut is not None else at
    return logits[torch.arange(len(texts), device=logits.device), at.to(logits.device)]


@contextlib.contextmanager
def only(cut: torch.nn.Module, positions: torch.Tensor) -> Iterator[None]:
    """Meanwhile a module's output is cut to one position of each row [rows]."""

    def pick(_module: object, _inputs: object, output: Output) -> Output:
        if isinstance(output, torch.Tensor):
            return _picked(output, positions)
        if isinstance(output, tuple):
            return (_picked(output[0], positions), *output[1:])
        output.last_hidden_state = _picked(output.last_hidden_state, positions)
        return output

    handle = cut.register_forward_hook(pick)
    try:
        yield
    finally:
        handle.remove()


def earliest(checkpoint: Checkpoint) -> torch.nn.Module | None:
    """The earliest module behind which this architecture's texts can be cut; None: nowhere."""
    mask = checkpoint.tokenizer.mask_token_id
    ids = checkpoint.encode("a a a a").ids
    places = [1, 2]
    texts = [(*ids[:i], mask, *ids[i + 1 :]) for i in places]
    near = checkpoint.info.tolerance
    with torch.inference_mode():
        whole = logits_at(checkpoint, texts, places, None)
        for module in _candidates(checkpoint.model):
            try:
                found = logits_at(checkpoint, texts, places, module)
            except (AttributeError, IndexError, RuntimeError, TypeError, ValueError):
                continue  # Each architecture that cannot be cut there refuses in its own way.
            if whole.shape == found.shape and torch.allclose(whole, found, rtol=near, atol=near):
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


def _picked(states: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    """[rows, places, width] -> [rows, 1, width]."""
    rows = torch.arange(len(states), device=states.device)
    return states[rows, positions.to(states.device)].unsqueeze(1)
