"""A classifier: a masked or causal model's encoder with a new head, as transformers builds it.

"Encoder" means all layers below the head. The new weights are exactly those that the checkpoint
lacks. They are drawn from the seed alone, so models of one architecture begin with equal heads.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from transformers import AutoModelForSequenceClassification, set_seed

from probes.backends.hf.loading.auto import silenced, use_fused_gelu
from probes.errors import ModelError

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedModel

    from probes.backends.hf.loading.checkpoint import Checkpoint

State = dict[str, torch.Tensor]


class Classifier:
    """A classification model that can be reset to its initial weights for each seed.

    Args:
        base: the masked or causal model.
        classes: class names in the order of the logits.
        padding: the padding token.
        untrained: draw the encoder's weights from the seed too.

    Raises:
        ModelError: transformers has no classifier of this architecture, or none with this encoder.
    """

    def __init__(
        self, base: Checkpoint, classes: Sequence[str], padding: int, *, untrained: bool = False
    ) -> None:
        self.name, self.tokenizer = base.info.name, base.tokenizer
        self._config = _config(base.model.config, classes, padding)
        self.model = self._drawn(0)
        self._untrained = untrained
        self._body = _shared(self.name, base.model, self.model)
        self.new = frozenset(self.model.state_dict()) - frozenset(self._body)
        """Names of the weights that the checkpoint does not have."""
        self._heads: dict[int, State] = {}

    def begin(self, seed: int, *, frozen: bool = False) -> PreTrainedModel:
        """Reset the model: the checkpoint's encoder, and a head drawn from the seed."""
        if self._untrained:
            self.model.load_state_dict(self._drawn(seed).state_dict())
        else:
            if seed not in self._heads:
                drawn = self._drawn(seed).state_dict()
                self._heads[seed] = {name: drawn[name] for name in self.new}
            self.model.load_state_dict({**self._body, **self._heads[seed]})
        for name, weight in self.model.named_parameters():
            weight.requires_grad_(not frozen or name in self.new)
            weight.grad = None
        return self.model

    def _drawn(self, seed: int) -> PreTrainedModel:
        """A model with all weights drawn from the seed."""
        set_seed(seed)
        try:
            with silenced():
                model = AutoModelForSequenceClassification.from_config(
                    copy.deepcopy(self._config), dtype=torch.float32
                )
        except ValueError as error:
            raise ModelError(
                f"{self.name}: transformers has no classifier of models of this kind "
                f"({self._config.model_type})"
            ) from error
        use_fused_gelu(model)
        return model


def _config(config: PretrainedConfig, classes: Sequence[str], padding: int) -> PretrainedConfig:
    """The checkpoint's configuration with class names and padding token."""
    changed = copy.deepcopy(config)
    changed.id2label = dict(enumerate(classes))
    changed.label2id = {name: number for number, name in enumerate(classes)}
    for part in (changed, changed.get_text_config()):
        part.pad_token_id = padding
    changed.problem_type = "single_label_classification"
    return changed


def _shared(name: str, base: PreTrainedModel, model: PreTrainedModel) -> State:
    """The checkpoint's weights that the classifier has too; they include the whole encoder.

    Raises:
        ModelError: the classifier lacks a weight of the encoder.
    """
    base_state, state = base.state_dict(), model.state_dict()
    shared = {
        k: base_state[k] for k in state if k in base_state and base_state[k].shape == state[k].shape
    }
    body = base.base_model.state_dict()
    prefix = model.base_model_prefix
    lost = [key for key in body if f"{prefix}.{key}" not in shared]
    if lost or base.base_model is base:
        raise ModelError(
            f"{name}: transformers' classifier of this kind has no place for its weights "
            f"({(lost or ['its body'])[0]})"
        )
    return shared


class _OneVector(torch.nn.Module):
    """Replaces an encoder whose output vectors are precomputed, one for each text.

    Args:
        body: the encoder; its pooler is applied to the vectors, if it has one.
    """

    def __init__(self, body: torch.nn.Module) -> None:
        super().__init__()
        pooler = getattr(body, "pooler", None)
        self.pooler = pooler if isinstance(pooler, torch.nn.Module) else None

    def forward(self, *_: object, inputs_embeds: torch.Tensor, **__: object) -> object:
        """Return the vectors unchanged as the encoder's output, with the pooler's output."""
        from transformers.modeling_outputs import (
            BaseModelOutputWithPoolingAndCrossAttentions as Output,
        )

        pooled = None if self.pooler is None else self.pooler(inputs_embeds)
        return Output(last_hidden_state=inputs_embeds, pooler_output=pooled)


@contextmanager
def bodiless(model: PreTrainedModel) -> Iterator[PreTrainedModel]:
    """Within this context the classifier has no encoder: it reads `VectorInputs`."""
    prefix, body = model.base_model_prefix, model.base_model
    setattr(model, prefix, _OneVector(body))
    try:
        yield model
    finally:
        setattr(model, prefix, body)
