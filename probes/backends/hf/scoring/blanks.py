"""Blanks of encoder-decoders: what the encoder reads of a prompt and what the decoder fills in.

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
blank is widened to what all forms of the prompt leave unchanged. Pure bookkeeping: does not
tokenise and does not score.
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
    """A prompt for both halves."""

    source: Ids
    """What the encoder reads, blank included."""
    target: Continuations
    """What the decoder is scored on."""

    @property
    def cost(self) -> int:
        """Tokens that the prompt sends through the model by itself."""
        return len(self.source) + len(self.target.ways) * self.target.longest


@dataclass(frozen=True, slots=True)
class BlankConvention:
    """A checkpoint's convention."""

    token: int
    """What stands for the form in the encoder's text."""
    start: int
    """What the decoder's text begins with."""
    end: int
    """What it ends with where nothing follows the slot."""
    close: int | None
    """What ends the form where something does; None for a mask, whose decoder goes on."""

    def put(self, prompt: Prompt, shared: Ids, filled: Forms) -> EncoderDecoderPrompt:
        """Blank out what differs between the forms' texts.

        Raises:
            ModelError: see `continuations.assemble`.
        """
        tails = [form.ids[form.own[1] :] for row in filled for form in row]
        after = continuations.common([tail[::-1] for tail in tails])[::-1]
        if self.close is None:
            begin = (self.start, *shared)
            tail = after if self.end in after else (*after, self.end)
        else:
            begin = (self.start, self.token)
            tail = (self.close if prompt.after.strip() else self.end,)
        moved = len(begin) - len(shared)
        targets = [
            [
                FormInPlace(
                    (*begin, *form.ids[len(shared) : len(form.ids) - len(after)], *tail),
                    (form.own[0] + moved, form.own[1] + moved),
                )
                for form in row
            ]
            for row in filled
        ]
        return EncoderDecoderPrompt(
            source=(*shared, self.token, *after),
            target=continuations.assemble(prompt, begin, targets),
        )


def blank_of(checkpoint: Checkpoint) -> BlankConvention:
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
        return BlankConvention(blank, start, end, close)
    if tokenizer.mask_token_id is not None:
        return BlankConvention(tokenizer.mask_token_id, start, end, None)
    raise ModelError(
        f"{name}: its tokenizer has neither {SENTINELS[0]} nor a mask token, so there is nothing "
        "to put into the slot for the decoder to fill"
    )
