"""What kind of language model a checkpoint is, by its own configuration; never by its name.

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
"""How a checkpoint is opened; `stance` and `reward` (sequence classifiers) only on request."""

MAPPINGS: dict[Kind, Mapping[str, object]] = {
    "seq2seq": MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
    "masked": MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    "causal": MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
}
"""Model type -> class names; seq2seq comes first, because BART is listed as masked too."""
REMOTE: dict[Kind, str] = {
    "seq2seq": "AutoModelForSeq2SeqLM",
    "masked": "AutoModelForMaskedLM",
    "causal": "AutoModelForCausalLM",
}
"""Key of ``auto_map`` for each kind, in a checkpoint that brings its own code."""


def kind(spec: ModelSpec, options: LoadOptions) -> Kind:
    """Masked, causal or seq2seq: the backend of a checkpoint.

    Raises:
        ModelError: there is no such checkpoint, its architecture has no language-model head (a bare
            encoder, a classifier, vision), or it fits two kinds and ``--backend`` must say which.
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
    """Refuse a model type that this version of transformers cannot build, and code from elsewhere.

    Raises:
        ModelError: the type is unknown, or needs the checkpoint's own code or a kernel of the hub;
            a count of which no model is made.
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

    BERT loads as a causal model without an error, but attends to both sides. Architectures without
    a known head are let through: loading shows whether the weights hold one.

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
    """Whether it is a causal model of text and images, by the class that transformers maps its type
    to; it is asked with text alone."""
    mappings = (MODEL_FOR_CAUSAL_LM_MAPPING_NAMES, MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES)
    own = [_flat([names.get(str(config.get("model_type")))]) for names in mappings]
    return _architecture(config) in own[1] - own[0]


def _architecture(config: Config) -> str | None:
    """The first class name of ``architectures``; None if there is none."""
    names = config.get("architectures")
    return str(names[0]) if isinstance(names, list) and names else None


def _kinds(architecture: str, config: Config) -> list[Kind]:
    """Every kind whose mapping holds the class, seq2seq first."""
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
