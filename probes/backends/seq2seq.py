"""Backend `seq2seq`: encoder-decoders; the encoder reads the text with a blank that the decoder
fills.

`scoring.blanks` has the kinds of blanks and the inputs of encoder and decoder. A prompt is encoded
once for all its options; decoder rows are right-padded, since a decoder does not attend to later
tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from transformers.modeling_outputs import BaseModelOutput

from probes.backends.hf.loading.checkpoint import Checkpoint, open_checkpoint
from probes.backends.hf.loading.device import forward_errors, to_device
from probes.backends.hf.scoring import continuations, rows, scores
from probes.backends.hf.scoring.blanks import EncoderDecoderPrompt, blank_convention
from probes.backends.hf.scoring.cache import PromptCache
from probes.backends.hf.scoring.forms import Ids
from probes.backends.hf.scoring.rows import TokenizedText
from probes.backends.hf.writing import architectures
from probes.backends.hf.writing.author import CheckpointAuthor
from probes.backends.hf.writing.writer import Generator
from probes.types import LoadOptions, ModelSpec, Prompt, Reply

DECODER_TOKENS = 2048
"""Maximum decoder tokens of a forward pass, padding included."""


def load(spec: ModelSpec, options: LoadOptions) -> Seq2Seq:
    """Open an encoder-decoder checkpoint.

    Raises:
        ModelError: it cannot be loaded, or has neither sentinels nor a mask token.
    """
    return Seq2Seq(open_checkpoint(spec, options, "seq2seq"))


class Seq2Seq(CheckpointAuthor):
    """An encoder-decoder as a `types.Scorer` and a `types.Author`; to write replies, the encoder
    reads the prompt without a blank.

    Args:
        checkpoint: a seq2seq checkpoint.

    Raises:
        ModelError: its tokenizer has neither sentinels nor a mask token.
    """

    packed = False

    def __init__(self, checkpoint: Checkpoint) -> None:
        super().__init__(checkpoint)
        self._convention = blank_convention(checkpoint)
        self._encoded = PromptCache(self._encode, self.meter)

    def lengths(self, prompts: Sequence[Prompt]) -> list[int]:
        """Tokens of each prompt: of the encoder and of all padded decoder rows.

        Raises:
            ModelError: a text is longer than the context, or a prompt cannot be scored.
        """
        return [each.cost for each in self._encoded.get(prompts)]

    def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """Score a batch of prompts.

        Raises:
            ScoreError: a number is not finite.
            MemoryError: the batch does not fit.
        """
        encoded = list(self._encoded.get(prompts))
        together = [encoded] if self.checkpoint.pads else [[each] for each in encoded]
        with forward_errors(self.info.name):
            logprobs = iter([value for part in together for value in self._logprobs(part)])
        return [
            scores.reply(
                prompt,
                prompt_ids.target,
                [[next(logprobs) for _ in tail] for tail in prompt_ids.target.tails],
            )
            for prompt, prompt_ids in zip(prompts, encoded, strict=True)
        ]

    def _new_generator(self) -> Generator:
        return architectures.seq2seq(self.checkpoint, self.meter, self._convention.start)

    def _encode(self, prompts: Sequence[Prompt]) -> list[EncoderDecoderPrompt]:
        """Token ids of the prompts for encoder and decoder."""
        filled = continuations.fill_all(prompts, self.checkpoint.encode_all)
        encoded = [
            self._convention.encode(p, *texts) for p, texts in zip(prompts, filled, strict=True)
        ]
        for prompt, prompt_ids in zip(prompts, encoded, strict=True):
            self._require_context(prompt, max(len(prompt_ids.source), prompt_ids.target.longest))
        return encoded

    @torch.inference_mode()
    def _logprobs(self, encoded: Sequence[EncoderDecoderPrompt]) -> list[float]:
        """Log-probabilities of all scored tokens, ordered by prompt and tail."""
        model, device = self.checkpoint.model, self.checkpoint.device
        sources, mask = rows.padded([prompt_ids.source for prompt_ids in encoded], device)
        self._count_pass([prompt_ids.source for prompt_ids in encoded], 0)
        self.meter.asked += sum(
            len(prompt_ids.target.tails) * len(prompt_ids.source) + prompt_ids.target.text_tokens
            for prompt_ids in encoded
        )
        states = model.get_encoder()(input_ids=sources, attention_mask=mask).last_hidden_state
        parts = []
        for group in _split_passes(encoded):
            indices = to_device(torch.tensor([i for i, _ in group]), device)
            texts = [text for _, text in group]
            logits = rows.head_at(
                model,
                rows.scored_positions(texts),
                encoder_outputs=BaseModelOutput(last_hidden_state=states[indices]),
                attention_mask=mask[indices],
                decoder_input_ids=rows.padded([text.ids for text in texts], device)[0],
            )
            self._count_pass([text.ids for text in texts], logits.shape[1])
            parts.append(rows.gather_logprobs(logits, texts))
        logprobs: list[float] = torch.cat(parts).tolist()
        return logprobs

    def _count_pass(self, texts: Sequence[Ids], heads: int) -> None:
        """Count a forward pass over these texts, with the head at `heads` positions of each."""
        real = sum(map(len, texts))
        self.meter.needed += real
        self.meter.count_pass(len(texts), max(map(len, texts)), real=real, heads=heads * len(texts))


def _split_passes(
    encoded: Sequence[EncoderDecoderPrompt],
) -> Iterator[list[tuple[int, TokenizedText]]]:
    """Decoder rows with their prompt's index, in groups for one forward pass each."""
    group: list[tuple[int, TokenizedText]] = []
    longest = 0
    for i, prompt_ids in enumerate(encoded):
        for tail in prompt_ids.target.tails:
            text = TokenizedText(prompt_ids.target.shared + tail, len(prompt_ids.target.shared))
            longest = max(longest, len(text.ids))
            if group and longest * (len(group) + 1) > DECODER_TOKENS:
                yield group
                group, longest = [], len(text.ids)
            group.append((i, text))
    yield group
