"""Sampling the next token, with the settings of a protocol or checkpoint and a seed for each row.

The settings are applied by transformers' logits processors. The draw is our own: each row has its
own generator with one uniform number per token, so that a row's tokens do not depend on the rest of
the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from transformers import (
    EpsilonLogitsWarper,
    EtaLogitsWarper,
    ExponentialDecayLengthPenalty,
    ForcedBOSTokenLogitsProcessor,
    LogitsProcessor,
    MinLengthLogitsProcessor,
    MinNewTokensLengthLogitsProcessor,
    MinPLogitsWarper,
    NoBadWordsLogitsProcessor,
    NoRepeatNGramLogitsProcessor,
    RepetitionPenaltyLogitsProcessor,
    SequenceBiasLogitsProcessor,
    SuppressTokensAtBeginLogitsProcessor,
    SuppressTokensLogitsProcessor,
    TemperatureLogitsWarper,
    TopHLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
    TypicalLogitsWarper,
)

from probes.types import Writing

if TYPE_CHECKING:
    from transformers import GenerationConfig

    from probes.backends.hf.scoring.forms import Ids

DEFAULTS = {"temperature": 1.0, "top_k": 50}
"""transformers' sampling defaults, for a checkpoint that does not set them."""
NO_EFFECT: dict[str, tuple[object, ...]] = {
    "temperature": (1.0,),
    "top_k": (0,),
    "top_p": (1.0,),
    "typical_p": (1.0,),
    "repetition_penalty": (1.0,),
    "encoder_repetition_penalty": (1.0,),
    "num_beams": (1,),
    "guidance_scale": (1, 1.0),
}
"""Setting -> values without effect, in addition to None, 0 and an empty list."""
UNSUPPORTED = (
    *("num_beams", "guidance_scale", "watermarking_config", "stop_strings", "max_time"),
    *("encoder_repetition_penalty", "encoder_no_repeat_ngram_size", "penalty_alpha"),
)
"""Settings of checkpoints that are not applied; a remark names them."""
WARPERS: dict[str, Callable[[float, torch.device], LogitsProcessor]] = {
    "temperature": lambda value, _: TemperatureLogitsWarper(value),
    "top_h": lambda value, _: TopHLogitsWarper(value),
    "top_k": lambda value, _: TopKLogitsWarper(int(value)),
    "top_p": lambda value, _: TopPLogitsWarper(value),
    "min_p": lambda value, _: MinPLogitsWarper(value),
    "typical_p": lambda value, _: TypicalLogitsWarper(value),
    "epsilon_cutoff": lambda value, _: EpsilonLogitsWarper(value),
    "eta_cutoff": lambda value, device: EtaLogitsWarper(value, device=str(device)),
}
"""Settings that depend on the logits alone, in transformers' order."""


@dataclass(frozen=True, slots=True)
class TokenHistory:
    """The ids before a row's next token."""

    prompt: Ids
    """Ids of the prompt; for an encoder-decoder, the decoder's first token."""
    written: Sequence[int]
    """Ids of the reply so far."""


@dataclass(frozen=True, slots=True)
class Sampler:
    """Chooses next tokens, greedily or by sampling."""

    greedy: bool = False
    warpers: tuple[LogitsProcessor, ...] = ()
    """Processors that depend on the logits alone."""
    history_processors: tuple[LogitsProcessor, ...] = ()
    """Processors that depend on a row's prompt and reply so far."""
    reply_processors: tuple[LogitsProcessor, ...] = ()
    """Processors that depend on the reply so far."""

    def draw(
        self, logits: torch.Tensor, histories: Sequence[TokenHistory], uniforms: torch.Tensor
    ) -> torch.Tensor:
        """The next token of each row.

        Args:
            logits: ``[rows, vocabulary]``, any floating dtype.
            histories: the history of each row.
            uniforms: ``[rows]``, float64, uniform in [0, 1).

        Returns:
            Token ids ``[rows]``, on the logits' device.
        """
        scores = logits.float()
        if self.history_processors or self.reply_processors:
            scores = torch.cat(
                [self._processed(*row) for row in zip(scores, histories, strict=True)]
            )
        if self.greedy:
            return scores.argmax(-1)
        for warper in self.warpers:
            scores = warper(None, scores)
        if scores.device.type == "mps":  # no float64 there
            scores = scores.cpu()
        sums = scores.double().softmax(-1).cumsum(-1)
        targets = uniforms.to(sums.device) * sums[:, -1]
        tokens = torch.searchsorted(sums, targets[:, None], right=True)[:, 0]
        return tokens.clamp_(max=sums.shape[-1] - 1).to(logits.device)

    def _processed(self, scores: torch.Tensor, history: TokenHistory) -> torch.Tensor:
        """One row's logits after the processors that depend on its text, computed for this row
        alone."""
        row = scores[None]
        text = torch.tensor([[*history.prompt, *history.written]], device=scores.device)
        reply = torch.tensor([list(history.written)], dtype=torch.long, device=scores.device)
        for processor in self.history_processors:
            row = processor(text, row)
        for processor in self.reply_processors:
            row = processor(reply, row)
        return row


