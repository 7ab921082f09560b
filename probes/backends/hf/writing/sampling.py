"""Which token comes next: the settings of a protocol or a checkpoint, and a row's own dice.

The settings are applied by transformers' own processors. The draw is ours: each row brings one
uniform number a token, from a generator of its own, so that what is drawn for a row does not
depend on the rows beside it. Does not run models.
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

COMMON = {"temperature": 1.0, "top_k": 50}
"""What sampling means to transformers where a checkpoint does not say."""
NOTHING: dict[str, tuple[object, ...]] = {
    "temperature": (1.0,),
    "top_k": (0,),
    "top_p": (1.0,),
    "typical_p": (1.0,),
    "repetition_penalty": (1.0,),
    "encoder_repetition_penalty": (1.0,),
    "num_beams": (1,),
    "guidance_scale": (1, 1.0),
}
"""Values beside None, 0 and an empty list at which a setting does nothing."""
UNUSED = (
    *("num_beams", "guidance_scale", "watermarking_config", "stop_strings", "max_time"),
    *("encoder_repetition_penalty", "encoder_no_repeat_ngram_size", "penalty_alpha"),
)
"""Settings of checkpoints that replies are not written by; a remark says so."""
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
"""Settings that look at the scores alone, in the order in which transformers applies them."""


@dataclass(frozen=True, slots=True)
class TokenHistory:
    """What stands before a row's next token."""

    prompt: Ids
    """For an encoder-decoder, what its decoder began with."""
    written: Sequence[int]


@dataclass(frozen=True, slots=True)
class Sampler:
    """How next tokens are chosen."""

    greedy: bool = False
    warpers: tuple[LogitsProcessor, ...] = ()
    by_text: tuple[LogitsProcessor, ...] = ()
    """What looks at a row's whole text ..."""
    by_reply: tuple[LogitsProcessor, ...] = ()
    """... and what looks at what was written of it so far."""

    def draw(
        self, logits: torch.Tensor, behind: Sequence[TokenHistory], dice: torch.Tensor
    ) -> torch.Tensor:
        """The next token of each row.

        Args:
            logits: [rows, vocabulary], of any floating dtype.
            behind: as many.
            dice: [rows], float64, uniform in [0, 1).

        Returns:
            Token ids [rows], on the logits' device.
        """
        scores = logits.float()
        if self.by_text or self.by_reply:
            scores = torch.cat([self._adjusted(*row) for row in zip(scores, behind, strict=True)])
        if self.greedy:
            return scores.argmax(-1)
        for warper in self.warpers:
            scores = warper(None, scores)
        exact = scores.cpu() if scores.device.type == "mps" else scores  # which has no float64
        sums = exact.double().softmax(-1).cumsum(-1)
        aims = dice.to(sums.device) * sums[:, -1]
        found = torch.searchsorted(sums, aims[:, None], right=True)[:, 0]
        return found.clamp_(max=sums.shape[-1] - 1).to(logits.device)

    def _adjusted(self, scores: torch.Tensor, behind: TokenHistory) -> torch.Tensor:
        """One row's scores by its own text: rows beside it and padding play no part in that."""
        row = scores[None]
        text = torch.tensor([[*behind.prompt, *behind.written]], device=scores.device)
        reply = torch.tensor([list(behind.written)], dtype=torch.long, device=scores.device)
        for processor in self.by_text:
            row = processor(text, row)
        for processor in self.by_reply:
            row = processor(reply, row)
        return row


def sampler(
    writing: Writing, settings: GenerationConfig, ends: Sequence[int], device: torch.device
) -> Sampler:
    """The sampler of a protocol's `writing` for a checkpoint with these generation settings.

    Args:
        writing: as the protocol has it.
        settings: the checkpoint's own; used where the protocol says so.
        ends: tokens that end a reply.
        device: where logits lie.
    """
    if writing.sampling == "greedy":
        return Sampler(greedy=True)
    if writing.sampling == "sample":
        return Sampler(warpers=_warpers(_numbers(writing), device))
    return Sampler(
        warpers=_warpers(_own(settings), device),
        by_text=tuple(_by_text(settings, list(ends), device)),
        by_reply=tuple(_by_reply(settings, list(ends), device)),
    )


