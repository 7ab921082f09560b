"""Benchmark of the whole default run on a model of the size of BERT-base.

Includes all steps of `probes run`: loading, planning, self-check, evidence, tables and figures.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from benchmarks import models, results
from benchmarks.settings import Settings

NAME = "bert-base"
ROUNDS = 3
"""Most rounds: each takes minutes."""


def run(settings: Settings) -> None:
    """Run the benchmark, then write the report."""
    from probes.runs import session
    from probes.types import LoadOptions, ModelSpec

    spec = ModelSpec(NAME, str(models.build(NAME, settings)))
    request = session.Request(
        [spec], "compass", limit=4 if settings.quick else None, load=LoadOptions(device="cpu")
    )
    seconds = []
    for _ in range(min(settings.rounds, ROUNDS)):
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            session.probe(request, Path(folder) / "run")
            seconds.append(time.perf_counter() - start)
            answers = next((Path(folder) / "run" / "answers").iterdir()).read_bytes().count(b"\n")
    report = results.Report("default_run", "The default run, from loading to pictures")
    report.models.append(
        {
            "model": NAME,
            "answers": answers - 1,
            "seconds": statistics.median(seconds),
            "rounds": [round(s, 1) for s in seconds],
        }
    )
    report.write(settings)
