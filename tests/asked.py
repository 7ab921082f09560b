"""A backend for tests, ``--backend tests/asked.py``: planted, and noting down what it is asked.

``LOG?TRAITS`` as the id, TRAITS as planted has them. A line in the file LOG is one batch: which
process, and the prompts; it is written before the batch is answered.
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
    """A planted respondent that keeps a list."""

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
    """What was asked so far, without the self-check's prompts, which come one at a time."""
    lines = [line.split() for line in log.read_text().splitlines()] if log.exists() else []
    return [(int(pid), tuple(names)) for pid, *names in lines if len(names) > 1]
