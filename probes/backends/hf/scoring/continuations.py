"""Prompts as token ids: one shared prefix and a tail for each form; no torch.

docs/method.md 2, "Forms in context": every option of a prompt is scored after the longest token
prefix that the full texts (before + form + after) of all options share with `before`. If a form's
first letters merge with the text before it, the prefix is shorter for all options, so that the same
characters are compared. Used by `causal`, by `http.echo` and, for the decoder, by `seq2seq`.
Callers pass the tokenizer as an `Encode`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from probes.backends.hf.scoring.forms import EncodedText, Ids, prompt_label
from probes.errors import ModelError
from probes.types import Prompt

Encode = Callable[[Sequence[str]], Sequence[EncodedText]]
"""Tokenizes texts to ids and offsets."""
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Continuations:
    """A prompt's texts: the shared prefix, and each distinct tail."""

    shared: Ids
    """The prefix of all texts; never empty."""
    tails: tuple[Ids, ...]
    """The rest of each distinct text; never empty. Its tokens are scored."""
    options: tuple[tuple[int, ...], ...]
    """For each option, the indices of its forms' tails, without repeats."""
    spans: tuple[Span, ...]
    """For each tail, the tokens [first, last) that overlap the form's characters."""

    @property
    def longest(self) -> int:
        """Tokens of the longest text."""
        return len(self.shared) + max(map(len, self.tails))

    @property
    def tree_tokens(self) -> int:
        """Tokens to compute if common prefixes are computed once; a text's last token is never
        needed as input."""
        return len(self.shared) + len(
            {tail[:i] for tail in self.tails for i in range(1, len(tail))}
        )

    @property
    def padded_tokens(self) -> int:
        """Tokens of all texts in separate rows, padding included."""
        return len(self.tails) * self.longest

    @property
    def text_tokens(self) -> int:
        """Tokens of all texts."""
        return len(self.tails) * len(self.shared) + sum(map(len, self.tails))


def common_prefix(texts: Sequence[Ids]) -> Ids:
    """The longest prefix that all sequences share."""
    first, last = min(texts), max(texts)
    for i, token in enumerate(first):
        if i == len(last) or last[i] != token:
            return first[:i]
    return first


@dataclass(frozen=True, slots=True)
class FormInPlace:
    """A form in its text: the full text's ids, and the span of the form's tokens."""

    ids: Ids
    span: Span


Forms = Sequence[Sequence[FormInPlace]]
"""For each option, its forms."""


def form_ids(
    prompt: Prompt, encode: Encode, *, unknown: int | None
) -> Mapping[str, list[Ids | None]]:
    """Option label -> ids of each form in its text, for `forms.fit`; None for a form without
    tokens or with an unknown token."""
    _, forms = fill(prompt, encode)
    ids_of_forms = [[form.ids[slice(*form.span)] for form in row] for row in forms]
    return {
        option.label: [ids if ids and unknown not in ids else None for ids in row]
        for option, row in zip(prompt.options, ids_of_forms, strict=True)
    }


def fill(prompt: Prompt, encode: Encode, ends: Collection[int] = ()) -> tuple[Ids, Forms]:
    """The longest prefix that all texts share with `before`, and every form in its text.

    Args:
        prompt: the prompt.
        encode: the model's tokenizer.
        ends: ids of end tokens that the tokenizer may append; they are removed.
    """
    return fill_all([prompt], encode, ends)[0]


def fill_all(
    prompts: Sequence[Prompt], encode: Encode, ends: Collection[int] = ()
) -> list[tuple[Ids, Forms]]:
    """`fill` for many prompts, with one call of `encode`."""
    texts = [_texts(prompt) for prompt in prompts]
    encoded = iter(encode([text for of_prompt in texts for text in of_prompt]))
    return [
        _fill(prompt, [next(encoded) for _ in of_prompt], ends)
        for prompt, of_prompt in zip(prompts, texts, strict=True)
    ]


def _texts(prompt: Prompt) -> list[str]:
    """The text before the slot, and the full text of every form."""
    forms = (form for option in prompt.options for form in option.forms)
    return [prompt.before, *(prompt.before + form + prompt.after for form in forms)]


def _fill(
    prompt: Prompt, encoded: Sequence[EncodedText], ends: Collection[int]
) -> tuple[Ids, Forms]:
    """`fill` for tokenized texts."""
    begin = len(prompt.before)
    forms = [form for option in prompt.options for form in option.forms]
    before, *texts = [encoded[0], *(without_end_tokens(text, ends) for text in encoded[1:])]
    shared = common_prefix([before.ids, *(text.ids for text in texts)])
    filled = iter(
        FormInPlace(text.ids, _form_tokens(text, len(shared), begin, begin + len(form)))
        for form, text in zip(forms, texts, strict=True)
    )
    return shared, [[next(filled) for _ in option.forms] for option in prompt.options]


def assemble(prompt: Prompt, shared: Ids, forms: Forms) -> Continuations:
    """The `Continuations` of a prompt; forms of one option with equal ids count once.

    Args:
        prompt: the prompt, with options from `fit`.
        shared: the prefix of every form's ids.
        forms: the forms of these options.

    Raises:
        ModelError: there is no token before the slot, a form adds no token, or forms of two options
            have equal ids.
    """
    if not shared:
        raise ModelError(
            f"{prompt_label(prompt)}: the text begins with the slot and the tokenizer adds no "
            "beginning-of-sequence token, so its first token has no probability; put a word "
            "before the slot"
        )
    spans: dict[Ids, Span] = {}
    owner: dict[Ids, str] = {}
    options = []
    for option, row in zip(prompt.options, forms, strict=True):
        for form, placed in zip(option.forms, row, strict=True):
            tail = placed.ids[len(shared) :]
            if not tail:
                raise ModelError(f"{prompt_label(prompt)}: form {form!r} adds no token to the text")
            if owner.setdefault(tail, option.label) != option.label:
                raise ModelError(
                    f"{prompt_label(prompt)}: form {form!r} has the same tokens in options "
                    f"{owner[tail]!r} and {option.label!r}, so they cannot be told apart"
                )
            spans[tail] = (placed.span[0] - len(shared), placed.span[1] - len(shared))
        options.append(tuple(dict.fromkeys(placed.ids[len(shared) :] for placed in row)))
    index = {tail: i for i, tail in enumerate(spans)}
    return Continuations(
        shared=shared,
        tails=tuple(spans),
        options=tuple(tuple(index[tail] for tail in row) for row in options),
        spans=tuple(spans.values()),
    )


def without_end_tokens(encoded: EncodedText, ends: Collection[int]) -> EncodedText:
    """The text without end tokens (without characters) that the tokenizer appended."""
    last = len(encoded.ids)
    while last and encoded.ids[last - 1] in ends and _covers_nothing(encoded.offsets[last - 1]):
        last -= 1
    return EncodedText(encoded.ids[:last], encoded.offsets[:last])


def _covers_nothing(span: Span) -> bool:
    """Whether a token's offsets are empty."""
    return span[0] == span[1]


def _form_tokens(text: EncodedText, shared: int, begin: int, end: int) -> Span:
    """Tokens after the shared prefix that overlap the characters [begin, end).

    A byte-level tokenizer's lone space token has empty offsets; at the beginning of a form it
    belongs to the form.
    """
    overlapping = [i for i, (a, b) in enumerate(text.offsets) if a < b and a < end and b > begin]
    preceding = [i for i, (a, b) in enumerate(text.offsets) if a < b <= begin]
    first = max(shared, preceding[-1] + 1 if preceding else 0)
    last = overlapping[-1] + 1 if overlapping else first
    return first, max(first, last)
