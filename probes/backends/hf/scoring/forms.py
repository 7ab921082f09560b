"""Token-level bookkeeping that masked, causal and seq2seq scoring share; pure, no torch.

Where a form's tokens lie, which antonym pairs a model can score, and how a prompt is named in
errors. Does not tokenise and does not score: callers bring ids and offsets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from probes.errors import ModelError, SetError
from probes.types import Option, Prompt

Ids = tuple[int, ...]
"""Token ids in reading order."""
Scorable = Mapping[str, Sequence[Ids | None]]
"""Option label -> the ids of each of its forms, in order; None where a form cannot be scored."""

UNEQUAL = "unequal_pieces"
"""Flag: no piece count is common to both sides, so words of unlike length are compared."""


@dataclass(frozen=True, slots=True)
class EncodedText:
    """A tokenised text."""

    ids: Ids
    offsets: tuple[tuple[int, int], ...]
    """Characters [start, end) of the text that each token covers; (0, 0) for added specials."""


@dataclass(frozen=True, slots=True)
class AntonymPair:
    """Two antonyms in their places, agree side first."""

    forms: tuple[str, str]
    pieces: tuple[int, int]
    """Tokens of each; 0 where it cannot be scored."""


def where(prompt: Prompt) -> str:
    """How an error names a prompt: ``statement 'rent-caps' in wording 'agree'``."""
    return f"statement {prompt.name!r} in wording {prompt.wording!r}"


def span(text: str, encoded: EncodedText, start: int, end: int) -> tuple[int, int] | None:
    """Tokens [first, last) that cover the characters [start, end) of `text` and no others.

    White space beside the stretch does not count as other: tokenizers differ in whether a word's
    token covers the space before it.

    Returns:
        None where no token lies there, or where one also covers a neighbour's letters (a merge at
        the seam): the stretch then has no tokens of its own.
    """
    inside = [i for i, (a, b) in enumerate(encoded.offsets) if a < b and a < end and b > start]
    if not inside:
        return None
    first, last = inside[0], inside[-1] + 1
    left, right = encoded.offsets[first][0], encoded.offsets[last - 1][1]
    if text[left:start].strip() or text[end:right].strip():
        return None
    return first, last


def partners(prompt: Prompt) -> list[tuple[Option, Option]]:
    """The agree and disagree options whose forms are antonyms by position.

    The first agree option of a strength belongs to the first disagree option of that strength.

    Raises:
        SetError: the sides do not mirror each other in strengths or numbers of forms.
    """
    by_strength = sorted(prompt.options, key=lambda option: option.strong)
    agree = [option for option in by_strength if option.side == "agree"]
    disagree = [option for option in by_strength if option.side == "disagree"]
    shapes = [[(option.strong, len(option.forms)) for option in side] for side in (agree, disagree)]
    if not agree or shapes[0] != shapes[1]:
        raise SetError(
            f"wording {prompt.wording!r}: its agree and disagree options must be antonym pairs, "
            "alike in strength and in number of forms"
        )
    return list(zip(agree, disagree, strict=True))


def fit(
    prompt: Prompt, ids: Scorable, *, equal: bool = False
) -> tuple[tuple[Option, ...], tuple[str, ...]]:
    """The options with only what can be scored: docs/method.md 2, "lexicons are lists of antonym
    pairs".

    If one of a pair has no ids, both are left out; neutral forms are left out singly, and a
    neutral option that has none left altogether. Forms stay paired by position.

    Args:
        prompt: its options' order is kept.
        ids: of every form in its place.
        equal: keep only piece counts that both sides have (masked models); where there are none,
            keep all pairs and flag them `UNEQUAL`.

    Raises:
        ModelError: no pair of an option is left, or two options share a form's ids.
        SetError: the options are not antonym pairs.
    """
    kept: dict[str, tuple[str, ...]] = {}
    flags: set[str] = set()
    counts: set[int] = set()
    for agree, disagree in partners(prompt):
        pairs = _scorable_pairs(agree, disagree, ids)
        if not pairs:
            raise ModelError(_lacking(prompt, agree, disagree, ids))
        if equal and not (alike := _same_counts(pairs)):
            flags.add(UNEQUAL)
        elif equal:
            pairs = alike
        counts |= {pieces for pair in pairs for pieces in pair.pieces}
        kept[agree.label] = tuple(pair.forms[0] for pair in pairs)
        kept[disagree.label] = tuple(pair.forms[1] for pair in pairs)
    for option in prompt.options:
        if option.side == "neutral":
            allowed = counts if equal and UNEQUAL not in flags else None
            kept[option.label] = _neutral_forms(option, ids[option.label], allowed)
    options = tuple(
        replace(option, forms=kept[option.label]) for option in prompt.options if kept[option.label]
    )
    _refuse_shared(prompt, options, ids)
    return options, tuple(sorted(flags))


def _scorable_pairs(agree: Option, disagree: Option, ids: Scorable) -> list[AntonymPair]:
    forms = zip(agree.forms, disagree.forms, strict=True)
    own = zip(ids[agree.label], ids[disagree.label], strict=True)
    pairs = (
        AntonymPair(both, (len(one or ()), len(other or ())))
        for both, (one, other) in zip(forms, own, strict=True)
    )
    return [pair for pair in pairs if all(pair.pieces)]


def _same_counts(pairs: list[AntonymPair]) -> list[AntonymPair]:
    """The pairs whose piece counts both sides have, until nothing more falls out."""
    while pairs:
        common = {pair.pieces[0] for pair in pairs} & {pair.pieces[1] for pair in pairs}
        left = [pair for pair in pairs if common.issuperset(pair.pieces)]
        if len(left) == len(pairs):
            break
        pairs = left
    return pairs


def _neutral_forms(
    option: Option, ids: Sequence[Ids | None], counts: set[int] | None
) -> tuple[str, ...]:
    pairs = zip(option.forms, ids, strict=True)
    return tuple(form for form, own in pairs if own and (counts is None or len(own) in counts))


def _lacking(prompt: Prompt, agree: Option, disagree: Option, ids: Scorable) -> str:
    lacking = [option for option in (agree, disagree) if not any(ids[option.label])]
    if lacking:
        forms = ", ".join(repr(form) for form in lacking[0].forms)
        return (
            f"wording {prompt.wording!r}: the tokenizer lacks every form of option "
            f"{lacking[0].label!r} ({forms})"
        )
    return (
        f"wording {prompt.wording!r}: of every antonym pair of options {agree.label!r} and "
        f"{disagree.label!r} the tokenizer lacks one form"
    )


def _refuse_shared(prompt: Prompt, options: Sequence[Option], ids: Scorable) -> None:
    """Refuse options that the model cannot tell apart."""
    whole = {option.label: option.forms for option in prompt.options}
    owner: dict[Ids, str] = {}
    for option in options:
        for form, own in zip(whole[option.label], ids[option.label], strict=True):
            if not own or form not in option.forms:
                continue
            if owner.setdefault(own, option.label) != option.label:
                raise ModelError(
                    f"wording {prompt.wording!r}: form {form!r} has the same tokens in options "
                    f"{owner[own]!r} and {option.label!r}: the model cannot tell them apart"
                )
