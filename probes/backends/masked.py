"""Backend `masked`: BERT and its kin fill the slot.

A form's tokens are those that it has in its place: the filled text is tokenised and the stretch is
found by character offsets, so that neither a mask's eaten space nor a lone ``▁`` changes what is
compared. Log-softmax runs over the full vocabulary in float32, at the masks alone. Chat templates
are not used: a masked model holds no conversation.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import torch

from probes.backends.hf.loading.checkpoint import Checkpoint, memory_errors, open_checkpoint
from probes.backends.hf.loading.device import to_device
from probes.backends.hf.profile.meter import Meter
from probes.backends.hf.scoring import fills, forms, mask_states, masks
from probes.backends.hf.scoring.cache import PromptCache
from probes.backends.hf.scoring.forms import EncodedText, prompt_label
from probes.backends.hf.scoring.masks import FormSpan, MaskedReads, MaskedText
from probes.errors import ModelError, ScoreError
from probes.types import LoadOptions, ModelInfo, ModelSpec, Option, Prompt, Reply


def load(spec: ModelSpec, options: LoadOptions) -> Masked:
    """Open a checkpoint as a masked language model.

    Raises:
        ModelError: it cannot be loaded, its tokenizer has no mask token, or padding would change
            its answers.
    """
    checkpoint = open_checkpoint(spec, options, "masked")
    if checkpoint.tokenizer.mask_token_id is None:
        raise ModelError(f"{spec.id}: its tokenizer has no mask token, so 'masked' has no slot")
    if "attention_mask" not in inspect.signature(checkpoint.model.forward).parameters:
        raise ModelError(
            f"{spec.id}: {type(checkpoint.model).__name__} takes no attention mask, so padding "
            f"would change its answers"
        )
    return Masked(checkpoint, mask_states.earliest_cut(checkpoint))


@dataclass(frozen=True, slots=True)
class Masked:
    """A masked language model; implements `Scorer`."""

    checkpoint: Checkpoint
    cut: torch.nn.Module | None = None
    """Behind this module only the masks' states go on (tried at loading); None: whole texts do."""
    meter: Meter = field(default_factory=Meter)
    plans: PromptCache[MaskedReads] = field(init=False)
    packed = False

    def __post_init__(self) -> None:
        """What to read for a prompt is remembered."""
        object.__setattr__(self, "plans", PromptCache(self._planned, self.meter))

    @property
    def info(self) -> ModelInfo:
        """What was loaded."""
        return self.checkpoint.info

    def render(self, ask: str, begin: str, joint: str) -> str:
        """The text before the slot: ``ask + joint + begin``."""
        return self.checkpoint.render(ask, begin, joint)

    def fit(self, prompt: Prompt) -> tuple[tuple[Option, ...], tuple[str, ...]]:
        """The options with only pairs that can be scored, of piece counts that both sides have.

        Raises:
            ModelError: no pair of an option is left.
        """
        (places,) = self._places([prompt])
        ids = {
            label: [None if place is None else place.own for place in row]
            for label, row in places.items()
        }
        return forms.fit(prompt, ids, equal=True)

    def lengths(self, prompts: Sequence[Prompt]) -> list[int]:
        """Tokens that each prompt puts through the model, in all of its masked texts.

        Raises:
            ModelError: a text is longer than the context, or a form cannot be scored in its place.
        """
        return [plan.tokens for plan in self.plans.get(prompts)]

    def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """Log-probabilities of the options of one batch.

        Raises:
            ScoreError: the numbers are not finite.
            MemoryError: the batch does not fit.
        """
        plans = list(self.plans.get(prompts))
        texts = [text for plan in plans for text in plan.texts]
        self.meter.asked += sum(plan.separate_tokens for plan in plans)
        self.meter.needed += sum(len(text.ids) for text in texts)
        values = iter(self._read(texts))
        replies = []
        for prompt, plan in zip(prompts, plans, strict=True):
            own = [list(islice(values, len(text.targets))) for text in plan.texts]
            if not all(math.isfinite(value) for row in own for value in row):
                raise ScoreError(
                    f"{self.info.name}: its logits for {prompt_label(prompt)} are not finite; "
                    f"try --dtype float32"
                )
            replies.append(masks.reply(plan, own))
        beside = fills.top_fills(self.checkpoint, prompts)
        return [replace(one, fills=found) for one, found in zip(replies, beside, strict=True)]

    def _planned(self, prompts: Sequence[Prompt]) -> list[MaskedReads]:
        """What to read for each prompt."""
        places = self._places(prompts)
        return [self._plan(prompt, own) for prompt, own in zip(prompts, places, strict=True)]

    def _plan(self, prompt: Prompt, places: Mapping[str, Sequence[FormSpan | None]]) -> MaskedReads:
        for option in prompt.options:
            for form, place in zip(option.forms, places[option.label], strict=True):
                if place is None:
                    raise ModelError(
                        f"{prompt_label(prompt)}: form {form!r} of option {option.label!r} has no "
                        f"tokens of its own in this place"
                    )
        whole = {label: [place for place in row if place] for label, row in places.items()}
        plan = masks.plan(whole, self.checkpoint.tokenizer.mask_token_id)
        context = self.checkpoint.context
        if context is not None and plan.longest > context:
            raise ModelError(
                f"{prompt_label(prompt)} needs {plan.longest} tokens, but {self.info.name} reads at "
                f"most {context}"
            )
        return plan

    def _places(self, prompts: Sequence[Prompt]) -> list[dict[str, list[FormSpan | None]]]:
        """Option by option, where the forms' tokens lie; None for what cannot be scored."""
        texts = [
            prompt.before + form + prompt.after
            for prompt in prompts
            for option in prompt.options
            for form in option.forms
        ]
        encoded = iter(self.checkpoint.encode_all(texts) if texts else [])
        return [
            {
                option.label: [self._place(prompt, form, next(encoded)) for form in option.forms]
                for option in prompt.options
            }
            for prompt in prompts
        ]

    def _place(self, prompt: Prompt, form: str, encoded: EncodedText) -> FormSpan | None:
        start = len(prompt.before)
        text = prompt.before + form + prompt.after
        span = forms.token_span(text, encoded, start, start + len(form))
        if span is None:
            return None
        first, last = span
        place = FormSpan(encoded.ids[:first], encoded.ids[first:last], encoded.ids[last:])
        return None if self.checkpoint.tokenizer.unk_token_id in place.own else place

    def _read(self, texts: Sequence[MaskedText]) -> list[float]:
        """Natural log-probabilities of every text's targets at its position, one after another."""
        with memory_errors(), torch.inference_mode():
            ids, places = [text.ids for text in texts], [text.position for text in texts]
            rows = mask_states.logits_at(self.checkpoint, ids, places, self.cut).float()
            lengths = list(map(len, ids))
            self.meter.count_pass(len(texts), max(lengths), real=sum(lengths), heads=len(texts))
            numbers = [i for i, text in enumerate(texts) for _ in text.targets]
            targets = [target for text in texts for target in text.targets]
            row = to_device(torch.tensor(numbers), rows.device)
            logprobs = rows[row, to_device(torch.tensor(targets), rows.device)]
            values: list[float] = (logprobs - rows.logsumexp(-1)[row]).tolist()
        return values
