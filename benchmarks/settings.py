"""Settings of all benchmarks: rounds, threads, numbers of prompts.

Sets the number of threads before torch is imported.
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
    """Prompts for probes, in proportion for peers; None: the default of each benchmark."""
    models: tuple[str, ...] = ()
    """Names of models; empty: all of a benchmark."""
    quick: bool = False
    """Use miniature models and few prompts, as a smoke test."""
    device: str = "cpu"
    """Device of all models; results of each device but the CPU have files of their own."""
    cache: Path = CACHE
    """Folder of the generated models."""
    out: Path = RESULTS

    def count(self, usual: int, of: int) -> int:
        """Prompts of a contender that by default has `usual` when probes has `of`."""
        whole = self.prompts or (8 if self.quick else of)
        return max(1, round(usual * whole / of))

    def chosen(self, models: tuple[str, ...]) -> list[str]:
        """The selected models among these."""
        return [name for name in models if not self.models or name in self.models]


def prepare(threads: int) -> None:
    """Set threads, offline mode and log levels; call this before torch is imported."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(threads)
    os.environ["TOKENIZERS_PARALLELISM"] = "false" if threads == 1 else "true"
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["HF_DATASETS_OFFLINE"] = "1"
    os.environ["TRANSFORMERS_VERBOSITY"] = "error"
    os.environ["LMEVAL_LOG_LEVEL"] = "ERROR"
