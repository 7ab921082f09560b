"""Writes results: one JSON file per benchmark, and tables in the README.

Results are stored with the machine, threads, versions and commit.
"""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.rounds import OURS, Contender, Measured
from benchmarks.settings import Settings

README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- results: written by `python -m benchmarks table` -->", "<!-- end of results -->"
PACKAGES = (
    *("political-probes", "torch", "transformers", "tokenizers", "numpy"),
    *("lm_eval", "minicons", "accelerate", "ray"),
)


@dataclass(slots=True)
class Report:
    """The results of one benchmark, by model."""

    benchmark: str
    title: str
    unit: str = "s per 1,000 prompts"
    models: list[dict[str, object]] = field(default_factory=list)
    notes: dict[str, object] = field(default_factory=dict)

    def write(self, settings: Settings) -> Path:
        """Write ``results/<benchmark>.json`` (``-quick`` for miniatures), and print the table."""
        where = "" if settings.device == "cpu" else f"-{settings.device}"
        name = f"{self.benchmark}{where}{'-quick' if settings.quick else ''}.json"
        settings.out.mkdir(parents=True, exist_ok=True)
        elsewhere = "" if settings.device == "cpu" else f", on a card ({settings.device})"
        content = {
            "benchmark": self.benchmark,
            "title": self.title + elsewhere,
            "unit": self.unit,
            "quick": settings.quick,
            "rounds": settings.rounds,
            "threads": settings.threads,
            "machine": machine(settings.device),
            "notes": self.notes,
            "models": self.models,
        }
        path = settings.out / name
        path.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
        print(markdown(content))
        print(f"{path}\n", flush=True)
        return path


def entry(
    model: str, contenders: Sequence[Contender], measured: Measured, facts: Mapping[str, object]
) -> dict[str, object]:
    """The entry of a model: times of all contenders, and the speed-up of probes over each."""
    ours = measured.times[OURS]
    return {
        "model": model,
        "contenders": [
            {
                "name": one.name,
                "prompts": one.prompts,
                "median": round(measured.times[one.name].median, 3),
                "ratio": round(measured.times[one.name].median / ours.median, 2),
                "target": one.target,
                "gap": measured.gaps.get(one.name),
                "wall": [round(t, 3) for t in measured.times[one.name].wall],
                "processor": [round(t, 3) for t in measured.times[one.name].processor],
            }
            for one in contenders
        ],
        **facts,
    }


def share(measured: Measured, needed: float) -> float:
    """Share of the machine's limit: `needed` operations per prompt over its sustained rate; the
    median over rounds."""
    ours = measured.times[OURS].wall
    return statistics.median(
        needed / (seconds / 1000 * rate) for seconds, rate in zip(ours, measured.rates, strict=True)
    )


def facts(measured: Measured, tokens: float, needed: float) -> dict[str, object]:
    """Facts below a table of scores; `tokens` and `needed` operations are per prompt."""
    return {
        "tokens a prompt": round(tokens, 1),
        "share of limit": share(measured, needed),
        "limit, GFLOP/s": measured.rate / 1e9,
    }


def machine(device: str) -> dict[str, object]:
    """Description of the machine, the versions and the commit."""
    versions = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "not installed"
    return {
        "processor": _processor(),
        "cores": _cores(),
        "card": _card(device),
        "system": f"{platform.system()} {platform.machine()}",
        "versions": versions,
        "commit": _git("rev-parse", "HEAD")
        + (" with changes" if _git("status", "--porcelain", "--", "probes") else ""),
        "when": datetime.now(UTC).isoformat(timespec="minutes"),
    }


def markdown(content: Mapping[str, object]) -> str:
    """The table of one benchmark."""
    lines = [f"### {content['title']}", ""]
    where = content["machine"]
    card = f"{where['card']}; " if where.get("card") else ""
    summary = (
        f"{card}{where['processor']}, {where['cores']} cores, {content['threads']} "
        f"thread{'s' if content['threads'] > 1 else ''}; medians over {content['rounds']} "
        f"rounds; torch {where['versions']['torch']}, transformers "
        f"{where['versions']['transformers']}; commit {where['commit'][:10] or 'unknown'}"
        f"{'; miniature models' if content['quick'] else ''}."
    )
    lines += [summary, ""]
    for note, value in content["notes"].items():
        lines += [f"{note}: {_said(value)}", ""]
    if any("contenders" in model for model in content["models"]):
        lines += [
            f"| model | who | {content['unit']} | probes is faster by | promised | gap |",
            "| --- | --- | ---: | ---: | ---: | ---: |",
        ]
    for model in content["models"]:
        for one in model.get("contenders", []):
            lines.append(
                f"| {model['model']} | {one['name']} | {one['median']:.3g} | {one['ratio']:.2f} "
                f"| {'' if card else _said(one['target'])} | {_said(one['gap'])} |"
            )
    facts = {
        model["model"]: {k: v for k, v in model.items() if k not in ("model", "contenders")}
        for model in content["models"]
    }
    for name, summary in facts.items():
        line = "; ".join(f"{key} {_said(value)}" for key, value in summary.items())
        if line:
            lines += ["", f"{name}: {line}."]
    return "\n".join([*lines, ""])


def table(folder: Path, readme: Path = README) -> None:
    """Write the results in a folder between the two marks of the README."""
    results = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]
    tables = "\n".join(markdown(content) for content in results if not content["quick"])
    text = readme.read_text("utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    if not rest or END not in rest:
        raise SystemExit(f"{readme}: lacks the marks {BEGIN} and {END}")
    readme.write_text(f"{head}{BEGIN}\n\n{tables}\n{END}{tail}", "utf-8")


def _said(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.3g}"
    return str(value)


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _card(device: str) -> str | None:
    if device == "cpu":
        return None
    import torch

    return torch.cuda.get_device_name()


def _cores() -> int:
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _git(*words: str) -> str:
    done = subprocess.run(
        ["git", *words], cwd=README.parent, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()
