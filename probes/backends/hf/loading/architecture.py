"""The kind of language model of a checkpoint, from its configuration and never from its name.

``architectures[0]`` is looked up in transformers' own mappings before any weights are loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import transformers
from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES,
    MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
)

from probes.backends.hf.loading.configuration import Config, require_sound
from probes.backends.hf.loading.folder import CONFIG, CheckpointFolder
from probes.backends.hf.loading.gguf import read_config
from probes.backends.hf.loading.hub import locate
from probes.errors import ModelError
from probes.types import LoadOptions, ModelSpec

Kind = Literal["masked", "causal", "seq2seq", "stance", "reward"]
"""Kind of a checkpoint; `stance` and `reward` (sequence classifiers) only on request."""

MAPPINGS: dict[Kind, Mapping[str, object]] = {
    "seq2seq": MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
    "masked": MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    "causal": MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
}
"""Kind -> (model type -> class names); seq2seq is first, because BART is listed as masked too."""
REMOTE: dict[Kind, str] = {
    "seq2seq": "AutoModelForSeq2SeqLM",
    "masked": "AutoModelForMaskedLM",
    "causal": "AutoModelForCausalLM",
}
"""Kind -> key of ``auto_map`` in a checkpoint with its own code."""


def kind(spec: ModelSpec, options: LoadOptions) -> Kind:
    """The backend of a checkpoint: masked, causal or seq2seq.

    Raises:
        ModelError: the checkpoint does not exist, its architecture has no language-model head (a
            bare encoder, a classifier, vision), or is of two kinds and needs ``--backend``.
    """
    source = locate(spec.id, spec.revision)
    config = read_config(source)
    require_known(source, config, trust_remote_code=options.trust_remote_code)
    architecture = _architecture(config)
    if architecture is None:
        raise ModelError(f"{source.name}: {CONFIG} names no architecture: name one with --backend")
    kinds = _kinds(architecture, config)
    if not kinds:
        raise ModelError(
            f"{source.name}: architecture {architecture!r} is no masked, causal or "
            f"sequence-to-sequence language model: it gives no probabilities of words (if its "
            f"weights hold such a head all the same, name it with --backend; a reward model "
            f"goes by --backend reward)"
        )
    if len(kinds) > 1 and kinds[0] != "seq2seq":
        raise ModelError(
            f"{source.name}: architecture {architecture!r} can be used as {' or '.join(kinds)}: "
            f"name one with --backend"
        )
    return kinds[0]


def require_known(source: CheckpointFolder, config: Config, *, trust_remote_code: bool) -> None:
    """Refuse a model type that this version of transformers cannot build, and untrusted code.

    Raises:
        ModelError: the type is unknown, or needs the checkpoint's own code or a kernel from the
            hub; or a count in the configuration is impossible.
    """
    require_sound(source, config, trust_remote_code=trust_remote_code)
    model_type = str(config.get("model_type"))
    if model_type in CONFIG_MAPPING_NAMES:
        return
    if "auto_map" in config:
        if trust_remote_code:
            return
        raise ModelError(
            f"{source.name}: model type {model_type!r} runs code that comes with the checkpoint: "
            "read it, then allow it with --trust-remote-code, which `probes run` has"
        )
    raise ModelError(
        f"{source.name}: transformers {transformers.__version__} knows no model type "
        f"{model_type!r} ({CONFIG})"
    )


def require_kind(source: CheckpointFolder, config: Config, wanted: Kind) -> None:
    """Refuse a ``--backend`` that would load a checkpoint as a model of another kind.

    For example, BERT loads as a causal model without an error, but has bidirectional attention.
    Architectures without a known head are accepted here: loading shows whether there is a head.

    Raises:
        ModelError: the checkpoint is of another kind.
    """
    architecture = _architecture(config)
    kinds = _kinds(architecture, config) if architecture else []
    if kinds and wanted not in kinds:
        raise ModelError(
            f"{source.name}: architecture {architecture!r} is a {kinds[0]} language model, "
            f"which the backend {wanted!r} cannot ask"
        )
    model_type = str(config.get("model_type"))
    if not kinds and wanted == "causal" and model_type in MAPPINGS["masked"]:
        raise ModelError(
            f"{source.name}: a {model_type} model sees both sides of a word, so the backend "
            f"'causal' cannot ask it"
        )


def reads_images(config: Config) -> bool:
    """Whether it is a causal model of text and images (it is asked with text only), by the class
    that transformers maps its type to."""
    mappings = (MODEL_FOR_CAUSAL_LM_MAPPING_NAMES, MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES)
    own = [_flat([names.get(str(config.get("model_type")))]) for names in mappings]
    return _architecture(config) in own[1] - own[0]


def _architecture(config: Config) -> str | None:
    """The first class name of ``architectures``; None if there is none."""
    names = config.get("architectures")
    return str(names[0]) if isinstance(names, list) and names else None


def _kinds(architecture: str, config: Config) -> list[Kind]:
    """All kinds whose mapping contains the class, seq2seq first."""
    kinds = [kind for kind, names in MAPPINGS.items() if architecture in _flat(names.values())]
    if not kinds and reads_images(config):
        return ["causal"]
    if kinds:
        return kinds
    auto_map = config.get("auto_map")
    classes = auto_map if isinstance(auto_map, dict) else {}
    return [
        kind
        for kind, key in REMOTE.items()
        if str(classes.get(key, "")).rpartition(".")[2] == architecture
    ]


def _flat(values: Iterable[object]) -> set[object]:
    """The class names of a mapping whose values are names or tuples of names."""
    flat: set[object] = set()
    for value in values:
        flat.update(value if isinstance(value, tuple) else (value,))
    return flat
