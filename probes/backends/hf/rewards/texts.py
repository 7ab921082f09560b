"""Input texts of a reward model for a question and a reply: a chat, a pair of texts, or one text.

With a chat template, the text is the whole conversation including the end of the last turn.
Otherwise question and reply are a pair if the tokenizer separates pairs by a special token (which
is tested), else one text. Special tokens are added once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from probes.backends.hf.loading.chat import QUESTION, REPLY
from probes.backends.hf.loading.checkpoint import Checkpoint
from probes.backends.hf.scoring.forms import Ids, prompt_label
from probes.errors import ModelError
from probes.types import Prompt

SEAM = "\u241e"
"""Separator of question and reply in a prompt's text, if they are tokenized as a pair."""
Shape = Literal["chat", "pair", "text"]
FLAGS: dict[Shape, tuple[str, ...]] = {
    "chat": (),
    "pair": ("reward_of_two_texts",),
    "text": ("reward_of_one_text",),
}
"""Shape of texts -> flags of the rewards."""


@dataclass(frozen=True, slots=True)
class TokenizedReply:
    """A question and a reply as token ids."""

    ids: Ids
    types: Ids
    """Token type ids: 0 for the first text of a pair, 1 for the second."""


@dataclass(frozen=True, slots=True)
class ReplyTexts:
    """Builds and tokenizes the texts for one reward model."""

    checkpoint: Checkpoint
    shape: Shape
    closing: str
    """Text after a reply: the end of the model's turn."""

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> ReplyTexts:
        """Choose the shape by the checkpoint's chat template and tokenizer.

        Raises:
            ModelError: the template renders no model turn.
        """
        if checkpoint.chat:
            return cls(checkpoint, "chat", checkpoint.chat.conversation(QUESTION, "")[1])
        return cls(checkpoint, "pair" if _separates(checkpoint) else "text", "")

    def render(self, ask: str, begin: str, joint: str) -> str:
        """The text before the slot."""
        if self.checkpoint.chat:
            return self.checkpoint.chat.conversation(ask, begin)[0]
        return ask + (SEAM if self.shape == "pair" else joint) + begin

    def encode(self, prompt: Prompt) -> list[list[TokenizedReply]]:
        """The tokenized text of each form of each option.

        Raises:
            ModelError: a text is longer than the context.
        """
        texts = [
            prompt.before + form + prompt.after + self.closing
            for option in prompt.options
            for form in option.forms
        ]
        encoded = iter(self._pairs(texts) if self.shape == "pair" else self._whole(texts))
        rows = [[next(encoded) for _ in option.forms] for option in prompt.options]
        self._require_context(
            prompt, max(len(row.ids) for option_rows in rows for row in option_rows)
        )
        return rows

    def _whole(self, texts: Sequence[str]) -> list[TokenizedReply]:
        return [
            TokenizedReply(text.ids, (0,) * len(text.ids))
            for text in self.checkpoint.encode_all(texts)
        ]

    def _pairs(self, texts: Sequence[str]) -> list[TokenizedReply]:
        parts = [text.rpartition(SEAM) for text in texts]
        batch = self.checkpoint.tokenizer(
            [question for question, _, _ in parts],
            [answer for _, _, answer in parts],
            return_token_type_ids=True,
            return_attention_mask=False,
            verbose=False,
        )
        rows = zip(batch["input_ids"], batch["token_type_ids"], strict=True)
        replies = [TokenizedReply(tuple(ids), tuple(types)) for ids, types in rows]
        for row in replies:
            self.checkpoint.check_ids(row.ids)
        return replies

    def _require_context(self, prompt: Prompt, longest: int) -> None:
        context = self.checkpoint.context
        if context is not None and longest > context:
            raise ModelError(
                f"{prompt_label(prompt)}: question and reply have {longest} tokens, more than the "
                f"{context} that {self.checkpoint.info.name} reads; cut, a reward is another one"
            )


def _separates(checkpoint: Checkpoint) -> bool:
    """Whether the tokenizer puts an end or separator token between two texts."""
    tokenizer = checkpoint.tokenizer
    encoded = tokenizer([QUESTION], [REPLY], verbose=False)
    owners, ids = encoded.sequence_ids(0), encoded["input_ids"][0]
    ends = {tokenizer.sep_token_id, tokenizer.eos_token_id} - {None}
    first = [i for i, owner in enumerate(owners) if owner == 0]
    second = [i for i, owner in enumerate(owners) if owner == 1]
    between = ids[first[-1] + 1 : second[0]] if first and second else []
    return bool(ends & set(between))
