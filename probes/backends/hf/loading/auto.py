"""Loading model and tokenizer by transformers' Auto classes, with one-sentence errors and no logs.

Refuses what loads without an error but gives meaningless scores: a randomly initialized head, a
tokenizer without character offsets. Expects a folder that was checked by `folder`.
"""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError
from transformers import (
    AutoModelForCausalLM,
    AutoModelForImageTextToText,
    AutoModelForMaskedLM,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
)
from transformers.activations import FastGELUActivation, NewGELUActivation
from transformers.utils import logging as transformers_logging

from probes.backends.hf.loading import adapter, byte_tokenizer, gguf
from probes.backends.hf.loading.architecture import Kind, reads_images
from probes.backends.hf.loading.device import device_of, dtype_of, memory_errors
from probes.backends.hf.loading.folder import (
    CheckpointFolder,
    has_tokenizer,
    meaning,
    read_object,
)
from probes.errors import ModelError
from probes.types import LoadOptions

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

CLASSES = {
    "masked": AutoModelForMaskedLM,
    "causal": AutoModelForCausalLM,
    "seq2seq": AutoModelForSeq2SeqLM,
    "stance": AutoModelForSequenceClassification,
    "reward": AutoModelForSequenceClassification,
}
OTHER_SHAPES = "its weights have other shapes than its config.json says"
"""Our message for this error; that of transformers refers to its own option and log."""
NO_LIMIT = 10**7
"""Lengths from here on mean no limit: a tokenizer without one has 10 ** 30 tokens."""


def load_tokenizer(
    source: CheckpointFolder, options: LoadOptions, over: CheckpointFolder | None = None
) -> PreTrainedTokenizerBase:
    """Load the tokenizer, which must be a fast one; that in an adapter's folder `over` has
    precedence.

    Raises:
        ModelError: it cannot be loaded, or gives no character offsets.
    """
    own = over if over is not None and has_tokenizer(over) else source
    with (
        silenced(),
        _errors_in_one_sentence(source, "tokenizer"),
        gguf.arguments(own) as (folder, settings),
    ):
        tokenizer = AutoTokenizer.from_pretrained(
            folder, trust_remote_code=options.trust_remote_code, **settings
        )
        if not isinstance(tokenizer.model_max_length, (int, float)):
            raise ModelError(
                f"{own.name}: its tokenizer_config.json says model_max_length: "
                f"{tokenizer.model_max_length!r:.60}, which must be a number"
            )
        if not tokenizer.is_fast and byte_tokenizer.is_byte_tokenizer(own):
            tokenizer = byte_tokenizer.fast(tokenizer)
        tokenizer("A text.")
        template = None if over is None else _template(over)
        if template or not tokenizer.chat_template:
            tokenizer.chat_template = template or _template(own)
    if not tokenizer.is_fast:
        raise ModelError(
            f"{source.name}: its tokenizer ({type(tokenizer).__name__}) does not say which "
            f"characters a token covers: a fast one (tokenizer.json) is needed"
        )
    return tokenizer


def _template(source: CheckpointFolder) -> str | None:
    """The chat template in a separate file, as stored with processors and adapters; else None."""
    if source.gguf is not None:
        return None
    path, older = source.path / "chat_template.jinja", source.path / "chat_template.json"
    if path.is_file():
        return path.read_text(encoding="utf-8")
    text = read_object(older, source).get("chat_template") if older.is_file() else None
    return text if isinstance(text, str) else None


