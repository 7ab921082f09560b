"""PEFT adapters (``--adapter PATH``), merged into the model's weights when it is loaded.

A test batch checks that the merged model equals the adapted one. A tokenizer or chat template in
the adapter's folder replaces the model's. PEFT is an optional dependency, imported only for
adapters; the base model that an adapter names is not loaded.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from probes.backends.hf.loading.architecture import Kind
from probes.backends.hf.loading.folder import (
    ADAPTER_CONFIG,
    CONFIG,
    SETTINGS,
    CheckpointFolder,
    meaning,
    read_object,
    settings_files,
)
from probes.backends.hf.loading.hub import locate
from probes.backends.hf.loading.trial import tolerance
from probes.errors import ModelError

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel

WEIGHTS = "adapter_model.safetensors"
MERGEABLE = (
    *("LORA", "ADALORA", "LOHA", "LOKR", "IA3", "OFT", "BOFT", "VERA", "HRA", "FOURIERFT"),
    *("RANDLORA", "SHIRA", "BONE", "MISS", "C3A"),
)
"""PEFT's adapter types that can be merged into weights and need no other files."""
PREFIX = "base_model.model."
TOKENS = 16
"""Tokens of the text on which merged and adapted model are compared."""


def locate_adapter(name: str) -> CheckpointFolder:
    """The folder of an adapter, from a path or hub id.

    Raises:
        ModelError: the folder does not exist, has no adapter or one that cannot be merged, or PEFT
            is not installed.
    """
    if importlib.util.find_spec("peft") is None:
        raise ModelError(
            "--adapter needs PEFT, which is not installed: pip install 'political-probes[adapters]'"
        )
    source = locate(name, files=(ADAPTER_CONFIG, WEIGHTS, *SETTINGS[1:]))
    for file in (ADAPTER_CONFIG, WEIGHTS):
        if not (source.path / file).is_file():
            raise ModelError(f"{name}: holds no {file}, so it is no PEFT adapter in safetensors")
    config = read_object(source.path / ADAPTER_CONFIG, source)
    kind = str(config.get("peft_type")).upper()
    if kind not in MERGEABLE:
        raise ModelError(
            f"{name}: is an adapter of type {kind}, which cannot be merged into a model's weights; "
            f"those of LoRA and its like can"
        )
    if config.get("megatron_config"):
        raise ModelError(f"{name}: its {ADAPTER_CONFIG} names a library of Megatron to be imported")
    return source


def adapter_files(source: CheckpointFolder) -> list[Path]:
    """The files of an adapter that affect a model's answers."""
    own = [file for file in settings_files(source) if file.name != CONFIG]
    return [source.path / ADAPTER_CONFIG, source.path / WEIGHTS, *own]


def merge_adapter(model: PreTrainedModel, source: CheckpointFolder, kind: Kind) -> PreTrainedModel:
    """The model with the adapter merged into its weights, without PEFT's wrapper.

    Raises:
        ModelError: the adapter is for a model with other layers, or the logits of the merged model
            differ from the adapted one's.
    """
    from peft import PeftModel

    shapes = _shapes(source)
    try:
        _resize(model, source, shapes)
        adapted = PeftModel.from_pretrained(model, str(source.path)).eval()
        _require_same_layers(adapted, source, set(shapes))
        before = _numbers(adapted, kind)
        _untie(adapted)
        merged: PreTrainedModel = adapted.merge_and_unload()
        change = (_numbers(merged.eval(), kind) - before).square().mean().sqrt().item()
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(
            f"{source.name}: this adapter cannot be put on the model: {meaning(error)}"
        ) from error
    if not change <= tolerance(model.dtype) * before.std().item():
        raise ModelError(
            f"{source.name}: this adapter cannot be merged: the merged model gives other numbers "
            f"than the model with the adapter beside it"
        )
    return merged


def _shapes(source: CheckpointFolder) -> dict[str, tuple[int, ...]]:
    """Shapes of the adapter's tensors, by name."""
    from safetensors import safe_open

    with safe_open(source.path / WEIGHTS, framework="pt") as weights:
        return {name: tuple(weights.get_slice(name).get_shape()) for name in weights.keys()}  # noqa: SIM118


def _resize(
    model: PreTrainedModel, source: CheckpointFolder, shapes: dict[str, tuple[int, ...]]
) -> None:
    """Resize the model's embeddings to the number in the adapter, if it contains all of them."""
    heads = [m for m in (model.get_input_embeddings(), model.get_output_embeddings()) if m]
    names = [name for name, module in model.named_modules() if any(module is m for m in heads)]
    whole = {key.removeprefix(PREFIX).replace(".base_layer.", "."): key for key in shapes}
    saved = [shapes[whole[f"{name}.weight"]][0] for name in names if f"{name}.weight" in whole]
    rows = heads[0].weight.shape[0]
    if not saved or set(saved) == {rows}:
        return
    tied = len(heads) == 1 or heads[0].weight is heads[1].weight
    if len(set(saved)) > 1 or (len(saved) < len(heads) and not tied):
        raise ModelError(
            f"{source.name}: adapts a model with {saved[0]} token embeddings, this one has {rows}, "
            f"and it does not bring all of them"
        )
    model.resize_token_embeddings(saved[0], mean_resizing=False)


def _require_same_layers(adapted: PeftModel, source: CheckpointFolder, saved: set[str]) -> None:
    from peft.utils import get_peft_model_state_dict

    # Without this option PEFT requests the adapter's base model from the hub.
    expected = set(get_peft_model_state_dict(adapted, save_embedding_layers=False))
    # Adapters may also save whole layers (embeddings); those do not count as a mismatch.
    mismatched = sorted((expected - saved) | {name for name in saved - expected if "lora_" in name})
    if mismatched:
        raise ModelError(
            f"{source.name}: adapts a model of another shape: {mismatched[0]!r} is in only one "
            "of them"
        )


def _untie(adapted: PeftModel) -> None:
    """Copy shared weights of adapted layers, since merging would change the layers that share
    them."""
    layers = [module for module in adapted.modules() if hasattr(module, "base_layer")]
    adapted_weights = {id(p) for module in layers for p in module.base_layer.parameters()}
    seen: set[int] = set()
    for module in adapted.modules():
        for name, weight in list(module.named_parameters(recurse=False, remove_duplicate=False)):
            if id(weight) in seen & adapted_weights:
                copied = torch.nn.Parameter(weight.detach().clone(), requires_grad=False)
                setattr(module, name, copied)
            seen.add(id(weight))


@torch.inference_mode()
def _numbers(model: PreTrainedModel | PeftModel, kind: Kind) -> torch.Tensor:
    """Logits of a short text, in float32."""
    embeddings = model.get_input_embeddings().weight
    ids = torch.linspace(0, len(embeddings) - 1, TOKENS, device=embeddings.device).long()[None]
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    if kind == "seq2seq":
        inputs["decoder_input_ids"] = ids
    logits: torch.Tensor = model(**inputs).logits
    return logits.float()
