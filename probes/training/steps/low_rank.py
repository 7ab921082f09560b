"""Low-rank adapters (LoRA) of a model's linear layers, by peft; merged into the weights at the
end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from transformers.pytorch_utils import Conv1D

from probes.errors import ModelError
from probes.files import atomic
from probes.training.steps import checkpoints

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel

RANK = 8
FOLDER = "adapter"
"""Subfolder of a training for the adapter alone."""
CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"


def adapt(model: PreTrainedModel, **chosen: object) -> PeftModel:
    """The model with frozen weights and trainable LoRA matrices; `chosen`: LoraConfig options."""
    from peft import LoraConfig, get_peft_model

    return get_peft_model(model, LoraConfig(r=RANK, lora_alpha=2 * RANK, **chosen))


@contextmanager
def adapted(model: PreTrainedModel) -> Iterator[PeftModel]:
    """LoRA on all linear layers but the trainable ones (a classifier's head), which are trained in
    full. The matrices are merged into `model` when the context ends.

    Raises:
        ModelError: there is no such layer, or a trainable weight belongs to no submodule.
    """
    in_full = {name.rpartition(".")[0] for name, w in model.named_parameters() if w.requires_grad}
    beside = {
        name: layer
        for name, layer in model.named_modules()
        if isinstance(layer, torch.nn.Linear | Conv1D) and name not in in_full
    }
    if not beside or "" in in_full:
        raise ModelError(f"{type(model).__name__}: has no place for --lora; leave it, or --frozen")
    turned = any(isinstance(layer, Conv1D) for layer in beside.values())
    trained = adapt(
        model, target_modules=[*beside], modules_to_save=sorted(in_full), fan_in_fan_out=turned
    )
    try:
        yield trained
    finally:
        trained.merge_and_unload()


def keep(checkpoint: Path, out: Path, base: str) -> None:
    """Save the trained matrices as an adapter of the model `base`, in ``OUT/adapter``."""
    state, folder = checkpoint / checkpoints.STATE, out / FOLDER
    folder.mkdir(exist_ok=True)
    (folder / WEIGHTS).unlink(missing_ok=True)
    checkpoints.link_or_copy(state / WEIGHTS, folder / WEIGHTS)
    config = json.loads((state / CONFIG).read_text())
    config |= {"base_model_name_or_path": base, "target_modules": sorted(config["target_modules"])}
    atomic.write(folder / CONFIG, (json.dumps(config, indent=2, sort_keys=True) + "\n").encode())