def remarks(writing: Writing, settings: GenerationConfig) -> tuple[str, ...]:
    """What must be said of replies that are written so: what was switched on or left out."""
    if writing.sampling != "checkpoint":
        return ()
    said = []
    if not settings.do_sample:
        own = _own(settings)
        rest = [f"{name}={own[name]:g}" for name in own if name not in COMMON]
        chosen = [f"T={own.get('temperature', 1):g}", f"top_k={own.get('top_k', 0):g}", *rest]
        said.append(f"sampling switched on: {', '.join(chosen)}")
    unused = [name for name in UNUSED if _does(name, getattr(settings, name, None))]
    if unused:
        said.append(f"settings of the checkpoint that are not used: {', '.join(unused)}")
    return tuple(said)


def dice(seed: int, count: int) -> torch.Tensor:
    """`count` uniform numbers in [0, 1), float64, from a generator of their own."""
    return torch.rand(count, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def _numbers(writing: Writing) -> dict[str, float]:
    """A protocol's own numbers, those that do something."""
    given = {name: getattr(writing, name) for name in ("temperature", "top_k", "top_p")}
    return {name: value for name, value in given.items() if _does(name, value)}


def _own(settings: GenerationConfig) -> dict[str, float]:
    """A checkpoint's numbers for sampling, those that do something."""
    given: dict[str, Any] = {name: getattr(settings, name, None) for name in WARPERS}
    given |= {name: value for name, value in COMMON.items() if given[name] is None}
    return {name: value for name, value in given.items() if _does(name, value)}


def _does(name: str, value: object) -> bool:
    """Whether a setting of this value changes anything."""
    return bool(value) and value not in NOTHING.get(name, ())


def _warpers(numbers: Mapping[str, float], device: torch.device) -> tuple[LogitsProcessor, ...]:
    return tuple(make(numbers[n], device) for n, make in WARPERS.items() if n in numbers)


def _by_text(
    settings: GenerationConfig, ends: list[int], device: torch.device
) -> Iterator[LogitsProcessor]:
    """In the order in which transformers applies them."""
    makes: dict[str, Callable[[Any], LogitsProcessor]] = {
        "sequence_bias": SequenceBiasLogitsProcessor,
        "repetition_penalty": RepetitionPenaltyLogitsProcessor,
        "no_repeat_ngram_size": NoRepeatNGramLogitsProcessor,
        "bad_words_ids": lambda words: NoBadWordsLogitsProcessor(words, ends),
        "min_length": lambda least: MinLengthLogitsProcessor(least, ends, device=str(device)),
        "forced_bos_token_id": ForcedBOSTokenLogitsProcessor,
        "suppress_tokens": lambda them: SuppressTokensLogitsProcessor(them, device=str(device)),
    }
    return _made(settings, makes)


def _by_reply(
    settings: GenerationConfig, ends: list[int], device: torch.device
) -> Iterator[LogitsProcessor]:
    """Counted from a reply's beginning, which is at another place in each row."""
    begin = 1 if settings.forced_bos_token_id is not None else 0
    where = str(device)
    makes: dict[str, Callable[[Any], LogitsProcessor]] = {
        "min_new_tokens": lambda least: MinNewTokensLengthLogitsProcessor(0, least, ends, where),
        "exponential_decay_length_penalty": lambda decay: ExponentialDecayLengthPenalty(
            decay, ends, 0
        ),
        "begin_suppress_tokens": lambda them: SuppressTokensAtBeginLogitsProcessor(
            them, begin, where
        ),
    }
    return _made(settings, makes)


def _made(
    settings: GenerationConfig, makes: Mapping[str, Callable[[Any], LogitsProcessor]]
) -> Iterator[LogitsProcessor]:
    for name, make in makes.items():
        value = getattr(settings, name, None)
        if _does(name, value) or (name.endswith("token_id") and value is not None):
            yield make(value)
