"""A cache of tokenized prompts, filled in large batches, for planning and scoring.

Entries are pickled: a few hundred bytes per prompt, a tenth of the objects' size, and loading them
takes a hundredth of the time of tokenizing. Prompts beyond the limit are tokenized again, so memory
is bounded for any number of prompts.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

from probes.backends.hf.profile.meter import Meter
from probes.types import Prompt

Made = TypeVar("Made")

MAX_PROMPTS = 400_000
"""Maximum number of cached prompts (about 150 MB)."""
CHUNK = 256
"""Prompts tokenized in one call."""


class PromptCache(Generic[Made]):
    """Results of `make`, cached by the prompts' texts.

    Args:
        make: function that tokenizes prompts; returns a result for each, in order.
        meter: records the time for that.
    """

    def __init__(self, make: Callable[[Sequence[Prompt]], Sequence[Made]], meter: Meter) -> None:
        self._make = make
        self._meter = meter
        self._pickled: dict[tuple[object, ...], bytes] = {}

    def get(self, prompts: Sequence[Prompt]) -> Iterator[Made]:
        """The result for each prompt, in order; `make` gets at most `CHUNK` prompts at a time."""
        for start in range(0, len(prompts), CHUNK):
            chunk = prompts[start : start + CHUNK]
            new = {p.text: p for p in chunk if p.text not in self._pickled}
            with self._meter.time_tokenising():
                made_now = dict(zip(new, self._make([*new.values()]) if new else (), strict=True))
            if len(self._pickled) < MAX_PROMPTS:
                self._pickled |= {text: pickle.dumps(result) for text, result in made_now.items()}
            for prompt in chunk:
                yield made_now[prompt.text] if prompt.text in made_now else self._unpickled(prompt)

    def _unpickled(self, prompt: Prompt) -> Made:
        """The cached result for a prompt."""
        result: Made = pickle.loads(self._pickled[prompt.text])  # noqa: S301 - our own bytes
        return result
