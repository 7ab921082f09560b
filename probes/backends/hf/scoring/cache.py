"""Prompts in tokens, made many at a time and remembered from planning to scoring.

Remembered as pickled bytes: a few hundred a prompt, where the objects would be ten times that, and
a hundredth of the time of tokenising again. What a run has beyond the bound is made a second time,
so memory ends somewhere whatever the number of prompts. Does not know what is remembered.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

from probes.backends.hf.profile.meter import Meter
from probes.types import Option, Prompt

Made = TypeVar("Made")

KEPT = 400_000
"""Prompts that are remembered: about 150 megabytes."""
AT_ONCE = 256
"""Prompts tokenised in one call."""


class PromptCache(Generic[Made]):
    """What was made of prompts, by their texts.

    Args:
        make: makes it of some prompts, in order.
        meter: is told of the time that takes.
    """

    def __init__(self, make: Callable[[Sequence[Prompt]], Sequence[Made]], meter: Meter) -> None:
        self._make = make
        self._meter = meter
        self._known: dict[tuple[str, str, tuple[Option, ...]], bytes] = {}

    def of(self, prompts: Sequence[Prompt]) -> Iterator[Made]:
        """What is made of each prompt, in order, a bounded number of them at a time."""
        for start in range(0, len(prompts), AT_ONCE):
            chunk = prompts[start : start + AT_ONCE]
            new = {p.text: p for p in chunk if p.text not in self._known}
            with self._meter.reading():
                fresh = dict(zip(new, self._make([*new.values()]) if new else (), strict=True))
            if len(self._known) < KEPT:
                self._known |= {text: pickle.dumps(made) for text, made in fresh.items()}
            for prompt in chunk:
                yield fresh[prompt.text] if prompt.text in fresh else self._again(prompt)

    def _again(self, prompt: Prompt) -> Made:
        made: Made = pickle.loads(self._known[prompt.text])  # noqa: S301 - our own bytes
        return made
