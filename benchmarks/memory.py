"""Benchmark of memory above the weights, and of the linearity of time in the number of prompts.

The peak of resident memory (VmHWM) is reset after all weights were read; Linux only. The time of
100 and of 100,000 prompts is processor time for planning and asking on a tiny model, after 100
warm-up prompts; the small samples are parts of the same texts.
"""

from __future__ import annotations

import gc
import re
import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import ours, questions, results
from benchmarks.questions import Asked
from benchmarks.settings import Settings

if TYPE_CHECKING:
    from probes.types import Scorer

BASE = ("bert-base", "gpt2")
TINY = "bert-tiny"
PROMPTS = 160
FEW, MANY = 100, 100_000
HUNDREDS = 8
"""Number of small samples; together they contain every statement equally often."""
MEGABYTE = 1 << 20
LIMIT = 400
"""Promised peak, in megabytes."""


def run(settings: Settings) -> None:
    """Run the benchmark, then write the report."""
    report = results.Report("memory", "Memory and growth")
    for name in settings.chosen(BASE):
        report.models.append(_peak(name, settings))
    if settings.chosen((TINY,)):
        report.models.append(_growth(settings))
    report.write(settings)


def _peak(name: str, settings: Settings) -> dict[str, object]:
    model = ours.load(name, settings)
    ask = ours.scoring(model)
    wording = questions.MASKED if name.startswith("bert") else questions.CAUSAL
    prompts = settings.count(PROMPTS, PROMPTS)
    for weight in ours.checkpoint(model).model.parameters():
        float(weight.sum())  # memory-mapped weights become resident once they are read
    before = _settled()
    ask(questions.asker(wording, prompts)(1, prompts))
    return {
        "model": name,
        "prompts": prompts,
        "peak above the weights, MB": round((_resident("VmHWM") - before) / MEGABYTE),
        "promised, MB": LIMIT,
    }


def _growth(settings: Settings) -> dict[str, object]:
    model = ours.load(TINY, settings)
    few, many = settings.count(FEW, FEW), settings.count(MANY, FEW)
    ours.scoring(model)(_every(1, few, many))
    first = statistics.mean(_cost(model, _every(n, few, many)) for n in range(2, 2 + HUNDREDS))
    what = _every(2 + HUNDREDS, many, many)
    before = _settled()
    whole = _cost(model, what)
    return {
        "model": TINY,
        f"{few:,} prompts, s": first,
        f"{many:,} prompts, s": whole,
        "peak above the weights, MB": round((_resident("VmHWM") - before) / MEGABYTE),
        "cost of so many times the prompts": whole / first / (many / few),
        "promised": "at most 1.05",
    }


def _every(number: int, prompts: int, whole: int) -> Asked:
    """The sample of this number: `prompts` consecutive prompts out of `whole`."""
    materials = questions.materials(questions.MASKED, number, whole)
    statements = materials.statements.statements
    start = number * (prompts // 2)
    chosen = tuple(statements[(start + i) % len(statements)] for i in range(prompts // 2))
    return Asked(
        replace(materials, statements=replace(materials.statements, statements=chosen)), []
    )


def _cost(model: Scorer, what: Asked) -> float:
    """Processor time of planning and asking, in seconds."""
    ask = ours.scoring(model)
    gc.collect()
    start = time.process_time()
    ask(what)
    return time.process_time() - start


def _settled() -> int:
    """Reset the peak of resident memory; return the resident bytes."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    return _resident("VmRSS")


def _resident(what: str) -> int:
    """A memory field of /proc/self/status, in bytes."""
    text = Path("/proc/self/status").read_text("utf-8")
    match = re.search(rf"{what}:\s+(\d+) kB", text)
    if not match:
        raise SystemExit("memory is read from /proc/self/status, which only Linux has")
    return int(match[1]) * 1024
