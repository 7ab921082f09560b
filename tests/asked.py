"""A backend for tests, ``--backend tests/asked.py``: `planted`, which logs its prompts.

The model id is ``LOG?TRAITS``, with TRAITS as for `planted`. The file LOG has one line per batch,
with the process id and the prompts, written before the batch is answered.
"""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from probes.backends import planted
from probes.types import LoadOptions, ModelSpec, Prompt, Reply


@dataclass(frozen=True)
class Asked(planted.Planted):
    """A planted respondent that logs its prompts."""

    log: str = ""

    def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
        names = [hashlib.sha256(f"{p.before}{p.after}".encode()).hexdigest()[:8] for p in prompts]
        with Path(self.log).open("a") as file:
            file.write(f"{os.getpid()} {' '.join(names)}\n")
        return super().score(prompts)


def load(spec: ModelSpec, options: LoadOptions) -> Asked:
    log, _, traits = spec.id.partition("?")
    inner = planted.load(replace(spec, id=traits), options)
    return Asked(inner.info, inner.positions, inner.traits, inner.seed, log)


def batches(log: Path) -> list[tuple[int, tuple[str, ...]]]:
    """The logged batches, without those of the self-check, which have a single prompt."""
    lines = [line.split() for line in log.read_text().splitlines()] if log.exists() else []
    return [(int(pid), tuple(names)) for pid, *names in lines if len(names) > 1]