def sampler(
    writing: Writing, settings: GenerationConfig, ends: Sequence[int], device: torch.device
) -> Sampler:
    """The sampler of a protocol's `writing` for a checkpoint with these generation settings.

    Args:
        writing: writing settings of the protocol.
        settings: the checkpoint's settings; used if the protocol says so.
        ends: tokens that end a reply.
        device: device of the logits.
    """
    if writing.sampling == "greedy":
        return Sampler(greedy=True)
    if writing.sampling == "sample":
        return Sampler(warpers=_warpers(_protocol_numbers(writing), device))
    return Sampler(
        warpers=_warpers(_checkpoint_numbers(settings), device),
        history_processors=tuple(_history_processors(settings, list(ends), device)),
        reply_processors=tuple(_reply_processors(settings, list(ends), device)),
    )


def remarks(writing: Writing, settings: GenerationConfig) -> tuple[str, ...]:
    """Remarks on written replies: sampling that was switched on, settings that are not used."""
    if writing.sampling != "checkpoint":
        return ()
    sentences = []
    if not settings.do_sample:
        numbers = _checkpoint_numbers(settings)
        others = [f"{name}={numbers[name]:g}" for name in numbers if name not in DEFAULTS]
        shown = f"T={numbers.get('temperature', 1):g}, top_k={numbers.get('top_k', 0):g}"
        sentences.append(f"sampling switched on: {', '.join([shown, *others])}")
    unused = [name for name in UNSUPPORTED if _has_effect(name, getattr(settings, name, None))]
    if unused:
        sentences.append(f"settings of the checkpoint that are not used: {', '.join(unused)}")
    return tuple(sentences)


def uniform_numbers(seed: int, count: int) -> torch.Tensor:
    """`count` uniform numbers in [0, 1), float64, from a generator with this seed."""
    return torch.rand(count, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def _protocol_numbers(writing: Writing) -> dict[str, float]:
    """A protocol's sampling settings that have an effect."""
    numbers = {name: getattr(writing, name) for name in ("temperature", "top_k", "top_p")}
    return {name: value for name, value in numbers.items() if _has_effect(name, value)}


def _checkpoint_numbers(settings: GenerationConfig) -> dict[str, float]:
    """A checkpoint's sampling settings that have an effect."""
    numbers: dict[str, Any] = {name: getattr(settings, name, None) for name in WARPERS}
    numbers |= {name: value for name, value in DEFAULTS.items() if numbers[name] is None}
    return {name: value for name, value in numbers.items() if _has_effect(name, value)}


def _has_effect(name: str, value: object) -> bool:
    """Whether a setting has an effect with this value."""
    return bool(value) and value not in NO_EFFECT.get(name, ())


def _warpers(numbers: Mapping[str, float], device: torch.device) -> tuple[LogitsProcessor, ...]:
    """The processors for these settings, in transformers' order."""
    return tuple(make(numbers[n], device) for n, make in WARPERS.items() if n in numbers)


def _history_processors(
    settings: GenerationConfig, ends: list[int], device: torch.device
) -> Iterator[LogitsProcessor]:
    """The processors that depend on prompt and reply, in transformers' order."""
    makes: dict[str, Callable[[Any], LogitsProcessor]] = {
        "sequence_bias": SequenceBiasLogitsProcessor,
        "repetition_penalty": RepetitionPenaltyLogitsProcessor,
        "no_repeat_ngram_size": NoRepeatNGramLogitsProcessor,
        "bad_words_ids": lambda words: NoBadWordsLogitsProcessor(words, ends),
        "min_length": lambda least: MinLengthLogitsProcessor(least, ends, device=str(device)),
        "forced_bos_token_id": ForcedBOSTokenLogitsProcessor,
        "suppress_tokens": lambda them: SuppressTokensLogitsProcessor(them, device=str(device)),
    }
    return _build(settings, makes)


def _reply_processors(
    settings: GenerationConfig, ends: list[int], device: torch.device
) -> Iterator[LogitsProcessor]:
    """The processors that count tokens from the beginning of the reply."""
    first = 1 if settings.forced_bos_token_id is not None else 0
    device_name = str(device)
    makes: dict[str, Callable[[Any], LogitsProcessor]] = {
        "min_new_tokens": lambda least: MinNewTokensLengthLogitsProcessor(
            0, least, ends, device_name
        ),
        "exponential_decay_length_penalty": lambda decay: ExponentialDecayLengthPenalty(
            decay, ends, 0
        ),
        "begin_suppress_tokens": lambda them: SuppressTokensAtBeginLogitsProcessor(
            them, first, device_name
        ),
    }
    return _build(settings, makes)


def _build(
    settings: GenerationConfig, makes: Mapping[str, Callable[[Any], LogitsProcessor]]
) -> Iterator[LogitsProcessor]:
    """The processors for those settings that have an effect."""
    for name, make in makes.items():
        value = getattr(settings, name, None)
        if _has_effect(name, value) or (name.endswith("token_id") and value is not None):
            yield make(value)
