"""Option scores from the top log-probabilities of a chat's first token.

A server lists only some tokens, often 20. The probability of all others could belong to any option:
it is recorded as `unseen` and widens the bounds of a placement. An option without a listed token
gets the largest probability that it can have instead of 0, which moves the answer toward the
middle. If that exceeds the other side's probability, the answer is missing. Pure functions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from probes.types import Option, Prompt, Reply, Side

ROUNDING = 1e-6
"""Minimum of `unseen`, because of rounding of the sent log-probabilities."""
MIN_PREFIX_BYTES = 2
"""Minimum bytes of a token that counts as the beginning of a longer word."""


def reply(prompt: Prompt, top: Sequence[tuple[str, float]]) -> Reply:
    """The options' log-probabilities by first tokens.

    Args:
        prompt: The prompt with its options.
        top: ``(token, natural log-probability)``; at least one.
    """
    mass_of = dict.fromkeys((o.label for o in prompt.options), 0.0)
    ambiguous = 0.0
    for token, logprob in top:
        owners = [
            o.label for o in prompt.options if any(matches_form(form, token) for form in o.forms)
        ]
        if len(owners) == 1:
            mass_of[owners[0]] += math.exp(logprob)
        elif owners:
            ambiguous += math.exp(logprob)
    listed_mass = sum(math.exp(logprob) for _, logprob in top)
    unseen = min(1.0, max(1 - listed_mass, ROUNDING) + ambiguous)
    smallest = min(math.exp(logprob) for _, logprob in top)
    mass, fills = min(1.0, sum(mass_of.values())), tuple(top)
    sides: dict[Side, float] = {}
    for option in prompt.options:
        sides[option.side] = sides.get(option.side, 0.0) + mass_of[option.label]
    smaller, larger = sorted((sides["agree"], sides["disagree"]))
    if not smaller and larger <= unseen:
        reason = f"too little of the {len(top)} likeliest first tokens is any option's"
        return Reply(status="unparsed", mass=mass, reason=reason, fills=fills, unseen=unseen)
    logprobs = {
        o.label: math.log(
            mass_of[o.label] or _max_probability(o, prompt.options, sides, unseen, smallest)
        )
        for o in prompt.options
    }
    return Reply(logprobs=logprobs, mass=mass, fills=fills, unseen=unseen)


def _max_probability(
    option: Option,
    options: Sequence[Option],
    sides: dict[Side, float],
    unseen: float,
    smallest: float,
) -> float:
    """The largest probability that an option without a listed token can have. If its whole side is
    unlisted: `unseen`, in equal parts for the side's options; else less than the smallest listed
    token's."""
    siblings = [o for o in options if o.side == option.side]
    return min(unseen, smallest) if sides[option.side] else unseen / len(siblings)


def matches_form(form: str, token: str) -> bool:
    """Whether a reply that begins with this token counts as this form.

    >>> matches_form("disagree", " Dis"), matches_form("no", "No.")
    (True, True)
    >>> matches_form("no", "not"), matches_form("B", "B)")
    (False, True)
    """
    start, word = token.strip(), form.strip()
    if len(word) > 1:  # one-letter labels are case-sensitive: "a" begins many sentences
        start, word = start.casefold(), word.casefold()
    if not start:
        return False
    if start.startswith(word):
        return not start[len(word) : len(word) + 1].isalnum()
    return word.startswith(start) and len(start.encode()) >= MIN_PREFIX_BYTES
