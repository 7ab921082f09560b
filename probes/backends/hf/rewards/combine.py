"""Combining the rewards of all forms of a prompt to a `Reply` (docs/method.md 11); no torch."""

from __future__ import annotations

import math
from collections.abc import Sequence

from probes.backends.hf.scoring.forms import prompt_label
from probes.errors import ScoreError
from probes.types import Prompt, Reply


def reply(prompt: Prompt, rewards: Sequence[Sequence[float]]) -> Reply:
    """The log-softmax of the options' rewards.

    Only differences of rewards within a prompt are meaningful, and these do not change. An option's
    reward is the mean over its forms, so that log-odds are linear in rewards.

    Args:
        prompt: the prompt.
        rewards: rewards of the forms of each option.

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
