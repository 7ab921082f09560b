"""What every benchmark is told: how often, on how many threads, with how many prompts.

Sets the threads before torch is there; knows no model and measures nothing.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

CACHE = Path.home() / ".cache" / "probes-benchmarks"
RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of `python -m benchmarks`."""

    rounds: int = 5
    threads: int = 1
    prompts: int | None = None
    """Prompts that probes is asked; peers get their share. None: each benchmark's own number."""
    models: tuple[str, ...] = ()
    """Only these models; empty: all of a benchmark."""
    quick: bool = False
    """A miniature of everything: models of two thin layers, few prompts. Shows that all works."""
    device: str = "cpu"
    """Where all models are put; elsewhere the numbers go into files of their own."""
    cache: Path = CACHE
    """Where model folders are built, once."""
    out: Path = RESULTS

    def count(self, usual: int, of: int) -> int:
        """How many prompts somebody is asked who usually has `usual` where probes has `of`."""
        whole = self.prompts or (8 if self.quick else of)
        return max(1, round(usual * whole / of))

    def chosen(self, models: tuple[str, ...]) -> list[str]:
        """Which of these models are measured."""
        return [name for name in models if not self.models or name in self.models]


def prepare(threads: int) -> None:
    """Threads, offline, no chatter: to be called before anything imports torch."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(threads)
    os.environ["TOKENIZERS_PARALLELISM"] = "false" if threads == 1 else "true"
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["HF_DATASETS_OFFLINE"] = "1"
    os.environ["TRANSFORMERS_VERBOSITY"] = "error"
    os.environ["LMEVAL_LOG_LEVEL"] = "ERROR"
