"""Forms and their tokens, for masked, causal and seq2seq scoring; no torch.

Finds a form's own tokens, selects the antonym pairs that a model can score, and names prompts in
errors. Callers pass ids and offsets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from probes.errors import ModelError, SetError
from probes.types import Option, Prompt

Ids = tuple[int, ...]
"""Token ids in reading order."""
Scorable = Mapping[str, Sequence[Ids | None]]
"""Option label -> the ids of each of its forms, in order; None for a form that cannot be scored."""

UNEQUAL = "unequal_pieces"
"""Flag: both sides have no number of tokens in common, so words of unequal length are compared."""


@dataclass(frozen=True, slots=True)
class EncodedText:
    """A tokenized text."""

    ids: Ids
    offsets: tuple[tuple[int, int], ...]
    """Characters [start, end) that each token covers; (0, 0) for added special tokens."""


@dataclass(frozen=True, slots=True)
class AntonymPair:
    """Two antonyms, the agree side first."""

    forms: tuple[str, str]
    pieces: tuple[int, int]
    """Number of tokens of each form; 0 if it cannot be scored."""


def prompt_label(prompt: Prompt) -> str:
    """A prompt's name in errors: ``statement 'rent-caps' in wording 'agree'``."""
    under = f" under condition {prompt.told!r}" if prompt.told else ""
    return f"statement {prompt.name!r} in wording {prompt.wording!r}{under}"


def token_span(text: str, encoded: EncodedText, start: int, end: int) -> tuple[int, int] | None:
    """Tokens [first, last) that cover the characters [start, end) of `text` and no others.

    Adjacent white space may be covered too: tokenizers differ in whether a word's token includes
    the space before it.

    Returns:
        None if no token covers them, or if one also covers letters of a neighbouring word (a
        merge).
    """
    inside = [i for i, (a, b) in enumerate(encoded.offsets) if a < b and a < end and b > start]
    if not inside:
        return None
    first, last = inside[0], inside[-1] + 1
    left, right = encoded.offsets[first][0], encoded.offsets[last - 1][1]
    if text[left:start].strip() or text[end:right].strip():
        return None
    return first, last


def antonym_options(prompt: Prompt) -> list[tuple[Option, Option]]:
    """Pairs of an agree and a disagree option whose forms are antonyms by position.

    Options of equal strength are paired in their order.

    Raises:
        SetError: the sides differ in strengths or numbers of forms.
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
    """The options with only those forms that can be scored: docs/method.md 2, "lexicons are lists
    of antonym pairs".

    If one form of a pair has no ids, both are left out. Neutral forms are left out singly, and a
    neutral option without forms is left out. Forms remain paired by position.

    Args:
        prompt: the prompt; the order of its options does not change.
        ids: ids of every form in its text.
        equal: keep only pairs whose numbers of tokens occur on both sides (masked models); if there
            are none, keep all pairs and return the flag `UNEQUAL`.

    Raises:
        ModelError: no pair of an option is left, or two options have a form with equal ids.
        SetError: the options are not antonym pairs.
    """
    kept_forms: dict[str, tuple[str, ...]] = {}
    flags: set[str] = set()
    counts: set[int] = set()
    for agree, disagree in antonym_options(prompt):
        pairs = _scorable_pairs(agree, disagree, ids)
        if not pairs:
            raise ModelError(_missing_forms(prompt, agree, disagree, ids))
        if equal and not (matching := _with_common_counts(pairs)):
            flags.add(UNEQUAL)
        elif equal:
            pairs = matching
        counts |= {pieces for pair in pairs for pieces in pair.pieces}
        kept_forms[agree.label] = tuple(pair.forms[0] for pair in pairs)
        kept_forms[disagree.label] = tuple(pair.forms[1] for pair in pairs)
    for option in prompt.options:
        if option.side == "neutral":
            allowed = counts if equal and UNEQUAL not in flags else None
            kept_forms[option.label] = _neutral_forms(option, ids[option.label], allowed)
    options = tuple(
        replace(option, forms=kept_forms[option.label])
        for option in prompt.options
        if kept_forms[option.label]
    )
    _refuse_shared(prompt, options, ids)
    return options, tuple(sorted(flags))


def _scorable_pairs(agree: Option, disagree: Option, ids: Scorable) -> list[AntonymPair]:
    """The antonym pairs of two options in which both forms have ids."""
    forms = zip(agree.forms, disagree.forms, strict=True)
    ids_of_forms = zip(ids[agree.label], ids[disagree.label], strict=True)
    pairs = (
        AntonymPair(pair_of_forms, (len(agree_ids or ()), len(disagree_ids or ())))
        for pair_of_forms, (agree_ids, disagree_ids) in zip(forms, ids_of_forms, strict=True)
    )
    return [pair for pair in pairs if all(pair.pieces)]


def _with_common_counts(pairs: list[AntonymPair]) -> list[AntonymPair]:
    """The pairs whose numbers of tokens occur on both sides; repeated until no pair is dropped."""
    while pairs:
        common = {pair.pieces[0] for pair in pairs} & {pair.pieces[1] for pair in pairs}
        remaining = [pair for pair in pairs if common.issuperset(pair.pieces)]
        if len(remaining) == len(pairs):
            break
        pairs = remaining
    return pairs


def _neutral_forms(
    option: Option, ids: Sequence[Ids | None], counts: set[int] | None
) -> tuple[str, ...]:
    """The neutral forms with ids and an allowed number of tokens."""
    pairs = zip(option.forms, ids, strict=True)
    return tuple(form for form, own in pairs if own and (counts is None or len(own) in counts))


def _missing_forms(prompt: Prompt, agree: Option, disagree: Option, ids: Scorable) -> str:
    """The error for a pair of options without a scorable pair of forms."""
    without_forms = [option for option in (agree, disagree) if not any(ids[option.label])]
    if without_forms:
        forms = ", ".join(repr(form) for form in without_forms[0].forms)
        return (
            f"wording {prompt.wording!r}: the tokenizer lacks every form of option "
            f"{without_forms[0].label!r} ({forms})"
        )
    return (
        f"wording {prompt.wording!r}: of every antonym pair of options {agree.label!r} and "
        f"{disagree.label!r} the tokenizer lacks one form"
    )


def _refuse_shared(prompt: Prompt, options: Sequence[Option], ids: Scorable) -> None:
    """Refuse options that share a form's ids: the model cannot distinguish them."""
    all_forms = {option.label: option.forms for option in prompt.options}
    owner: dict[Ids, str] = {}
    for option in options:
        for form, own in zip(all_forms[option.label], ids[option.label], strict=True):
            if not own or form not in option.forms:
                continue
            if owner.setdefault(own, option.label) != option.label:
                raise ModelError(
                    f"wording {prompt.wording!r}: form {form!r} has the same tokens in options "
                    f"{owner[own]!r} and {option.label!r}: the model cannot tell them apart"
                )
