"""Option log-probabilities and mass from log-probabilities of tokens; no torch.

docs/method.md 2: "log P(form + after | before), summed over tokens", "Sides", "Mass". For texts
with a shared prefix (`continuations`); `masks` has the sums for masked models.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from probes.backends.hf.scoring.continuations import Continuations
from probes.backends.hf.scoring.forms import Ids, prompt_label
from probes.errors import ScoreError
from probes.types import Prompt, Reply


def reply(
    prompt: Prompt, reading: Continuations, logprobs_of_tails: Sequence[Sequence[float]]
) -> Reply:
    """The options' log-probabilities, from those of the tokens.

    The probabilities of an option's forms are added; mass is over the forms' own tokens only.
    docs/method.md 2: "log P(form + after | before), summed over tokens", "Sides", "Mass".

    Args:
        prompt: the prompt, for its options' labels and for errors.
        reading: the tokenized prompt.
        logprobs_of_tails: for each tail, the natural log-probability of each of its tokens.

    Raises:
        ScoreError: a log-probability is not finite.
    """
    totals = [sum(option_logprobs) for option_logprobs in logprobs_of_tails]
    if not all(map(math.isfinite, totals)):
        raise ScoreError(
            f"{prompt_label(prompt)}: the model's log-probabilities are not finite (NaN or "
            "infinite weights, or numbers beyond the range of its dtype: try --dtype float32)"
        )
    option_logprobs = {
        option.label: log_sum(totals[i] for i in ways)
        for option, ways in zip(prompt.options, reading.options, strict=True)
    }
    return Reply(logprobs=option_logprobs, mass=_mass(reading, logprobs_of_tails))


def _mass(reading: Continuations, logprobs_of_tails: Sequence[Sequence[float]]) -> float:
    """Probability that the text continues with one of the forms, in [0, 1].

    A form whose tokens begin with another form's tokens is already included in that one.
    """
    tail_of = {
        tail[: span[1]]: i
        for i, (tail, span) in enumerate(zip(reading.tails, reading.spans, strict=True))
    }
    total = 0.0
    counted: Ids | None = None
    for beginning in sorted(tail_of):  # A sequence sorts after its own prefixes.
        if counted is None or beginning[: len(counted)] != counted:
            counted = beginning
            i = tail_of[beginning]
            total += math.exp(sum(logprobs_of_tails[i][slice(*reading.spans[i])]))
    return min(total, 1.0)


def log_sum(numbers: Iterable[float]) -> float:
    """Natural log of the sum of probabilities that are given as logs."""
    values = list(numbers)
    largest = max(values)
    return largest + math.log(sum(math.exp(number - largest) for number in values))
