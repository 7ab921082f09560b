"""Encoder-decoders: the encoder reads the text with a blank, the decoder fills it.

What blank, and what stands on either side, is `scoring.blanks`'s business. A prompt is encoded once
for all its options; decoder rows are padded on the right, where a decoder does not look.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import torch
from transformers.modeling_outputs import BaseModelOutput

from probes.backends.hf.loading.checkpoint import Checkpoint, memory_errors, open_checkpoint
from probes.backends.hf.loading.device import to_device
from probes.backends.hf.profile.meter import Meter
from probes.backends.hf.scoring import continuations, forms, rows
from probes.backends.hf.scoring.blanks import EncoderDecoderPrompt, blank_convention
from probes.backends.hf.scoring.cache import PromptCache
from probes.backends.hf.scoring.forms import Ids
from probes.backends.hf.scoring.rows import TokenizedText
from probes.backends.hf.writing import architectures
from probes.backends.hf.writing.writer import Generator
from probes.errors import ModelError
from probes.types import LoadOptions, ModelInfo, ModelSpec, Option, Prompt, Reply, Writing

DECODED = 2048
"""Decoder tokens of a forward pass."""


def load(spec: ModelSpec, options: LoadOptions) -> Seq2Seq:
    """Open an encoder-decoder checkpoint.

    Raises:
        ModelError: it cannot be loaded, or has neither sentinels nor a mask token.
    """
    return Seq2Seq(open_checkpoint(spec, options, "seq2seq"))


class Seq2Seq:
    """An encoder-decoder as a `types.Scorer` and a `types.Author`.

    Args:
        checkpoint: a seq2seq one.

    Raises:
        ModelError: its tokenizer has neither sentinels nor a mask token.
    """

    packed = False

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self.meter = Meter()
        self._blank = blank_convention(checkpoint)
        self._fillings = PromptCache(self._read, self.meter)

    @property
    def info(self) -> ModelInfo:
        """What was loaded."""
        return self.checkpoint.info

    def render(self, ask: str, begin: str, joint: str) -> str:
        """The text before the slot (types.Model)."""
        return self.checkpoint.render(ask, begin, joint)

    def fit(self, prompt: Prompt) -> tuple[tuple[Option, ...], tuple[str, ...]]:
        """The options without the antonym pairs that this tokenizer cannot spell."""
        unknown = self.checkpoint.tokenizer.unk_token_id
        ids = continuations.form_ids(prompt, self.checkpoint.encode_all, unknown=unknown)
        return forms.fit(prompt, ids)

    def lengths(self, prompts: Sequence[Prompt]) -> list[int]:
        """Tokens that each prompt costs by itself: the encoder's and every decoder row's.

        Raises:
            ModelError: a text is longer than the context, or a prompt cannot be scored.
        """
        return [each.cost for each in self._fillings.get(prompts)]

    def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """One batch of prompts.

        Raises:
            ScoreError: a number is not finite.
            MemoryError: the batch does not fit.
        """
        fillings = list(self._fillings.get(prompts))
        with memory_errors():
            numbers = iter(self._logprobs(fillings))
        return [
            continuations.reply(
                prompt, each.target, [[next(numbers) for _ in tail] for tail in each.target.tails]
            )
            for prompt, each in zip(prompts, fillings, strict=True)
        ]

    def costs(self, prompts: Sequence[Prompt], writing: Writing) -> list[int]:
        """Tokens that the encoder reads of each prompt.

        Raises:
            ModelError: a prompt or its reply is longer than the context.
        """
        return self._pen.costs(prompts, writing)

    def remarks(self, writing: Writing) -> tuple[str, ...]:
        """What must be said of replies that are written so."""
        return self._pen.remarks(writing)

    def write(self, prompts: Sequence[Prompt], writing: Writing) -> list[str | None]:
        """What the decoder writes, one reply a prompt: the encoder reads the prompt, no blank.

        Raises:
            ScoreError: a number is not finite.
            MemoryError: they do not fit.
        """
        return self._pen.write(prompts, writing)

    @cached_property
    def _pen(self) -> Generator:
        return architectures.seq2seq(self.checkpoint, self.meter, self._blank.start)

    def _read(self, prompts: Sequence[Prompt]) -> list[EncoderDecoderPrompt]:
        """The prompts' tokens on both sides."""
        filled = continuations.fill_all(prompts, self.checkpoint.encode_all)
        found = [self._blank.encode(p, *own) for p, own in zip(prompts, filled, strict=True)]
        context = self.checkpoint.context
        for prompt, each in zip(prompts, found, strict=True):
            longest = max(len(each.source), each.target.longest)
            if context is not None and longest > context:
                raise ModelError(
                    f"{forms.prompt_label(prompt)}: {longest} tokens are more than the {context} "
                    f"that {self.info.name} reads at once"
                )
        return found

    @torch.inference_mode()
    def _logprobs(self, fillings: Sequence[EncoderDecoderPrompt]) -> list[float]:
        """Log-probabilities of every scored token: prompt by prompt, way by way."""
        model, device = self.checkpoint.model, self.checkpoint.device
        sources, mask = rows.padded([each.source for each in fillings], device)
        self._count([each.source for each in fillings], 0)
        self.meter.asked += sum(
            len(each.target.tails) * len(each.source) + each.target.text_tokens for each in fillings
        )
        states = model.get_encoder()(input_ids=sources, attention_mask=mask).last_hidden_state
        parts = []
        for group in _passes(fillings):
            of = to_device(torch.tensor([i for i, _ in group]), device)
            texts = [text for _, text in group]
            logits = rows.head_at(
                model,
                rows.scored_positions(texts),
                encoder_outputs=BaseModelOutput(last_hidden_state=states[of]),
                attention_mask=mask[of],
                decoder_input_ids=rows.padded([text.ids for text in texts], device)[0],
            )
            self._count([text.ids for text in texts], logits.shape[1])
            parts.append(rows.gather_logprobs(logits, texts))
        numbers: list[float] = torch.cat(parts).tolist()
        return numbers

    def _count(self, texts: Sequence[Ids], heads: int) -> None:
        """Tell the meter of a pass over these texts, the head at `heads` positions of each."""
        real = sum(map(len, texts))
        self.meter.needed += real
        self.meter.count_pass(len(texts), max(map(len, texts)), real=real, heads=heads * len(texts))


def _passes(fillings: Sequence[EncoderDecoderPrompt]) -> Iterator[list[tuple[int, TokenizedText]]]:
    """Decoder rows, each with its prompt's number, in groups that a forward pass takes."""
    group: list[tuple[int, TokenizedText]] = []
    longest = 0
    for i, each in enumerate(fillings):
        for tail in each.target.tails:
            text = TokenizedText(each.target.shared + tail, len(each.target.shared))
            longest = max(longest, len(text.ids))
            if group and longest * (len(group) + 1) > DECODED:
                yield group
                group, longest = [], len(text.ids)
            group.append((i, text))
    yield group
