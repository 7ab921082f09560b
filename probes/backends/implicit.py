"""Backend `implicit`: the reward that preference tuning (DPO) gave a reply, without a reward model.

``beta x (ln p_tuned - ln p_reference)`` of a reply to one prompt, summed over its tokens and the
end of its turn (Rafailov et al. 2023). The tuned model and its reference are two causal checkpoints
of one tokenizer, and each is asked as backend `causal` asks it.
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
"""Where none is given: usual in tuning by DPO. It scales all rewards alike."""


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
    """A tuned model beside its reference, as a `types.Scorer`; its numbers are rewards."""

    info: ModelInfo
    beta: float
    tuned: Causal
    reference: Causal
    closing: str
    """What stands behind a reply."""

    @property
    def packed(self) -> bool:
        """Whether prompts share a row (types.Scorer)."""
        return self.tuned.packed

    def render(self, ask: str, begin: str, joint: str) -> str:
        """The text before the slot (types.Model)."""
        return self.tuned.render(ask, begin, joint)

    def fit(self, prompt: Prompt) -> tuple[tuple[Option, ...], tuple[str, ...]]:
        """The options without antonym pairs that the tokenizer cannot spell (types.Scorer)."""
        return self.tuned.fit(prompt)

    @property
    def flags(self) -> tuple[str, ...]:
        """What must be said of how it reads texts."""
        return self.tuned.checkpoint.flags

    def lengths(self, prompts: Sequence[Prompt]) -> list[int]:
        """Tokens that each prompt costs in either model (types.Scorer)."""
        apart = [self._apart(prompt) for prompt in prompts]
        self.reference.lengths(apart)
        return self.tuned.lengths(apart)

    def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """One batch of prompts (types.Scorer)."""
        apart = [self._apart(prompt) for prompt in prompts]
        pairs = zip(self.tuned.score(apart), self.reference.score(apart), strict=True)
        return [
            combine.reply(prompt, self._rewards(prompt, _known(tuned), _known(reference)))
            for prompt, (tuned, reference) in zip(prompts, pairs, strict=True)
        ]

    def _apart(self, prompt: Prompt) -> Prompt:
        """The prompt with each form as an option of its own, and the reply's end behind it."""
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


def _known(reply: Reply) -> Mapping[str, float]:
    return reply.logprobs or {}


def _closing(checkpoint: Checkpoint) -> str:
    """What ends a reply: as the chat template has it, else the end of the text."""
    if checkpoint.chat:
        return checkpoint.chat.conversation(QUESTION, "")[1]
    return checkpoint.tokenizer.eos_token or ""


def _tokens(checkpoint: Checkpoint) -> object:
    """All that decides which tokens a text has."""
    settings = json.loads(checkpoint.tokenizer.backend_tokenizer.to_str())
    return {key: value for key, value in settings.items() if key not in {"padding", "truncation"}}
