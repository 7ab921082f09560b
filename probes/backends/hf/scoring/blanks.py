"""Blanks of encoder-decoders: the encoder's input, and the decoder's scored texts.

The tokenizer shows which of two conventions a checkpoint was trained with:

- *sentinels* (T5 and similar; Raffel et al. 2020, span corruption): the tokenizer has
  ``<extra_id_0>``. The encoder reads ``before <extra_id_0> after``; the decoder is scored on
  ``form <extra_id_1>`` after ``<extra_id_0>``, or on the form and the end token if nothing
  follows the slot.
- *mask* (BART and similar; Lewis et al. 2020, text infilling): the tokenizer has a mask token that
  replaces a span of any length, and the decoder repeats the whole text. The encoder reads
  ``before <mask> after``; the decoder is scored, like a causal model, on form, `after` and the end
  token, given `before`.

The blank is inserted into the token ids, because in the text it would leave extra spaces: encoder
and decoder get exactly the tokens of the filled text. If a form merges with a neighbouring word,
the blank is extended to all tokens that differ between the forms of the prompt.
"""

from __future__ import annotations

from dataclasses import dataclass

from probes.backends.hf.loading.checkpoint import Checkpoint
from probes.backends.hf.scoring import continuations
from probes.backends.hf.scoring.continuations import Continuations, FormInPlace, Forms
from probes.backends.hf.scoring.forms import Ids
from probes.errors import ModelError
from probes.types import Prompt

SENTINELS = ("<extra_id_0>", "<extra_id_1>")


@dataclass(frozen=True, slots=True)
class EncoderDecoderPrompt:
    """A prompt as token ids for encoder and decoder."""

    source: Ids
    """The encoder's token ids, with the blank."""
    target: Continuations
    """The decoder's texts, which are scored."""

    @property
    def cost(self) -> int:
        """Tokens of the encoder's text and of all padded decoder texts."""
        return len(self.source) + len(self.target.tails) * self.target.longest


@dataclass(frozen=True, slots=True)
class BlankConvention:
    """The tokens with which a checkpoint marks a blank and its filling."""

    token: int
    """The blank in the encoder's text."""
    start: int
    """First token of the decoder's text."""
    end: int
    """Last token of the decoder's text if nothing follows the slot."""
    closing: int | None
    """Token after the form if something follows the slot; None for a mask, after which the decoder
    continues the text."""

    def encode(self, prompt: Prompt, shared: Ids, filled: Forms) -> EncoderDecoderPrompt:
        """The prompt with a blank in place of the tokens that differ between the forms' texts.

        Raises:
            ModelError: see `continuations.assemble`.
        """
        tails = [form.ids[form.span[1] :] for row in filled for form in row]
        after = continuations.common_prefix([tail[::-1] for tail in tails])[::-1]
        if self.closing is None:
            start_ids = (self.start, *shared)
            end_ids = after if self.end in after else (*after, self.end)
        else:
            start_ids = (self.start, self.token)
            end_ids = (self.closing if prompt.after.strip() else self.end,)
        shift = len(start_ids) - len(shared)
        targets = [
            [
                FormInPlace(
                    (*start_ids, *form.ids[len(shared) : len(form.ids) - len(after)], *end_ids),
                    (form.span[0] + shift, form.span[1] + shift),
                )
                for form in row
            ]
            for row in filled
        ]
        return EncoderDecoderPrompt(
            source=(*shared, self.token, *after),
            target=continuations.assemble(prompt, start_ids, targets),
        )


def blank_convention(checkpoint: Checkpoint) -> BlankConvention:
    """The convention of a checkpoint, from its tokenizer.

    Raises:
        ModelError: it has neither sentinels nor a mask token, or the configuration does not give
            the decoder's first token.
    """
    tokenizer, name = checkpoint.tokenizer, checkpoint.info.name
    start = getattr(checkpoint.model.config, "decoder_start_token_id", None)
    end = tokenizer.eos_token_id
    if type(start) is not int or end is None:
        raise ModelError(
            f"{name}: its configuration must say decoder_start_token_id and its tokenizer "
            "eos_token, to begin and end the decoder's text"
        )
    checkpoint.check_ids((start,))
    blank, closing = (tokenizer.get_vocab().get(sentinel) for sentinel in SENTINELS)
    if blank is not None and closing is not None:
        return BlankConvention(blank, start, end, closing)
    if tokenizer.mask_token_id is not None:
        return BlankConvention(tokenizer.mask_token_id, start, end, None)
    raise ModelError(
        f"{name}: its tokenizer has neither {SENTINELS[0]} nor a mask token, so there is nothing "
        "to put into the slot for the decoder to fill"
    )
