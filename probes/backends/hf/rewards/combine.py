"""Rewards of the forms of a prompt's options -> a `Reply` (docs/method.md 11); no torch."""

from __future__ import annotations

import math
from collections.abc import Sequence

from probes.backends.hf.scoring.forms import prompt_label
from probes.errors import ScoreError
from probes.types import Prompt, Reply


def reply(prompt: Prompt, rewards: Sequence[Sequence[float]]) -> Reply:
    """The reward of each option, less the log of the sum of their exponentials.

    Only differences within a prompt mean anything, and these are kept. An option's reward is the
    mean over its forms, so that log-odds are linear in rewards.

    Args:
        prompt: any.
        rewards: of each option, of each of its forms.

    Raises:
        ScoreError: a reward is not finite.
    """
    if not all(math.isfinite(value) for row in rewards for value in row):
        raise ScoreError(
            f"{prompt_label(prompt)}: the rewards of its replies are not finite (NaN or infinite "
            "weights, or numbers beyond the range of the dtype: try --dtype float32)"
        )
    means = [math.fsum(row) / len(row) for row in rewards]
    largest = max(means)
    total = largest + math.log(math.fsum(math.exp(value - largest) for value in means))
    labels = [option.label for option in prompt.options]
    return Reply(logprobs=dict(zip(labels, [v - total for v in means], strict=True)))
