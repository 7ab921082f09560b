"""Model and tokenizer through transformers' Auto classes, with its chatter off and its errors
turned into sentences.

Refuses what loads without complaint and means nothing: a head made up at random, a tokenizer
without character offsets. Expects a folder that `folder` has looked through.
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
from transformers.utils import logging as chatter

from probes.backends.hf.loading import adapter
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
SANE = 10**7
"""A tokenizer that knows no limit says 10 ** 30 tokens."""


def tokenizer_of(source: CheckpointFolder, options: LoadOptions) -> PreTrainedTokenizerBase:
    """The tokenizer, a fast one.

    Raises:
        ModelError: it cannot be loaded, or gives no character offsets.
    """
    with _quiet(), _sentences(source, "tokenizer"):
        tokenizer = AutoTokenizer.from_pretrained(
            source.path, trust_remote_code=options.trust_remote_code
        )
    if not tokenizer.is_fast:
        raise ModelError(
            f"{source.name}: its tokenizer ({type(tokenizer).__name__}) does not say which "
            f"characters a token covers: a fast one (tokenizer.json) is needed"
        )
    return tokenizer


def model_of(source: CheckpointFolder, options: LoadOptions, kind: Kind) -> PreTrainedModel:
    """The model with the head of its kind, on its device, in evaluation mode, without gradients.

    Raises:
        ModelError: it cannot be loaded, does not fit, or its head is not in the checkpoint.
    """
    settings: dict[str, object] = {
        "dtype": dtype_of(options) or "auto",
        "trust_remote_code": options.trust_remote_code,
        "use_safetensors": None if options.trust_remote_code else True,
        "output_loading_info": True,
    }
    if options.device_map is not None:
        settings["device_map"] = options.device_map
    with _quiet(), _sentences(source, "model"):
        model, report = CLASSES[kind].from_pretrained(source.path, **settings)
        _refuse_fresh(source, kind, sorted(report["missing_keys"]))
        if options.adapter is not None:
            model = adapter.merged(model, adapter.locate_adapter(options.adapter))
        if options.device_map is None:
            model = model.to(device_of(options))
    _fuse(model)
    model.eval()
    model.requires_grad_(requires_grad=False)
    return model


def context_of(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> int | None:
    """Most tokens of a sequence, or None where nothing limits it."""
    config = model.config.get_text_config()
    limit = getattr(config, "max_position_embeddings", None)
    if limit is None or limit < 1:
        limit = tokenizer.model_max_length if tokenizer.model_max_length < SANE else None
    for name, module in model.named_modules():
        # RoBERTa and its kin count positions from behind the padding index.
        if name.endswith("position_embeddings") and isinstance(module, torch.nn.Embedding):
            offset = 0 if module.padding_idx is None else module.padding_idx + 1
            limit = min(limit or SANE, module.num_embeddings - offset)
    return limit


def _fuse(model: torch.nn.Module) -> None:
    """GELU by tanh as one operation in place of eight that each go through memory: the same
    function, and a tenth of the time of GPT-2."""
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, (FastGELUActivation, NewGELUActivation)):
                setattr(module, name, torch.nn.GELU("tanh"))


def _refuse_fresh(source: CheckpointFolder, kind: Kind, missing: list[str]) -> None:
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        what = "sequence classifier" if kind == "stance" else f"{kind} language model"
        raise ModelError(
            f"{source.name}: its weights lack {missing[0]!r}{more}, which transformers would make "
            f"up at random: it is no {what}"
        )


@contextlib.contextmanager
def _sentences(source: CheckpointFolder, what: str) -> Iterator[None]:
    """Turn whatever a third party raises about a checkpoint into one sentence."""
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
def _quiet() -> Iterator[None]:
    """No warnings and log lines of transformers; no progress bars unless someone is watching."""
    verbosity, bars = chatter.get_verbosity(), chatter.is_progress_bar_enabled()
    chatter.set_verbosity_error()
    if not sys.stderr.isatty():
        chatter.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        chatter.set_verbosity(verbosity)
        if bars:
            chatter.enable_progress_bar()
