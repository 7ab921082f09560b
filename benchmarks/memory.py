"""Memory above the weights, and whether a thousand times the prompts cost a thousand times.

Peaks are of resident memory (VmHWM), set back after every weight was touched; Linux only. What
100 and 100,000 prompts cost is processor time of planning and asking on a tiny model, after a
first hundred that nobody counts; the hundreds are parts of the same texts.
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
"""How often the few are asked, each time others: together every statement equally often."""
MEGABYTE = 1 << 20
LIMIT = 400
"""Megabytes that were promised."""


def run(settings: Settings) -> None:
    """Measure, then write the report."""
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
        float(weight.sum())  # mapped files are resident once they were read
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
    """So many prompts out of the whole, the next ones with each number."""
    given = questions.materials(questions.MASKED, number, whole)
    every = given.statements.statements
    start = number * (prompts // 2)
    chosen = tuple(every[(start + i) % len(every)] for i in range(prompts // 2))
    return Asked(replace(given, statements=replace(given.statements, statements=chosen)), [])


def _cost(model: Scorer, what: Asked) -> float:
    """Processor time of planning and asking."""
    ask = ours.scoring(model)
    gc.collect()
    start = time.process_time()
    ask(what)
    return time.process_time() - start


def _settled() -> int:
    """Bytes that are resident now, with the peak set back to them."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    return _resident("VmRSS")


def _resident(what: str) -> int:
    """Bytes, as the kernel counts them."""
    text = Path("/proc/self/status").read_text("utf-8")
    found = re.search(rf"{what}:\s+(\d+) kB", text)
    if not found:
        raise SystemExit("memory is read from /proc/self/status, which only Linux has")
    return int(found[1]) * 1024
