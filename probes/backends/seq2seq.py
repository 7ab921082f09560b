"""Encoder-decoders: the encoder reads the text with a blank, the decoder fills it.

Which of the two conventions a checkpoint was trained with, its tokenizer shows:

- *sentinels* (T5 and kin; Raffel et al. 2020, span corruption): the tokenizer has
  ``<extra_id_0>``. The encoder reads ``before <extra_id_0> after``; the decoder is scored on
  ``form <extra_id_1>`` behind ``<extra_id_0>``, or on the form and the end token where nothing
  follows the slot.
- *mask* (BART and kin; Lewis et al. 2020, text infilling): the tokenizer has a mask token, one of
  which stands for a span of any length, and the decoder writes the whole text again. The encoder
  reads ``before <mask> after``; the decoder is scored, as a causal model is, on form, `after` and
  the end token behind `before`.

The blank is put among token ids, not into the text, where it would leave stray spaces: encoder
and decoder get the very tokens of the filled text. Where a form merges with a neighbour, the
blank is widened to what all forms of the prompt leave unchanged. A prompt is encoded once for all
its options; decoder rows are padded on the right, where a decoder does not look.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from transformers.modeling_outputs import BaseModelOutput

from probes.backends.hf import forms, reading, rows
from probes.backends.hf.checkpoint import Checkpoint, memory_errors, open_checkpoint
from probes.backends.hf.forms import Ids
from probes.backends.hf.reading import Filled, Forms, Reading
from probes.backends.hf.rows import Text
from probes.errors import ModelError
from probes.types import LoadOptions, ModelInfo, ModelSpec, Option, Prompt, Reply

SENTINELS = ("<extra_id_0>", "<extra_id_1>")
DECODED = 2048
"""Decoder tokens of a forward pass."""


def load(spec: ModelSpec, options: LoadOptions) -> Seq2Seq:
    """Open an encoder-decoder checkpoint.

    Raises:
        ModelError: it cannot be loaded, or has neither sentinels nor a mask token.
    """
    return Seq2Seq(open_checkpoint(spec, options, "seq2seq"))


@dataclass(frozen=True, slots=True)
class Filling:
    """A prompt for both halves."""

    source: Ids
    """What the encoder reads, blank included."""
    target: Reading
    """What the decoder is scored on."""

    @property
    def cost(self) -> int:
        """Tokens that the prompt sends through the model by itself."""
        return len(self.source) + len(self.target.ways) * self.target.longest


@dataclass(frozen=True, slots=True)
class Blank:
    """A checkpoint's convention."""

    token: int
    """What stands for the form in the encoder's text."""
    start: int
    """What the decoder's text begins with."""
    end: int
    """What it ends with where nothing follows the slot."""
    close: int | None
    """What ends the form where something does; None for a mask, whose decoder goes on."""

    def put(self, prompt: Prompt, shared: Ids, filled: Forms) -> Filling:
        """Blank out what differs between the forms' texts.

        Raises:
            ModelError: see `reading.assemble`.
        """
        tails = [form.ids[form.own[1] :] for row in filled for form in row]
        after = reading.common([tail[::-1] for tail in tails])[::-1]
        if self.close is None:
            begin = (self.start, *shared)
            tail = after if self.end in after else (*after, self.end)
        else:
            begin = (self.start, self.token)
            tail = (self.close if prompt.after.strip() else self.end,)
        moved = len(begin) - len(shared)
        targets = [
            [
                Filled(
                    (*begin, *form.ids[len(shared) : len(form.ids) - len(after)], *tail),
                    (form.own[0] + moved, form.own[1] + moved),
                )
                for form in row
            ]
            for row in filled
        ]
        return Filling(
            source=(*shared, self.token, *after), target=reading.assemble(prompt, begin, targets)
        )


