"""Prompts as token ids with a shared beginning, and their replies; pure, no torch.

docs/method.md 2, "Forms in context": every option of a prompt is scored from the longest token
prefix that the full texts (before + form + after) of all options share with `before`. A merge at
the seam then moves the start for all alike, and the same characters are compared. Used by `causal`
and, for the decoder's side, by `seq2seq`. Does not tokenise: callers bring an `Encode`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from probes.backends.hf.scoring.forms import EncodedText, Ids, where
from probes.errors import ModelError, ScoreError
from probes.types import Prompt, Reply

Encode = Callable[[Sequence[str]], Sequence[EncodedText]]
"""Texts to ids and offsets."""
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Continuations:
    """A prompt's texts: one beginning and every distinct way on from it."""

    shared: Ids
    """What all texts begin with; never empty."""
    ways: tuple[Ids, ...]
    """The rest of each distinct text; never empty. Its tokens are what is scored."""
    options: tuple[tuple[int, ...], ...]
    """Option by option: the ways that its forms take, each once."""
    own: tuple[Span, ...]
    """Of each way: the tokens [first, last) that overlap the form's characters."""

    @property
    def longest(self) -> int:
        """Tokens of the longest text."""
        return len(self.shared) + max(map(len, self.ways))

    @property
    def branched(self) -> int:
        """Tokens that have to be read if common beginnings are read once: no text's last one."""
        return len(self.shared) + len({way[:i] for way in self.ways for i in range(1, len(way))})

    @property
    def plain(self) -> int:
        """Tokens of all texts, each in a row of its own, padding included."""
        return len(self.ways) * self.longest

    @property
    def texts(self) -> int:
        """Tokens of all texts."""
        return len(self.ways) * len(self.shared) + sum(map(len, self.ways))


def common(texts: Sequence[Ids]) -> Ids:
    """The longest beginning that all share."""
    least, most = min(texts), max(texts)
    for i, token in enumerate(least):
        if i == len(most) or most[i] != token:
            return least[:i]
    return least


@dataclass(frozen=True, slots=True)
class FormInPlace:
    """A form in its place: the full text's ids, and which of them are the form's own."""

    ids: Ids
    own: Span


Forms = Sequence[Sequence[FormInPlace]]
"""Option by option, form by form."""


def scorable(
    prompt: Prompt, encode: Encode, *, unknown: int | None
) -> Mapping[str, list[Ids | None]]:
    """Each form's own ids in its place, for `forms.fit`; None if empty or with unknown tokens."""
    _, forms = fill(prompt, encode)
    own = [[one.ids[slice(*one.own)] for one in row] for row in forms]
    return {
        option.label: [ids if ids and unknown not in ids else None for ids in row]
        for option, row in zip(prompt.options, own, strict=True)
    }


def fill(prompt: Prompt, encode: Encode, ends: Collection[int] = ()) -> tuple[Ids, Forms]:
    """The longest beginning that all texts share with `before`, and every form in its place.

    Args:
        prompt: any.
        encode: as the model reads a text.
        ends: ids that a tokenizer may append to a text and that are then left off.
    """
    return fill_all([prompt], encode, ends)[0]


def fill_all(
    prompts: Sequence[Prompt], encode: Encode, ends: Collection[int] = ()
) -> list[tuple[Ids, Forms]]:
    """`fill` for many prompts, with one call of `encode`."""
    texts = [_texts(prompt) for prompt in prompts]
    encoded = iter(encode([text for own in texts for text in own]))
    return [
        _fill(prompt, [next(encoded) for _ in own], ends)
        for prompt, own in zip(prompts, texts, strict=True)
    ]


def _texts(prompt: Prompt) -> list[str]:
    """What stands before the slot, and the full text of every form."""
    forms = (form for option in prompt.options for form in option.forms)
    return [prompt.before, *(prompt.before + form + prompt.after for form in forms)]


def _fill(
    prompt: Prompt, encoded: Sequence[EncodedText], ends: Collection[int]
) -> tuple[Ids, Forms]:
    begin = len(prompt.before)
    forms = [form for option in prompt.options for form in option.forms]
    before, *texts = [encoded[0], *(without_ends(text, ends) for text in encoded[1:])]
    shared = common([before.ids, *(text.ids for text in texts)])
    filled = iter(
        FormInPlace(text.ids, _overlap(text, len(shared), begin, begin + len(form)))
        for form, text in zip(forms, texts, strict=True)
    )
    return shared, [[next(filled) for _ in option.forms] for option in prompt.options]


