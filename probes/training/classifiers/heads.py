"""A masked or causal model's body under a new head, as transformers builds classifiers.

The new weights, and only they, are those that the checkpoint's own model has no counterpart of.
They are drawn by the seed alone, so that models of one architecture begin with the same head.
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
    """A model that is trained again and again, from seed after seed.

    Args:
        base: the masked or causal model.
        classes: in the order of the logits.
        padding: the token that pads texts.
        untrained: leave the body's weights as the seed draws them, too.

    Raises:
        ModelError: transformers has no classifier of this kind, or none that takes its body.
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
        """The model as training begins: the checkpoint's body, a head drawn by the seed."""
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
        """A model whose weights are all drawn."""
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
    """The checkpoint's configuration, with classes and padding."""
    changed = copy.deepcopy(config)
    changed.id2label = dict(enumerate(classes))
    changed.label2id = {name: number for number, name in enumerate(classes)}
    for of in (changed, changed.get_text_config()):
        of.pad_token_id = padding
    changed.problem_type = "single_label_classification"
    return changed


def _shared(name: str, base: PreTrainedModel, model: PreTrainedModel) -> State:
    """The weights of the checkpoint that the classifier has a place for; all of the body's.

    Raises:
        ModelError: a weight of the body has none.
    """
    theirs, ours = base.state_dict(), model.state_dict()
    shared = {k: theirs[k] for k in ours if k in theirs and theirs[k].shape == ours[k].shape}
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
    """Stands for a body whose output is known: one vector a text, and what its pooler makes of it.

    Args:
        body: whose pooler is used, if it has one.
    """

    def __init__(self, body: torch.nn.Module) -> None:
        super().__init__()
        pooler = getattr(body, "pooler", None)
        self.pooler = pooler if isinstance(pooler, torch.nn.Module) else None

    def forward(self, *_: object, inputs_embeds: torch.Tensor, **__: object) -> object:
        """The vectors as they are."""
        from transformers.modeling_outputs import (
            BaseModelOutputWithPoolingAndCrossAttentions as Output,
        )

        pooled = None if self.pooler is None else self.pooler(inputs_embeds)
        return Output(last_hidden_state=inputs_embeds, pooler_output=pooled)


@contextmanager
def bodiless(model: PreTrainedModel) -> Iterator[PreTrainedModel]:
    """The classifier without its body: it takes one vector a text (`VectorInputs`)."""
    prefix, body = model.base_model_prefix, model.base_model
    setattr(model, prefix, _OneVector(body))
    try:
        yield model
    finally:
        setattr(model, prefix, body)
