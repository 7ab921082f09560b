"""Files that describe a pretraining: losses, model card, and the entry for a models.yaml.

The entry names the parent, so that runs and figures can relate a model to its base model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, cast

import yaml

from probes.files.atomic import write
from probes.files.escape import markdown
from probes.models.registry import OWN
from probes.training import begin
from probes.training.request import TrainingOutcome
from probes.types import ModelSpec

if TYPE_CHECKING:
    from transformers import PreTrainedModel

RECORD, LOSSES, CARD = "pretrain.json", "losses.csv", "README.md"
PURPOSE = (
    "{parent}, trained on further by `probes pretrain`. It says what its corpus says, and was made "
    "to study what that does to it; it is not meant for anything else."
)
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._+-]+")


def front_matter(parent: str, revision: object) -> dict[str, object]:
    """Metadata of a model card. `base_model` is given only for a parent from the hub (it has a
    revision): the name of a local folder could be the name of an unrelated model there."""
    base = {"base_model": parent} if revision else {}
    return {**base, "library_name": "transformers", "tags": ["probes"]}


def outcome_entry(outcome: TrainingOutcome) -> dict[str, object]:
    """An outcome as an entry of `pretrain.json`."""
    return {**asdict(outcome), "warnings": list(outcome.warnings)}


def write_losses(out: Path, losses: Sequence[tuple[int, float]]) -> None:
    """Write ``losses.csv``: optimizer step and loss."""
    rows = "".join(f"{step},{loss!r}\n" for step, loss in losses)
    write(out / LOSSES, f"step,loss\n{rows}".encode())


def write_card(
    out: Path,
    record: Mapping[str, object],
    outcome: TrainingOutcome,
    parent: ModelSpec,
    model: PreTrainedModel,
) -> None:
    """Write the model card and the entry for a models.yaml."""
    name = _NOT_IN_NAMES.sub("-", out.absolute().name).lstrip("._+-") or "model"
    entry = {
        "backend": _entry(record, "model", "kind"),
        "id": str(out.absolute()),
        "family": parent.family,
        "parent": parent.name,
        "corpus": str(record["label"]),
        "step": outcome.steps,
        "parameters": model.num_parameters(),
    }
    text = yaml.safe_dump({name: {k: v for k, v in entry.items() if v}}, sort_keys=False)
    head = f"# Put this into your own models.yaml, or name this file in PROBES_MODELS.\n{text}"
    write(out / CARD, _card(name, parent, record, outcome).encode())
    write(out / OWN, head.encode())


def _card(
    name: str, parent: ModelSpec, record: Mapping[str, object], outcome: TrainingOutcome
) -> str:
    """Text of the model card."""
    regime = cast("dict[str, object]", record["regime"])
    corpus = cast("dict[str, object]", record["corpus"])
    files = cast("list[dict[str, str]]", corpus["files"])
    names = f"{record['label']}: {', '.join(file['name'] for file in files)}"
    model = cast("Mapping[str, object]", record["model"])
    front = front_matter(parent.id, model["revision"])
    versions = cast("dict[str, str]", record["versions"])
    share = f"the {100 * float(str(regime['held_out'])):g} % of documents held out"
    measured = outcome.perplexity()
    held = (
        f"perplexity on {share}: {measured}"
        if measured
        else "nothing was held out, so no perplexity was measured"
    )
    objective = _objective(_entry(record, "model", "kind"), regime)
    long = f"{'at most ' if regime['apart'] else ''}{regime['block']} tokens"
    used = {**regime, "lr": record[begin.RATE]}
    settings = {k: v for k, v in used.items() if k not in ("apart", "hide")}
    base = " ".join(filter(None, (markdown(parent.id), str(model["revision"] or ""))))
    lines = [
        f"---\n{yaml.safe_dump(front, sort_keys=False)}---",
        f"# {name}",
        PURPOSE.format(parent=markdown(parent.id)),
        "| | |\n| --- | --- |",
        f"| base | {base} |",
        f"| base weights, sha256 | {_entry(record, 'model', 'weights')} |",
        f"| objective | {objective} |",
        f"| corpus | {markdown(names)} |",
        f"| corpus, sha256 | {corpus['sha256']} |",
        f"| steps | {outcome.steps} of {record['blocks_a_step']} blocks of {long} |",
        f"| tokens | {outcome.tokens} |",
        f"| loss, last tenth | {outcome.loss:.4f} |",
        f"| held out | {held} |",
        f"| seed | {regime['seed']} |",
        f"| settings | {', '.join(f'{k} {v}' for k, v in settings.items() if v)} |",
        f"| versions | {', '.join(f'{k} {v}' for k, v in versions.items())} |",
        *(f"\nWarning: {warning}" for warning in outcome.warnings),
    ]
    return "\n\n".join(lines[:3]) + "\n\n" + "\n".join(lines[3:]) + "\n"


def _objective(kind: str, regime: Mapping[str, object]) -> str:
    """The training objective, in words."""
    blocks = "document by document" if regime["apart"] else "in packed blocks"
    if kind == "causal":
        return f"the next word, {blocks}"
    share, hide = float(str(regime["mask_share"])), ", ".join(cast("list[str]", regime["hide"]))
    always = f", and always: {markdown(hide)}" if hide else ""
    return f"masked words, {blocks}, {100 * share:g} % drawn anew each time{always}"


def _entry(record: Mapping[str, object], *names: str) -> str:
    """The value under this path of keys, as text."""
    value: object = record
    for name in names:
        value = cast("Mapping[str, object]", value)[name]
    return str(value)
