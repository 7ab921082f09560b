"""PEFT adapters (``--adapter PATH``): merged into the model's weights when it is loaded.

PEFT is an optional dependency, imported only when an adapter is asked for.
"""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from probes.backends.hf.loading.folder import CheckpointFolder
from probes.backends.hf.loading.hub import locate
from probes.errors import ModelError

if TYPE_CHECKING:
    from transformers import PreTrainedModel

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"


def locate_adapter(name: str) -> CheckpointFolder:
    """The folder of an adapter, from a path or hub id.

    Raises:
        ModelError: there is none, it holds no adapter, or PEFT is not installed.
    """
    if importlib.util.find_spec("peft") is None:
        raise ModelError(
            "--adapter needs PEFT, which is not installed: pip install 'political-probes[adapters]'"
        )
    source = locate(name, files=(CONFIG, WEIGHTS))
    for file in (CONFIG, WEIGHTS):
        if not (source.path / file).is_file():
            raise ModelError(f"{name}: holds no {file}, so it is no PEFT adapter in safetensors")
    return source


def merge_adapter(model: PreTrainedModel, source: CheckpointFolder) -> PreTrainedModel:
    """The model with the adapter's weights added to its own, without PEFT's wrapper.

    Raises:
        ModelError: the adapter was trained on a model with other layers.
    """
    from peft import PeftModel
    from peft.utils import get_peft_model_state_dict
    from safetensors import safe_open

    adapted = PeftModel.from_pretrained(model, str(source.path))
    expected = set(get_peft_model_state_dict(adapted))
    with safe_open(source.path / WEIGHTS, framework="pt") as weights:
        saved = set(weights.keys())
    # Adapters may also save whole layers (embeddings); those do not count as a mismatch.
    mismatched = sorted((expected - saved) | {name for name in saved - expected if "lora_" in name})
    if mismatched:
        raise ModelError(
            f"{source.name}: adapts a model of another shape: {mismatched[0]!r} is in only one "
            "of them"
        )
    return adapted.merge_and_unload()
