"""Backend `reward`: the score that a reward model gives a reply to a question.

Any sequence classifier with one label. The text is question and reply as the model reads them
(`hf.rewards.texts`), the score is read without the traps of padding (`hf.rewards.head`), and what
the scores of a prompt's options come to is said in docs/method.md 11. Whether the one number is a
reward, and not a similarity or a grade, cannot be seen: the control pairs show what it prefers.
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
        ModelError: it cannot be loaded, or is no reward model that can be asked.
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
    """A reward model as a `types.Scorer`; its numbers are rewards."""

    checkpoint: Checkpoint
    texts: ReplyTexts

    @property
    def info(self) -> ModelInfo:
        """What was loaded."""
        return self.checkpoint.info

    @property
    def packed(self) -> bool:
        """Each text is a row of its own."""
        return False

    def render(self, ask: str, begin: str, joint: str) -> str:
        """The text before the slot (types.Model)."""
        return self.texts.render(ask, begin, joint)

    def fit(self, prompt: Prompt) -> tuple[tuple[Option, ...], tuple[str, ...]]:
        """The options without antonym pairs that this tokenizer cannot spell (types.Scorer)."""
        unknown, rows = self.checkpoint.tokenizer.unk_token_id, self.texts.encode(prompt)
        least = min(row.ids.count(unknown) for of in rows for row in of)
        ids = {
            option.label: [row.ids if row.ids.count(unknown) == least else None for row in of]
            for option, of in zip(prompt.options, rows, strict=True)
        }
        options, flags = forms.fit(prompt, ids)
        return options, (*flags, *self.flags)

    @property
    def flags(self) -> tuple[str, ...]:
        """What must be said of how it reads texts."""
        return (*FLAGS[self.texts.shape], *self.checkpoint.flags)

    def lengths(self, prompts: Sequence[Prompt]) -> list[int]:
        """Tokens of all texts of each prompt, padding counted (types.Scorer)."""
        return [_padded_size(self.texts.encode(prompt)) for prompt in prompts]

    def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """One batch of prompts; a text that several of them hold is read once (types.Scorer)."""
        encoded = [self.texts.encode(prompt) for prompt in prompts]
        rows = list(dict.fromkeys(row for of in encoded for row in _flat(of)))
        values = head.scores(self.checkpoint, rows, pads=self.checkpoint.pads)
        reward = dict(zip(rows, values, strict=True))
        return [
            combine.reply(prompt, [[reward[row] for row in option] for option in of])
            for prompt, of in zip(prompts, encoded, strict=True)
        ]


def _flat(encoded: Sequence[Sequence[TokenizedReply]]) -> list[TokenizedReply]:
    return [row for option in encoded for row in option]


def _padded_size(encoded: Sequence[Sequence[TokenizedReply]]) -> int:
    rows = _flat(encoded)
    return len(rows) * max(len(row.ids) for row in rows)
