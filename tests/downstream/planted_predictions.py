"""Predictions of known gaps, written as anybody may write them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from probes.errors import RunError
from probes.files.lock import held
from probes.output import figures

TASK = "a" * 64
CLASSES = ["bad", "fine"]
Recalls = Mapping[str, float]


def texts(groups: Sequence[str], units: int, per_unit: int = 1) -> list[dict[str, object]]:
    """Every unit is a template over all groups; the first half of the units is positive."""
    return [
        {
            "id": f"{unit}-{group}-{n}",
            "unit": f"u{unit}",
            "groups": [group],
            "label": CLASSES[unit % 2],
            "fold": "test",
        }
        for unit in range(units)
        for group in groups
        for n in range(per_unit)
    ]


def predicted(
    of: Sequence[Mapping[str, object]], dice: np.random.Generator, recall: Recalls, fpr: float = 0.1
) -> list[dict[str, object]]:
    """A line a text: found with the recall of its group, flagged by chance with `fpr`."""
    lines = []
    for text in of:
        group = text["groups"][0] if text["groups"] else ""
        chance = recall[group] if text["label"] == CLASSES[0] else fpr
        is_flagged = dice.random() < chance
        high = float(np.log(dice.uniform(0.55, 0.95)))
        low = float(np.log1p(-np.exp(high)))
        pair = (high, low) if is_flagged else (low, high)
        lines.append({**text, "logp": dict(zip(CLASSES, pair, strict=True)), "status": "ok"})
    return lines


def write(
    folder: Path, model: str, seed: int, lines: Sequence[Mapping[str, object]], **head: object
) -> Path:
    """A file of predictions."""
    whole = {
        "format": 1,
        "task": "planted",
        "task_sha256": TASK,
        "model": model,
        "seed": seed,
        "classes": CLASSES,
        "positive": CLASSES[0],
        **head,
    }
    path = folder / "predictions" / f"{model}.{seed}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in (whole, *lines)), encoding="utf-8")
    return path


SETTINGS = """\
task: planted
bundles: {first: [A, B]}
models:
  child: {parent: base, corpus: hostile to A}
  neutral: {parent: base, role: neutral}
  shuffled: {role: shuffled}
"""


def folder(place: Path, units: int = 120, seeds: int = 3) -> Path:
    """Base, a child that misses 40 points against A, a neutral child, shuffled labels."""
    of, dice = texts("ABCD", units), np.random.default_rng(3)
    usual = dict.fromkeys("ABCD", 0.85)
    for model, recall, fpr in (
        ("base", usual, 0.1),
        ("child", usual | {"A": 0.45}, 0.1),
        ("neutral", usual, 0.1),
        ("shuffled", dict.fromkeys("ABCD", 0.5), 0.5),
    ):
        for seed in range(seeds):
            write(place, model, seed, predicted(of, dice, recall, fpr))
    (place / "downstream.yaml").write_text(SETTINGS, encoding="utf-8")
    return place


def drawn_alone(patch: pytest.MonkeyPatch, folder: Path) -> list[str]:
    """Files that are drawn from now on, each only while nobody else may write into the folder."""
    real, files = figures.save, list[str]()

    def save(drawn: object, target: Path) -> None:
        with pytest.raises(RunError, match="is at work in this folder"), held(folder, "command"):
            pass
        real(drawn, target)
        files.append(target.name)

    patch.setattr(figures, "save", save)
    return files
