"""The model card of a classifier, from its record and outcome. It shows no text of the task."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import yaml

from probes.files.atomic import write
from probes.files.escape import markdown
from probes.training import begin
from probes.training.classifiers.request import ClassifierOutcome
from probes.training.model_card import CARD, front_matter

PURPOSE = (
    "{parent}, trained for the task {task} by `probes finetune`. It was made to study what a "
    "model's leaning does to a task; it is not meant to decide about texts or people."
)

MATRICES = "LoRA, merged into these weights; `adapter/` holds what was trained alone, head included"


def write_card(out: Path, record: Mapping[str, object], outcome: ClassifierOutcome) -> None:
    """Write the model card, ``OUT/README.md``."""
    model = cast("Mapping[str, object]", record["model"])
    regime = cast("Mapping[str, object]", record["regime"])
    versions = cast("Mapping[str, str]", record["versions"])
    parent, task = str(model["name"]), str(record["task"])
    front = front_matter(parent, model["revision"])
    used = {**regime, "lr": record[begin.RATE]}
    settings = {k: v for k, v in used.items() if k != "seed" and v}
    measured = (
        "no text was left out, so nothing was measured"
        if outcome.balanced_accuracy is None
        else f"balanced accuracy {outcome.balanced_accuracy:.3f} on {outcome.tested} texts of "
        f"{markdown(str(record['left_out']))}, from this seed alone"
    )
    rows = {
        "base": " ".join(filter(None, (markdown(parent), str(model["revision"] or "")))),
        "base weights, sha256": str(model["weights"]),
        "task": markdown(task),
        "task, sha256": str(record["task_sha256"]),
        "classes": markdown(", ".join(cast("list[str]", record["classes"]))),
        "trained on": f"{outcome.texts} texts, {outcome.steps} steps",
        "loss, last tenth": f"{outcome.loss:.4f}",
        "left out": measured,
        "seed": str(regime["seed"]),
        **({"low-rank matrices": MATRICES} if regime.get("lora") else {}),
        "settings": ", ".join(f"{k} {v}" for k, v in settings.items()),
        "versions": ", ".join(f"{k} {v}" for k, v in versions.items()),
    }
    lines = [
        f"---\n{yaml.safe_dump(front, sort_keys=False)}---\n",
        f"# A classifier of {markdown(task)}\n",
        PURPOSE.format(parent=markdown(parent), task=markdown(task)) + "\n",
        "| | |\n| --- | --- |",
        *(f"| {name} | {text} |" for name, text in rows.items()),
        *(f"\nWarning: {warning}" for warning in outcome.warnings()),
    ]
    write(out / CARD, ("\n".join(lines) + "\n").encode())