def load_model(
    source: CheckpointFolder, options: LoadOptions, kind: Kind
) -> tuple[PreTrainedModel, list[str]]:
    """Load the model with the head of its kind, on its device, in evaluation mode and without
    gradients.

    Returns:
        The model, and the names of unused weights.

    Raises:
        ModelError: it cannot be loaded, does not fit, or its head is not in the checkpoint.
    """
    settings: dict[str, object] = {
        "dtype": dtype_of(options) or "auto",
        "trust_remote_code": options.trust_remote_code,
        "use_safetensors": None if options.trust_remote_code else True,
        "output_loading_info": True,
        **gguf.model_settings(source, dtype_of(options)),
    }
    if options.device_map is not None:
        settings["device_map"] = options.device_map
    with (
        silenced(),
        _errors_in_one_sentence(source, "model"),
        gguf.arguments(source) as (folder, file),
    ):
        loader = CLASSES[kind]
        if kind == "causal" and reads_images(gguf.read_config(source)):
            loader = AutoModelForImageTextToText
        model, report = loader.from_pretrained(folder, **settings, **file)
        _refuse_random_head(source, kind, sorted(report["missing_keys"]))
        if options.adapter is not None:
            model = adapter.merge_adapter(model, adapter.locate_adapter(options.adapter), kind)
        if options.device_map is None:
            model = model.to(device_of(options))
    use_fused_gelu(model)
    model.eval()
    model.requires_grad_(requires_grad=False)
    return model, sorted(report["unexpected_keys"])


def context_length(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> int | None:
    """Maximum tokens of a sequence; None if unlimited."""
    config = model.config.get_text_config()
    limit = getattr(config, "max_position_embeddings", None)
    if limit is None or limit < 1:
        limit = tokenizer.model_max_length if tokenizer.model_max_length < NO_LIMIT else None
    for name, module in model.named_modules():
        # RoBERTa and similar models number positions from padding_idx + 1.
        if name.endswith("position_embeddings") and isinstance(module, torch.nn.Embedding):
            offset = 0 if module.padding_idx is None else module.padding_idx + 1
            limit = min(limit or NO_LIMIT, module.num_embeddings - offset)
    return limit


def use_fused_gelu(model: torch.nn.Module) -> None:
    """Replace the tanh GELU, which is eight memory-bound operations, with torch's fused one: the
    same function; saves a tenth of the time of GPT-2."""
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, (FastGELUActivation, NewGELUActivation)):
                setattr(module, name, torch.nn.GELU("tanh"))


def _refuse_random_head(source: CheckpointFolder, kind: Kind, missing: list[str]) -> None:
    """Refuse missing weights, which transformers would initialize at random."""
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        named = {"stance": "sequence classifier", "reward": "reward model"}
        title = named.get(kind, f"{kind} language model")
        raise ModelError(
            f"{source.name}: its weights lack {missing[0]!r}{more}, which transformers would make "
            f"up at random: it is no {title}"
        )


@contextlib.contextmanager
def _errors_in_one_sentence(source: CheckpointFolder, part: str) -> Iterator[None]:
    """Turn any exception of a loading library into a `ModelError` with one sentence."""
    try:
        with memory_errors():
            yield
    except ModelError:
        raise
    except MemoryError as error:
        raise ModelError(
            f"{source.name}: does not fit into memory: try --dtype bfloat16, --device cpu or "
            f"--device-map auto"
        ) from error
    except SafetensorError as error:
        raise ModelError(
            f"{source.name}: its model cannot be loaded: its weights are truncated or damaged "
            f"({meaning(error)}): fetch them again"
        ) from error
    except Exception as error:
        words = OTHER_SHAPES if "ignore_mismatched_sizes" in str(error) else meaning(error)
        raise ModelError(f"{source.name}: its {part} cannot be loaded: {words}") from error


@contextlib.contextmanager
def silenced(*, progress: bool = True) -> Iterator[None]:
    """In this context transformers shows no warnings or logs, and progress bars only on a terminal
    and with `progress`."""
    verbosity, bars = (
        transformers_logging.get_verbosity(),
        transformers_logging.is_progress_bar_enabled(),
    )
    transformers_logging.set_verbosity_error()
    if not (progress and sys.stderr.isatty()):
        transformers_logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        if bars:
            transformers_logging.enable_progress_bar()
