"""Generation with causal models and encoder-decoders: their input of prompts.

A causal model continues the prompt. With an encoder-decoder, the encoder reads the whole prompt,
without a blank, and the decoder starts with its start token.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch

from probes.backends.hf.loading.checkpoint import Checkpoint
from probes.backends.hf.profile.meter import Meter
from probes.backends.hf.scoring import continuations
from probes.backends.hf.scoring.forms import Ids
from probes.backends.hf.writing.decoders import CachedCausalRows, CachedDecoderRows, UncachedRows
from probes.backends.hf.writing.writer import Architecture, Generator
from probes.types import Prompt


def causal(checkpoint: Checkpoint, meter: Meter) -> Generator:
    """A `Generator` for a causal checkpoint."""
    model, specials = checkpoint.model, frozenset(checkpoint.tokenizer.all_special_ids)

    def tokens(prompts: Sequence[Prompt]) -> list[Ids]:
        # Remove an end token that the tokenizer appends: no reply would follow it.
        encoded = checkpoint.encode_all([prompt.before for prompt in prompts])
        return [continuations.without_end_tokens(text, specials).ids for text in encoded]

    def read(_: Ids, text: Ids) -> torch.Tensor:
        logits: torch.Tensor = model(torch.tensor([text], device=model.device)).logits
        meter.count_pass(1, len(text), real=len(text), heads=len(text))
        return logits[0, -1]

    def uncached(texts: Sequence[Ids]) -> UncachedRows:
        return UncachedRows(read, texts, texts)

    return Generator(
        checkpoint, Architecture(tokens, partial(CachedCausalRows, model, meter), uncached), meter
    )


def seq2seq(checkpoint: Checkpoint, meter: Meter, start: int) -> Generator:
    """A `Generator` for an encoder-decoder whose decoder starts with token `start`."""
    model = checkpoint.model

    def tokens(prompts: Sequence[Prompt]) -> list[Ids]:
        return [text.ids for text in checkpoint.encode_all([p.before for p in prompts])]

    def read(source: Ids, text: Ids) -> torch.Tensor:
        ids, written = (torch.tensor([each], device=model.device) for each in (source, text))
        logits: torch.Tensor = model(input_ids=ids, decoder_input_ids=written).logits
        size = len(source) + len(text)
        meter.count_pass(1, size, real=size, heads=len(text))
        return logits[0, -1]

    def uncached(texts: Sequence[Ids]) -> UncachedRows:
        return UncachedRows(read, texts, [(start,)] * len(texts))

    cached = partial(CachedDecoderRows, model, meter, start)
    return Generator(checkpoint, Architecture(tokens, cached, uncached, (start,)), meter)