class Seq2Seq:
    """An encoder-decoder as a `types.Scorer`.

    Args:
        checkpoint: a seq2seq one.

    Raises:
        ModelError: its tokenizer has neither sentinels nor a mask token.
    """

    packed = False

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self._blank = _blank(checkpoint)

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
        ids = reading.scorable(prompt, self.checkpoint.encode_all, unknown=unknown)
        return forms.fit(prompt, ids)

    def lengths(self, prompts: Sequence[Prompt]) -> list[int]:
        """Tokens that each prompt costs by itself: the encoder's and every decoder row's.

        Raises:
            ModelError: a text is longer than the context, or a prompt cannot be scored.
        """
        return [self._read(prompt).cost for prompt in prompts]

    def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """One batch of prompts.

        Raises:
            ScoreError: a number is not finite.
            MemoryError: the batch does not fit.
        """
        fillings = [self._read(prompt) for prompt in prompts]
        with memory_errors():
            numbers = iter(self._logprobs(fillings))
        return [
            reading.reply(
                prompt, each.target, [[next(numbers) for _ in way] for way in each.target.ways]
            )
            for prompt, each in zip(prompts, fillings, strict=True)
        ]

    def _read(self, prompt: Prompt) -> Filling:
        """The prompt's tokens on both sides."""
        found = self._blank.put(prompt, *reading.fill(prompt, self.checkpoint.encode_all))
        longest = max(len(found.source), found.target.longest)
        context = self.checkpoint.context
        if context is not None and longest > context:
            raise ModelError(
                f"{forms.where(prompt)}: {longest} tokens are more than the {context} that "
                f"{self.info.name} reads at once"
            )
        return found

    @torch.inference_mode()
    def _logprobs(self, fillings: Sequence[Filling]) -> list[float]:
        """Log-probabilities of every scored token: prompt by prompt, way by way."""
        model, device = self.checkpoint.model, self.checkpoint.device
        sources, mask = rows.padded([each.source for each in fillings], device)
        states = model.get_encoder()(input_ids=sources, attention_mask=mask).last_hidden_state
        parts = []
        for group in _passes(fillings):
            of = torch.tensor([i for i, _ in group], device=device)
            texts = [text for _, text in group]
            logits = rows.head_at(
                model,
                rows.scored(texts),
                encoder_outputs=BaseModelOutput(last_hidden_state=states[of]),
                attention_mask=mask[of],
                decoder_input_ids=rows.padded([text.ids for text in texts], device)[0],
            )
            parts.append(rows.gathered(logits, texts))
        numbers: list[float] = torch.cat(parts).tolist()
        return numbers


def _passes(fillings: Sequence[Filling]) -> Iterator[list[tuple[int, Text]]]:
    """Decoder rows, each with its prompt's number, in groups that a forward pass takes."""
    group: list[tuple[int, Text]] = []
    longest = 0
    for i, each in enumerate(fillings):
        for way in each.target.ways:
            text = Text(each.target.shared + way, len(each.target.shared))
            longest = max(longest, len(text.ids))
            if group and longest * (len(group) + 1) > DECODED:
                yield group
                group, longest = [], len(text.ids)
            group.append((i, text))
    yield group


def _blank(checkpoint: Checkpoint) -> Blank:
    """The convention that a checkpoint's tokenizer shows.

    Raises:
        ModelError: it shows none, or the configuration says not how a decoder begins.
    """
    tokenizer, name = checkpoint.tokenizer, checkpoint.info.name
    start = getattr(checkpoint.model.config, "decoder_start_token_id", None)
    end = tokenizer.eos_token_id
    if start is None or end is None:
        raise ModelError(
            f"{name}: its configuration must say decoder_start_token_id and its tokenizer "
            "eos_token, to begin and end the decoder's text"
        )
    blank, close = (tokenizer.get_vocab().get(sentinel) for sentinel in SENTINELS)
    if blank is not None and close is not None:
        return Blank(blank, start, end, close)
    if tokenizer.mask_token_id is not None:
        return Blank(tokenizer.mask_token_id, start, end, None)
    raise ModelError(
        f"{name}: its tokenizer has neither {SENTINELS[0]} nor a mask token, so there is nothing "
        "to put into the slot for the decoder to fill"
    )
