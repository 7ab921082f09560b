"""probes itself as a contender: the plan that a run would make, and its batches, one by one.

Planning and tokenising are on the clock; the self-check of a run's first batch, which is the same
for a hundred prompts and a hundred thousand, is not made.
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
    """The backend of a model folder."""
    spec = ModelSpec(name, str(models.build(name, settings)))
    return cast("Scorer", open_model(spec, LoadOptions(device=settings.device)))


def scoring(model: Scorer) -> Callable[[Asked], Found]:
    """Ask all of a round; log-probabilities by option, by the text before the slot."""

    def ask(asked: Asked) -> Found:
        found: dict[object, object] = {}
        for batch in loop.plan(model, asked.materials).batches:
            prompts = [group[0] for group in batch]
            for prompt, reply in zip(prompts, model.score(prompts), strict=True):
                found[prompt.before] = reply.logprobs
        return found

    return ask


def checkpoint(model: Scorer) -> Checkpoint:
    """The model and tokenizer behind a backend."""
    return cast("Checkpoint", model.checkpoint)  # type: ignore[attr-defined]


def cost(model: Scorer) -> MatrixCost:
    """Operations that a token and a row of the head cost."""
    from probes.backends.hf.profile import meter

    return meter.cost(checkpoint(model).model, getattr(model, "cut", None))


def needed(model: Scorer) -> float:
    """Operations that what was asked of it so far cannot be had without."""
    return cost(model).needed(model.meter)  # type: ignore[attr-defined]


def rate(model: Scorer) -> Callable[[], float]:
    """Measures what the machine sustains, for half a second."""
    from probes.backends.hf.profile.peak import sustained

    return lambda: sustained(checkpoint(model).model, 0.5)
