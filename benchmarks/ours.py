"""probes as a contender: the plan of a run, and its batches, one by one.

The time includes planning and tokenising, but not the self-check of the first batch, whose cost
does not depend on the number of prompts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from benchmarks import models
from benchmarks.questions import Asked
from benchmarks.rounds import Found
from benchmarks.settings import Settings
from probes.asking import loop
from probes.models.load import open_model
from probes.types import LoadOptions, ModelSpec, Scorer

if TYPE_CHECKING:
    from probes.backends.hf.loading.checkpoint import Checkpoint
    from probes.backends.hf.profile.meter import MatrixCost


def load(name: str, settings: Settings) -> Scorer:
    """Load the model of that name."""
    spec = ModelSpec(name, str(models.build(name, settings)))
    return cast("Scorer", open_model(spec, LoadOptions(device=settings.device)))


def scoring(model: Scorer) -> Callable[[Asked], Found]:
    """Function that asks the prompts of a round: prompt text -> option -> log-probability."""

    def ask(asked: Asked) -> Found:
        results: dict[object, object] = {}
        for batch in loop.plan(model, asked.materials).batches:
            prompts = [group[0] for group in batch]
            for prompt, reply in zip(prompts, model.score(prompts), strict=True):
                results[prompt.before] = reply.logprobs
        return results

    return ask


def checkpoint(model: Scorer) -> Checkpoint:
    """The transformers model and tokenizer of a backend."""
    return cast("Checkpoint", model.checkpoint)  # type: ignore[attr-defined]


def cost(model: Scorer) -> MatrixCost:
    """Operations per token and per row of the output layer."""
    from probes.backends.hf.profile import meter

    return meter.cost(checkpoint(model).model, getattr(model, "cut", None))


def needed(model: Scorer) -> float:
    """Least number of operations for all that the model was asked so far."""
    return cost(model).needed(model.meter)  # type: ignore[attr-defined]


def rate(model: Scorer) -> Callable[[], float]:
    """Function that measures the machine's operations per second, for half a second."""
    from probes.backends.hf.profile.peak import sustained

    return lambda: sustained(checkpoint(model).model, 0.5)
