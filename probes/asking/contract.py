"""What methods and backends give back, held to their contracts before it is used.

Both may be files of the user's own, in which anything can be wrong; what they say about it is one
sentence that names the method's file or the model.
"""

import math
from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import cast

from probes.errors import ModelError, ScoreError, UsageError
from probes.types import Materials, Model, Option, Prompt, Reply

Fitted = tuple[list[Prompt], dict[str, tuple[Option, ...]], dict[str, tuple[str, ...]]]
"""Prompts with only the forms that a model can score; those options, and flags, by wording."""


def asked(
    method: ModuleType, model: Model, rounds: Iterable[Materials], *, seed: int, limit: int | None
) -> tuple[list[Prompt], Fitted]:
    """What a method asks, round by round, and what is left of that for a model.

    Raises:
        UsageError: the method gives something else.
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
    """What a backend scored, one reply a prompt.

    Raises:
        ModelError: it is something else.
        ScoreError: a number is not finite.
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
    """What a backend wrote, one text or reply a prompt.

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
    """As many as were asked for."""
    count = len(replies) if isinstance(replies, list | tuple) else None
    if count != len(prompts):
        result = type(replies).__name__ if count is None else f"{count} replies"
        raise ModelError(
            f"{model.info.name}: its backend gives {result} for {len(prompts)} prompts, not a list "
            "of one reply each"
        )
    return cast("Sequence[object]", replies)
