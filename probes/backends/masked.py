"""Backend `masked`: masked language models (BERT and similar) fill the slot.

The filled text is tokenized and a form's tokens are found by character offsets, so that they do not
depend on spaces next to a mask or a lone ``▁`` token. Log-softmax is over the full vocabulary in
float32, at the masked positions only. Chat templates are not used, since masked models are not
trained on chats.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import torch

from probes.backends.hf.loading.checkpoint import Checkpoint, open_checkpoint
from probes.backends.hf.loading.device import forward_errors, to_device
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
        ModelError: it cannot be loaded, its tokenizer has no mask token, or its model takes no
            attention mask.
    """
    checkpoint = open_checkpoint(spec, options, "masked")
    if checkpoint.tokenizer.mask_token_id is None:
        raise ModelError(f"{spec.id}: its tokenizer has no mask token, so 'masked' has no slot")
    if "attention_mask" not in inspect.signature(checkpoint.model.forward).parameters:
        raise ModelError(
            f"{spec.id}: {type(checkpoint.model).__name__} takes no attention mask, so padding "
            f"would change its answers"
        )
    checkpoint.check_ids((checkpoint.tokenizer.mask_token_id,))
    return Masked(checkpoint, mask_states.earliest_cut(checkpoint))


@dataclass(frozen=True, slots=True)
class Masked:
    """A masked language model; implements `Scorer`."""

    checkpoint: Checkpoint
    cut: torch.nn.Module | None = None
    """Module after which only the hidden states at masks are kept (tested at loading); None: all
    hidden states are kept."""
    meter: Meter = field(default_factory=Meter)
    plans: PromptCache[MaskedReads] = field(init=False)
    packed = False

    def __post_init__(self) -> None:
        """Create the cache of tokenized prompts."""
        object.__setattr__(self, "plans", PromptCache(self._plan_all, self.meter))

    @property
    def info(self) -> ModelInfo:
        """Facts on the loaded model."""
        return self.checkpoint.info

    def render(self, ask: str, begin: str, joint: str) -> str:
        """The text before the slot: ``ask + joint + begin``."""
        return self.checkpoint.render(ask, begin, joint)

    def fit(self, prompt: Prompt) -> tuple[tuple[Option, ...], tuple[str, ...]]:
        """The options with only the antonym pairs that can be scored and whose numbers of tokens
        occur on both sides.

        Raises:
            ModelError: no pair of an option is left.
        """
        (spans,) = self._form_spans([prompt])
        ids = {
            label: [None if span is None else span.form for span in row]
            for label, row in spans.items()
        }
        options, flags = forms.fit(prompt, ids, equal=True)
        return options, (*flags, *self.checkpoint.flags)

    def lengths(self, prompts: Sequence[Prompt]) -> list[int]:
        """Tokens of each prompt, summed over all its masked texts.

        Raises:
            ModelError: a text is longer than the context, or a form has no tokens of its own.
        """
        return [plan.tokens for plan in self.plans.get(prompts)]

    def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """Score a batch of prompts.

        Raises:
            ScoreError: the numbers are not finite.
            MemoryError: the batch does not fit.
        """
        plans = list(self.plans.get(prompts))
        texts = [text for plan in plans for text in plan.texts]
        self.meter.asked += sum(plan.separate_tokens for plan in plans)
        self.meter.needed += sum(len(text.ids) for text in texts)
        values = iter(self._logprobs(texts))
        replies = []
        for prompt, plan in zip(prompts, plans, strict=True):
            logprobs = [list(islice(values, len(text.targets))) for text in plan.texts]
            if not all(math.isfinite(value) for row in logprobs for value in row):
                advice = "" if self.info.dtype == "float32" else "; try --dtype float32"
                raise ScoreError(
                    f"{self.info.name}: its logits for {prompt_label(prompt)} are not finite"
                    f"{advice}"
                )
            replies.append(masks.reply(plan, logprobs))
        top_fills = fills.top_fills(self.checkpoint, prompts)
        return [replace(reply, fills=top) for reply, top in zip(replies, top_fills, strict=True)]

    def _plan_all(self, prompts: Sequence[Prompt]) -> list[MaskedReads]:
        """The masked texts of each prompt."""
        spans = self._form_spans(prompts)
        return [self._plan(*pair) for pair in zip(prompts, spans, strict=True)]

    def _plan(self, prompt: Prompt, spans: Mapping[str, Sequence[FormSpan | None]]) -> MaskedReads:
        """The masked texts of one prompt."""
        for option in prompt.options:
            for form, span in zip(option.forms, spans[option.label], strict=True):
                if span is None:
                    raise ModelError(
                        f"{prompt_label(prompt)}: form {form!r} of option {option.label!r} has no "
                        f"tokens of its own in this place"
                    )
        complete = {label: [span for span in row if span] for label, row in spans.items()}
        plan = masks.plan(complete, self.checkpoint.tokenizer.mask_token_id)
        context = self.checkpoint.context
        if context is not None and plan.longest > context:
            raise ModelError(
                f"{prompt_label(prompt)} needs {plan.longest} tokens, but {self.info.name} reads "
                f"at most {context}"
            )
        return plan

    def _form_spans(self, prompts: Sequence[Prompt]) -> list[dict[str, list[FormSpan | None]]]:
        """Option label -> tokens of each of its forms; None for a form that cannot be scored."""
        texts = [
            prompt.before + form + prompt.after
            for prompt in prompts
            for option in prompt.options
            for form in option.forms
        ]
        encoded = iter(self.checkpoint.encode_all(texts) if texts else [])
        return [
            {
                option.label: [
                    self._form_span(prompt, form, next(encoded)) for form in option.forms
                ]
                for option in prompt.options
            }
            for prompt in prompts
        ]

    def _form_span(self, prompt: Prompt, form: str, encoded: EncodedText) -> FormSpan | None:
        """A form's tokens; None if it has no separate tokens, or an unknown token."""
        start = len(prompt.before)
        text = prompt.before + form + prompt.after
        token_span = forms.token_span(text, encoded, start, start + len(form))
        if token_span is None:
            return None
        first, last = token_span
        form_span = FormSpan(encoded.ids[:first], encoded.ids[first:last], encoded.ids[last:])
        return None if self.checkpoint.tokenizer.unk_token_id in form_span.form else form_span

    def _logprobs(self, texts: Sequence[MaskedText]) -> list[float]:
        """Natural log-probabilities of all targets of all texts, concatenated."""
        values: list[list[float]] = [[]] * len(texts)
        with forward_errors(self.info.name), torch.inference_mode():
            for group in self.checkpoint.groups([text.ids for text in texts]):
                together = [texts[i] for i in group]
                for i, own in zip(group, self._forward(together), strict=True):
                    values[i] = own
        return [value for own in values for value in own]

    def _forward(self, texts: Sequence[MaskedText]) -> Iterator[list[float]]:
        """Log-probabilities of each text's targets, in one forward pass."""
        ids, positions = [text.ids for text in texts], [text.position for text in texts]
        rows = mask_states.logits_at(self.checkpoint, ids, positions, self.cut).float()
        lengths = list(map(len, ids))
        self.meter.count_pass(len(texts), max(lengths), real=sum(lengths), heads=len(texts))
        indices = [i for i, text in enumerate(texts) for _ in text.targets]
        targets = [target for text in texts for target in text.targets]
        row = to_device(torch.tensor(indices), rows.device)
        logprobs = rows[row, to_device(torch.tensor(targets), rows.device)]
        numbers = iter((logprobs - rows.logsumexp(-1)[row]).tolist())
        for text in texts:
            yield list(islice(numbers, len(text.targets)))
