"""Backend `reward`: reward models, which score a reply to a question.

Any sequence classifier with one label. `hf.rewards.texts` builds the text from question and reply,
`hf.rewards.head` computes the score safely with padding, and docs/method.md 11 says how options are
compared. The checkpoint does not say whether its number is a reward or, say, a similarity or a
grade; the control pairs show what it prefers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from probes.backends.hf.loading.chat import QUESTION
from probes.backends.hf.loading.checkpoint import Checkpoint, open_checkpoint
from probes.backends.hf.rewards import combine, head
from probes.backends.hf.rewards.texts import FLAGS, ReplyTexts, TokenizedReply
from probes.backends.hf.scoring import forms
from probes.errors import ModelError
from probes.types import (
    LoadOptions,
    ModelInfo,
    ModelSpec,
    Option,
    Prompt,
    Reply,
    Rewards,
    Statement,
)


def load(spec: ModelSpec, options: LoadOptions) -> RewardModel:
    """Open a sequence classifier with one label.

    Raises:
        ModelError: it cannot be loaded, or is not a usable reward model.
    """
    if options.adapter is not None:
        raise ModelError(
            f"{spec.name}: an adapter brings a head that would not be seen: merge it into the "
            "reward model's folder first"
        )
    checkpoint = open_checkpoint(spec, options, "reward")
    checkpoint = replace(checkpoint, info=replace(checkpoint.info, rewards=Rewards()))
    texts = ReplyTexts.of(checkpoint)
    before, ending = texts.render(QUESTION, "", " "), (Option("tried", "agree", ("",)),)
    tried = [
        texts.encode(Prompt(Statement("trial", ""), "blank", "trial", before, words, ending))[0][0]
        for words in head.sample_lengths()
    ]
    return RewardModel(replace(checkpoint, pads=head.prepare(checkpoint, tried)), texts)


@dataclass(frozen=True, slots=True)
class RewardModel:
    """A reward model as a `types.Scorer` that gives rewards."""

    checkpoint: Checkpoint
    texts: ReplyTexts

    @property
    def info(self) -> ModelInfo:
        """Facts on the loaded model."""
        return self.checkpoint.info

    @property
    def packed(self) -> bool:
        """False: each text is a separate row."""
        return False

    def render(self, ask: str, begin: str, joint: str) -> str:
        """The text before the slot (types.Model)."""
        return self.texts.render(ask, begin, joint)

    def fit(self, prompt: Prompt) -> tuple[tuple[Option, ...], tuple[str, ...]]:
        """The options without antonym pairs that have unknown tokens (types.Scorer)."""
        unknown, rows = self.checkpoint.tokenizer.unk_token_id, self.texts.encode(prompt)
        fewest = min(row.ids.count(unknown) for option_rows in rows for row in option_rows)
        ids = {
            option.label: [
                row.ids if row.ids.count(unknown) == fewest else None for row in option_rows
            ]
            for option, option_rows in zip(prompt.options, rows, strict=True)
        }
        options, flags = forms.fit(prompt, ids)
        return options, (*flags, *self.flags)

    @property
    def flags(self) -> tuple[str, ...]:
        """Flags on the shape of texts and on the checkpoint."""
        return (*FLAGS[self.texts.shape], *self.checkpoint.flags)

    def lengths(self, prompts: Sequence[Prompt]) -> list[int]:
        """Tokens of all texts of each prompt, padding included (types.Scorer)."""
        return [_padded_size(self.texts.encode(prompt)) for prompt in prompts]

    def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """Rewards for a batch of prompts; equal texts are computed once (types.Scorer)."""
        encoded = [self.texts.encode(prompt) for prompt in prompts]
        rows = list(dict.fromkeys(row for prompt_rows in encoded for row in _flat(prompt_rows)))
        values = head.scores(self.checkpoint, rows, pads=self.checkpoint.pads)
        reward = dict(zip(rows, values, strict=True))
        return [
            combine.reply(prompt, [[reward[row] for row in option] for option in prompt_rows])
            for prompt, prompt_rows in zip(prompts, encoded, strict=True)
        ]


def _flat(encoded: Sequence[Sequence[TokenizedReply]]) -> list[TokenizedReply]:
    return [row for option in encoded for row in option]


def _padded_size(encoded: Sequence[Sequence[TokenizedReply]]) -> int:
    rows = _flat(encoded)
    return len(rows) * max(len(row.ids) for row in rows)
