"""Validation of what methods and backends return.

Both may be plug-ins of the user; a fault is reported in one sentence with the method's file or the
model.
"""

import math
from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import cast

from probes.errors import ModelError, ScoreError, UsageError
from probes.types import Materials, Model, Option, Prompt, Reply

Fitted = tuple[list[Prompt], dict[str, tuple[Option, ...]], dict[str, tuple[str, ...]]]
"""``(prompts, wording -> options, wording -> flags)``, with only the forms that the model can
score."""


def asked(
    method: ModuleType, model: Model, rounds: Iterable[Materials], *, seed: int, limit: int | None
) -> tuple[list[Prompt], Fitted]:
    """All prompts of a method, and the prompts fitted to a model (`Fitted`).

    Raises:
        UsageError: the method returns something else.
    """
    name = str(method.__file__)
    prompts = list[Prompt]()
    for materials in rounds:
        part = method.prompts(model, materials, seed=seed, limit=limit)
        if not isinstance(part, list) or not all(isinstance(p, Prompt) for p in part):
            raise UsageError(f"{name}: 'prompts' should return a list of Prompt")
        under, conditions = {p.told for p in part}, materials.recipe.conditions
        if lacking := [c.name for c in conditions if not c.challenge and c.name not in under]:
            raise UsageError(f"{name}: 'prompts' asks nothing under condition {lacking[0]!r}")
        prompts += part
    fitted = method.fitted(model, prompts)
    parts = fitted if isinstance(fitted, tuple) else ()
    kinds = [type(part) for part in parts]
    if kinds != [list, dict, dict] or not all(
        isinstance(p, Prompt) and p.wording in parts[1] and p.wording in parts[2] for p in parts[0]
    ):
        raise UsageError(
            f"{name}: 'fitted' should return a list of Prompt, and the options and the flags of "
            "each of their wordings as two dicts"
        )
    return prompts, cast("Fitted", fitted)


def scored(model: Model, prompts: Sequence[Prompt], replies: object) -> list[Reply]:
    """Check the result of a backend's `score`: one reply for each prompt.

    Raises:
        ModelError: it is something else.
        ScoreError: a log-probability is NaN or +inf.
    """
    sequence = _one_each(model, prompts, replies)
    for prompt, reply in zip(prompts, sequence, strict=True):
        if not isinstance(reply, Reply):
            raise ModelError(
                f"{model.info.name}: its backend scores {type(reply).__name__}, not Reply"
            )
        values = (reply.logprobs or {}).values()
        if any(math.isnan(value) or value == math.inf for value in values):
            raise ScoreError(
                f"{model.info.name}: its log-probabilities for statement {prompt.name!r} in "
                f"wording {prompt.wording!r} are not finite"
            )
    return cast("list[Reply]", sequence)


def written(model: Model, prompts: Sequence[Prompt], replies: object) -> list[str | Reply | None]:
    """Check the result of a backend's `write`: one text, reply or None for each prompt.

    Raises:
        ModelError: it is something else.
    """
    sequence = _one_each(model, prompts, replies)
    for reply in sequence:
        if not isinstance(reply, str | Reply | None):
            raise ModelError(
                f"{model.info.name}: its backend writes {type(reply).__name__}, not text"
            )
    return cast("list[str | Reply | None]", sequence)


def _one_each(model: Model, prompts: Sequence[Prompt], replies: object) -> Sequence[object]:
    """Check that `replies` is a list with one entry for each prompt."""
    count = len(replies) if isinstance(replies, list | tuple) else None
    if count != len(prompts):
        result = type(replies).__name__ if count is None else f"{count} replies"
        raise ModelError(
            f"{model.info.name}: its backend gives {result} for {len(prompts)} prompts, not a list "
            "of one reply each"
        )
    return cast("Sequence[object]", replies)
