"""Backend `implicit`: the implicit reward of a model tuned by preferences (DPO).

The reward is ``beta x (ln p_tuned - ln p_reference)`` of a reply given a prompt, summed over its
tokens and the end of its turn (Rafailov et al. 2023). The tuned model and its reference are causal
checkpoints with the same tokenizer; both are scored as by backend `causal`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from probes.backends.causal import Causal
from probes.backends.hf.loading.chat import QUESTION
from probes.backends.hf.loading.checkpoint import Checkpoint, open_checkpoint
from probes.backends.hf.rewards import combine
from probes.errors import ModelError
from probes.types import LoadOptions, ModelInfo, ModelSpec, Option, Prompt, Reply, Rewards

BETA = 0.1
"""Default beta, usual in DPO; it is a common factor of all rewards."""


def load(spec: ModelSpec, options: LoadOptions) -> Implicit:
    """Open a tuned model and its reference.

    Raises:
        ModelError: one of them cannot be loaded, or they have different tokenizers.
    """
    if not spec.reference:
        raise ModelError(
            f"{spec.name}: backend implicit compares it with the model that it was tuned from: "
            "--model implicit:MODEL,reference=MODEL"
        )
    beta = BETA if spec.beta is None else spec.beta
    if not beta > 0:
        raise ModelError(f"{spec.name}: beta is {beta:g}, and must be above 0")
    tuned = open_checkpoint(spec, options, "causal")
    base = replace(spec, id=spec.reference, revision=None, parameters=None)
    reference = open_checkpoint(base, replace(options, adapter=None, chat=False), "causal")
    if _tokens(tuned) != _tokens(reference):
        raise ModelError(
            f"{spec.name}: its reference {spec.reference} has another tokenizer, so that their "
            "probabilities are of different tokens: give the model that it was tuned from"
        )
    if tuned.info.weights == reference.info.weights:
        raise ModelError(
            f"{spec.name}: its reference {spec.reference} is the same model, so that every reward "
            "is 0: give the model that it was tuned from"
        )
    rewards = Rewards(beta, reference.info.id, reference.info.weights)
    info = replace(tuned.info, backend="implicit", rewards=rewards)
    as_tuned = replace(
        reference, chat=tuned.chat, info=replace(reference.info, chat=tuned.info.chat)
    )
    return Implicit(info, beta, Causal(tuned), Causal(as_tuned), _closing(tuned))


@dataclass(frozen=True, slots=True)
class Implicit:
    """A tuned model and its reference as a `types.Scorer` that gives rewards."""

    info: ModelInfo
    beta: float
    tuned: Causal
    reference: Causal
    closing: str
    """Text after a reply: the end of the model's turn."""

    @property
    def packed(self) -> bool:
        """Whether prompts share a row (types.Scorer)."""
        return self.tuned.packed

    def render(self, ask: str, begin: str, joint: str) -> str:
        """The text before the slot (types.Model)."""
        return self.tuned.render(ask, begin, joint)

    def fit(self, prompt: Prompt) -> tuple[tuple[Option, ...], tuple[str, ...]]:
        """The options without antonym pairs that have unknown tokens (types.Scorer)."""
        return self.tuned.fit(prompt)

    @property
    def flags(self) -> tuple[str, ...]:
        """Flags on the checkpoint and its prompts."""
        return self.tuned.checkpoint.flags

    def lengths(self, prompts: Sequence[Prompt]) -> list[int]:
        """Tokens of each prompt, the same in both models (types.Scorer)."""
        by_form = [self._by_form(prompt) for prompt in prompts]
        self.reference.lengths(by_form)
        return self.tuned.lengths(by_form)

    def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """Rewards for a batch of prompts (types.Scorer)."""
        by_form = [self._by_form(prompt) for prompt in prompts]
        pairs = zip(self.tuned.score(by_form), self.reference.score(by_form), strict=True)
        return [
            combine.reply(prompt, self._rewards(prompt, _logprobs(tuned), _logprobs(reference)))
            for prompt, (tuned, reference) in zip(prompts, pairs, strict=True)
        ]

    def _by_form(self, prompt: Prompt) -> Prompt:
        """The prompt with each form as a separate option, followed by the end of the turn."""
        options = tuple(
            Option(f"{option.label} {number}", option.side, (form,), option.strong)
            for option in prompt.options
            for number, form in enumerate(option.forms)
        )
        return replace(prompt, after=prompt.after + self.closing, options=options)

    def _rewards(
        self, prompt: Prompt, tuned: Mapping[str, float], reference: Mapping[str, float]
    ) -> list[list[float]]:
        names = [[f"{o.label} {n}" for n in range(len(o.forms))] for o in prompt.options]
        return [[self.beta * (tuned[n] - reference[n]) for n in row] for row in names]


def _logprobs(reply: Reply) -> Mapping[str, float]:
    return reply.logprobs or {}


def _closing(checkpoint: Checkpoint) -> str:
    """The end of a reply: that of the chat template's turn, else the end-of-sequence token."""
    if checkpoint.chat:
        return checkpoint.chat.conversation(QUESTION, "")[1]
    return checkpoint.tokenizer.eos_token or ""


def _tokens(checkpoint: Checkpoint) -> object:
    """The tokenizer's settings that affect a text's tokens, for comparison."""
    settings = json.loads(checkpoint.tokenizer.backend_tokenizer.to_str())
    return {key: value for key, value in settings.items() if key not in {"padding", "truncation"}}
