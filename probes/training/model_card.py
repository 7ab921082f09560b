"""What a finished pretraining says of itself: model card, losses, and its entry for a models.yaml.

Writes texts from what is known; measures nothing. The entry names the parent, so that runs and
figures can tell a model from what it came from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, cast

import yaml

from probes.files.atomic import write
from probes.files.escape import markdown
from probes.models.registry import OWN
from probes.training.request import TrainingOutcome
from probes.types import ModelSpec

if TYPE_CHECKING:
    from transformers import PreTrainedModel

MARK, LOSSES, CARD = "pretrain.json", "losses.csv", "README.md"
PURPOSE = (
    "{parent}, trained on further by `probes pretrain`. It says what its corpus says, and was made "
    "to study what that does to it; it is not meant for anything else."
)
_OTHER = re.compile(r"[^A-Za-z0-9._+-]+")


def record(out: Path, said: Mapping[str, object]) -> None:
    """Write what `pretrain.json` says."""
    write(out / MARK, (json.dumps(said, indent=1, allow_nan=False) + "\n").encode())


def outcome(said: Mapping[str, object]) -> TrainingOutcome | None:
    """What `pretrain.json` says that the training came to; None if it goes on."""
    if "outcome" not in said:
        return None
    found = dict(cast("dict[str, object]", said["outcome"]))
    warnings = tuple(cast("list[str]", found.pop("warnings")))
    return TrainingOutcome(**found, warnings=warnings)  # type: ignore[arg-type]


def plain(found: TrainingOutcome) -> dict[str, object]:
    """An outcome as JSON has it."""
    return {**asdict(found), "warnings": list(found.warnings)}


def write_losses(out: Path, losses: Sequence[tuple[int, float]]) -> None:
    """``losses.csv``: step and loss."""
    rows = "".join(f"{step},{loss!r}\n" for step, loss in losses)
    write(out / LOSSES, f"step,loss\n{rows}".encode())


def write_card(
    out: Path,
    said: Mapping[str, object],
    found: TrainingOutcome,
    parent: ModelSpec,
    model: PreTrainedModel,
) -> None:
    """The model card and the entry."""
    name = _OTHER.sub("-", out.absolute().name).lstrip("._+-") or "model"
    entry = {
        "backend": _of(said, "model", "kind"),
        "id": str(out.absolute()),
        "family": parent.family,
        "parent": parent.name,
        "corpus": str(said["label"]),
        "step": found.steps,
        "parameters": model.num_parameters(),
    }
    text = yaml.safe_dump({name: {k: v for k, v in entry.items() if v}}, sort_keys=False)
    head = f"# Put this into your own models.yaml, or name this file in PROBES_MODELS.\n{text}"
    write(out / CARD, _card(name, parent, said, found).encode())
    write(out / OWN, head.encode())


def _card(name: str, parent: ModelSpec, said: Mapping[str, object], found: TrainingOutcome) -> str:
    regime = cast("dict[str, object]", said["regime"])
    corpus = cast("dict[str, object]", said["corpus"])
    files = cast("list[dict[str, str]]", corpus["files"])
    names = f"{said['label']}: {', '.join(file['name'] for file in files)}"
    front = {"base_model": parent.id, "library_name": "transformers", "tags": ["probes"]}
    versions = cast("dict[str, str]", said["versions"])
    held = (
        f"perplexity on the {100 * float(str(regime['held_out'])):g} % of documents held out: "
        f"{found.before:.2f} before, {found.after:.2f} after"
        if found.before is not None and found.after is not None
        else "nothing was held out, so no perplexity was measured"
    )
    objective = _objective(_of(said, "model", "kind"), regime)
    long = f"{'at most ' if regime['apart'] else ''}{regime['block']} tokens"
    settings = {k: v for k, v in regime.items() if k not in ("apart", "hide")}
    lines = [
        f"---\n{yaml.safe_dump(front, sort_keys=False)}---",
        f"# {name}",
        PURPOSE.format(parent=markdown(parent.id)),
        "| | |\n| --- | --- |",
        f"| base | {markdown(parent.id)} {_of(said, 'model', 'revision')} |",
        f"| base weights, sha256 | {_of(said, 'model', 'weights')} |",
        f"| objective | {objective} |",
        f"| corpus | {markdown(names)} |",
        f"| corpus, sha256 | {corpus['sha256']} |",
        f"| steps | {found.steps} of {said['blocks_a_step']} blocks of {long} |",
        f"| tokens | {found.tokens} |",
        f"| loss, last tenth | {found.loss:.4f} |",
        f"| held out | {held} |",
        f"| seed | {regime['seed']} |",
        f"| settings | {', '.join(f'{k} {v}' for k, v in settings.items() if v)} |",
        f"| versions | {', '.join(f'{k} {v}' for k, v in versions.items())} |",
        *(f"\nWarning: {warning}" for warning in found.warnings),
    ]
    return "\n\n".join(lines[:3]) + "\n\n" + "\n".join(lines[3:]) + "\n"


def _objective(kind: str, regime: Mapping[str, object]) -> str:
    blocks = "document by document" if regime["apart"] else "in packed blocks"
    if kind == "causal":
        return f"the next word, {blocks}"
    share, hide = float(str(regime["mask_share"])), ", ".join(cast("list[str]", regime["hide"]))
    always = f", and always: {markdown(hide)}" if hide else ""
    return f"masked words, {blocks}, {100 * share:g} % drawn anew each time{always}"


def _of(said: Mapping[str, object], *names: str) -> str:
    found: object = said
    for name in names:
        found = cast("Mapping[str, object]", found)[name]
    return str(found)