def assemble(prompt: Prompt, shared: Ids, forms: Forms) -> Continuations:
    """The reading of a prompt, forms with equal ids once per option.

    Args:
        prompt: options as `fit` left them.
        shared: what the ids of every form begin with.
        forms: of those options.

    Raises:
        ModelError: nothing stands before the slot, a form adds no token, or two options have
            equal ids.
    """
    if not shared:
        raise ModelError(
            f"{where(prompt)}: the text begins with the slot and the tokenizer adds no "
            "beginning-of-sequence token, so its first token has no probability; put a word "
            "before the slot"
        )
    own: dict[Ids, Span] = {}
    owner: dict[Ids, str] = {}
    options = []
    for option, row in zip(prompt.options, forms, strict=True):
        for form, one in zip(option.forms, row, strict=True):
            way = one.ids[len(shared) :]
            if not way:
                raise ModelError(f"{where(prompt)}: form {form!r} adds no token to the text")
            if owner.setdefault(way, option.label) != option.label:
                raise ModelError(
                    f"{where(prompt)}: form {form!r} has the same tokens in options "
                    f"{owner[way]!r} and {option.label!r}, so they cannot be told apart"
                )
            own[way] = (one.own[0] - len(shared), one.own[1] - len(shared))
        options.append(tuple(dict.fromkeys(one.ids[len(shared) :] for one in row)))
    nth = {way: i for i, way in enumerate(own)}
    return Continuations(
        shared=shared,
        ways=tuple(own),
        options=tuple(tuple(nth[way] for way in ways) for ways in options),
        own=tuple(own.values()),
    )


def without_ends(encoded: EncodedText, ends: Collection[int]) -> EncodedText:
    """Less the specials that the tokenizer appended: they cover no character."""
    last = len(encoded.ids)
    while last and encoded.ids[last - 1] in ends and _empty(encoded.offsets[last - 1]):
        last -= 1
    return EncodedText(encoded.ids[:last], encoded.offsets[:last])


def _empty(span: Span) -> bool:
    return span[0] == span[1]


def _overlap(text: EncodedText, shared: int, begin: int, end: int) -> Span:
    """Tokens after the shared ones that overlap the characters [begin, end).

    A byte-level tokenizer's lone space covers no character by its offsets; at a form's beginning
    it counts as the form's.
    """
    over = [i for i, (a, b) in enumerate(text.offsets) if a < b and a < end and b > begin]
    before = [i for i, (a, b) in enumerate(text.offsets) if a < b <= begin]
    first = max(shared, before[-1] + 1 if before else 0)
    last = over[-1] + 1 if over else first
    return first, max(first, last)


def reply(prompt: Prompt, reading: Continuations, found: Sequence[Sequence[float]]) -> Reply:
    """What the tokens' log-probabilities say of the options.

    An option has the summed probability of its forms; mass is that of the forms' own tokens.
    docs/method.md 2: "log P(form + after | before), summed over tokens", "Sides", "Mass".

    Args:
        prompt: for its options' labels, and for errors.
        reading: of that prompt.
        found: of every way, the natural log-probability of each of its tokens.

    Raises:
        ScoreError: a number is not finite.
    """
    totals = [sum(numbers) for numbers in found]
    if not all(map(math.isfinite, totals)):
        raise ScoreError(
            f"{where(prompt)}: the model's log-probabilities are not finite (NaN or infinite "
            "weights, or numbers beyond the range of its dtype: try --dtype float32)"
        )
    logprobs = {
        option.label: log_sum(totals[i] for i in ways)
        for option, ways in zip(prompt.options, reading.options, strict=True)
    }
    return Reply(logprobs=logprobs, mass=_mass(reading, found))


def _mass(reading: Continuations, found: Sequence[Sequence[float]]) -> float:
    """Probability that the text goes on with any of the forms, in [0, 1].

    A form whose tokens begin with another form's is already counted with that one.
    """
    own = {
        way[: span[1]]: i
        for i, (way, span) in enumerate(zip(reading.ways, reading.own, strict=True))
    }
    total = 0.0
    counted: Ids | None = None
    for beginning in sorted(own):  # An extension sorts behind what it extends.
        if counted is None or beginning[: len(counted)] != counted:
            counted = beginning
            i = own[beginning]
            total += math.exp(sum(found[i][slice(*reading.own[i])]))
    return min(total, 1.0)


def log_sum(numbers: Iterable[float]) -> float:
    """Natural log of a sum of probabilities given by their logs."""
    listed = list(numbers)
    most = max(listed)
    return most + math.log(sum(math.exp(number - most) for number in listed))
