"""Model and tokenizer through transformers' Auto classes, with errors of one sentence, without
logs.

Refuses what loads without an error but gives meaningless scores: a randomly initialised head, a
tokenizer without character offsets. Expects a folder that `folder` has checked.
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
    AutoModelForMaskedLM,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
)
from transformers.activations import FastGELUActivation, NewGELUActivation
from transformers.utils import logging as transformers_logging

from probes.backends.hf.loading import adapter, gguf
from probes.backends.hf.loading.architecture import Kind
from probes.backends.hf.loading.device import device_of, dtype_of, memory_errors
from probes.backends.hf.loading.folder import CheckpointFolder, first_line
from probes.errors import ModelError
from probes.types import LoadOptions

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

CLASSES = {
    "masked": AutoModelForMaskedLM,
    "causal": AutoModelForCausalLM,
    "seq2seq": AutoModelForSeq2SeqLM,
    "stance": AutoModelForSequenceClassification,
}
NO_LIMIT = 10**7
"""Lengths from here on mean no limit: a tokenizer without one says 10 ** 30 tokens."""


def load_tokenizer(source: CheckpointFolder, options: LoadOptions) -> PreTrainedTokenizerBase:
    """The tokenizer; it must be a fast one.

    Raises:
        ModelError: it cannot be loaded, or gives no character offsets.
    """
    with (
        silenced(),
        _errors_in_one_sentence(source, "tokenizer"),
        gguf.arguments(source) as (folder, settings),
    ):
        tokenizer = AutoTokenizer.from_pretrained(
            folder, trust_remote_code=options.trust_remote_code, **settings
        )
    if not tokenizer.is_fast:
        raise ModelError(
            f"{source.name}: its tokenizer ({type(tokenizer).__name__}) does not say which "
            f"characters a token covers: a fast one (tokenizer.json) is needed"
        )
    return tokenizer


def load_model(source: CheckpointFolder, options: LoadOptions, kind: Kind) -> PreTrainedModel:
    """The model with the head of its kind, on its device, in evaluation mode, without gradients.

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
        model, report = CLASSES[kind].from_pretrained(folder, **settings, **file)
        _refuse_random_head(source, kind, sorted(report["missing_keys"]))
        if options.adapter is not None:
            model = adapter.merge_adapter(model, adapter.locate_adapter(options.adapter))
        if options.device_map is None:
            model = model.to(device_of(options))
    _use_fused_gelu(model)
    model.eval()
    model.requires_grad_(requires_grad=False)
    return model


def context_length(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> int | None:
    """Most tokens of a sequence; None if nothing limits it."""
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


def _use_fused_gelu(model: torch.nn.Module) -> None:
    """Replace the tanh GELU, eight operations that each go through memory, with torch's single one:
    the same function, and a tenth of the time of GPT-2."""
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, (FastGELUActivation, NewGELUActivation)):
                setattr(module, name, torch.nn.GELU("tanh"))


def _refuse_random_head(source: CheckpointFolder, kind: Kind, missing: list[str]) -> None:
    """Refuse missing weights, which transformers would initialise at random."""
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        what = "sequence classifier" if kind == "stance" else f"{kind} language model"
        raise ModelError(
            f"{source.name}: its weights lack {missing[0]!r}{more}, which transformers would make "
            f"up at random: it is no {what}"
        )


@contextlib.contextmanager
def _errors_in_one_sentence(source: CheckpointFolder, what: str) -> Iterator[None]:
    """Turn any exception of a loading library into a `ModelError` of one sentence."""
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
            f"({first_line(error)}): fetch them again"
        ) from error
    except Exception as error:
        raise ModelError(
            f"{source.name}: its {what} cannot be loaded: {first_line(error)}"
        ) from error


@contextlib.contextmanager
def silenced(*, progress: bool = True) -> Iterator[None]:
    """No warnings and log lines of transformers; progress bars on a terminal, if at all."""
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
