"""An option's probability as that of its first token, from a chat's likeliest first tokens.

Only so many tokens are told of (often 20). What is not told could belong to any option: it is kept
as `unseen` and widens the bounds of a placement. An option that is not among them is never taken
for impossible: it counts at the most that it can have, which draws the answer to the middle; where
that is more than the other side has, nothing was answered. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from probes.types import Option, Prompt, Reply, Side

ROUNDING = 1e-6
"""Probability that rounding of what is sent can hide."""
LEAST = 2
"""Bytes from which the beginning of a word speaks for the word."""


def reply(prompt: Prompt, top: Sequence[tuple[str, float]]) -> Reply:
    """What the first tokens say of the options.

    Args:
        prompt: With the options as they were offered.
        top: Tokens and natural log-probabilities; at least one.
    """
    found = dict.fromkeys((o.label for o in prompt.options), 0.0)
    unsure = 0.0
    for token, logprob in top:
        owners = [o.label for o in prompt.options if any(begins(f, token) for f in o.forms)]
        if len(owners) == 1:
            found[owners[0]] += math.exp(logprob)
        elif owners:
            unsure += math.exp(logprob)
    told = sum(math.exp(logprob) for _, logprob in top)
    unseen = min(1.0, max(1 - told, ROUNDING) + unsure)
    least = min(math.exp(logprob) for _, logprob in top)
    mass, fills = min(1.0, sum(found.values())), tuple(top)
    sides: dict[Side, float] = {}
    for option in prompt.options:
        sides[option.side] = sides.get(option.side, 0.0) + found[option.label]
    less, more = sorted((sides["agree"], sides["disagree"]))
    if not less and more <= unseen:
        why = f"too little of the {len(top)} likeliest first tokens is any option's"
        return Reply(status="unparsed", mass=mass, reason=why, fills=fills, unseen=unseen)
    logprobs = {
        o.label: math.log(found[o.label] or _most(o, prompt.options, sides, unseen, least))
        for o in prompt.options
    }
    return Reply(logprobs=logprobs, mass=mass, fills=fills, unseen=unseen)


def _most(
    option: Option,
    options: Sequence[Option],
    sides: dict[Side, float],
    unseen: float,
    least: float,
) -> float:
    """The most that an option which was not told of can have: a side that was not, all that is
    unseen, in equal parts; beside a sibling that was, less than any token that was."""
    siblings = [o for o in options if o.side == option.side]
    return min(unseen, least) if sides[option.side] else unseen / len(siblings)


def begins(form: str, token: str) -> bool:
    """Whether a reply that begins with this token is taken to begin with this form.

    >>> begins("disagree", " Dis"), begins("no", "No."), begins("no", "not"), begins("B", "B)")
    (True, True, False, True)
    """
    bare, word = token.strip(), form.strip()
    if len(word) > 1:  # a letter is one by its case: "a" may begin any sentence
        bare, word = bare.casefold(), word.casefold()
    if not bare:
        return False
    if bare.startswith(word):
        return not bare[len(word) : len(word) + 1].isalnum()
    return word.startswith(bare) and len(bare.encode()) >= LEAST
