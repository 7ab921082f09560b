"""`DIR/downstream.yaml`: each model's parent and role, and the margin of equivalence.

Written by the program that made the predictions, or by hand. No key holds a file path.
"""

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from probes.downstream.task.schema import Name, Sha256, Word
from probes.errors import RunError, nearest
from probes.files import journal
from probes.files import text as texts
from probes.files.escape import filename
from probes.files.yaml import parse_yaml, read_bytes, validate

SETTINGS = "downstream.yaml"
FOLDER = "predictions"
RECORD = "training.json"
MOST_SEEDS = 1000
Role = Literal["", "shuffled", "untrained", "neutral", "words", "second_text", "debiased"]
"""Role of a model: a control, or trained with a debiasing loss; empty for an ordinary model."""


class _PredictionsModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class DownstreamModel(_PredictionsModel):
    """A model's parent, corpus, role and loss."""

    parent: str = ""
    corpus: str = ""
    role: Role = ""
    loss: str = ""
    plain: str = ""


class DownstreamFile(_PredictionsModel):
    """The content of `downstream.yaml`."""

    task: Name | None = None
    task_sha256: Sha256 | None = None
    margin: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = 0.02
    bundles: dict[Name, Annotated[list[Word], Field(min_length=1)]] = {}
    models: dict[Word, DownstreamModel] = {}


class AskedPredictions(_PredictionsModel):
    """`asked` of `training.json`: what the last `probes downstream run` is to predict."""

    texts: Annotated[int, Field(ge=0)]
    seeds: dict[Word, Annotated[int, Field(ge=1, le=MOST_SEEDS)]]
    """Classifier -> number of seeds; they are 0, 1, ..."""


def file_of(directory: Path, model: str, seed: int) -> Path:
    """The file of a model's predictions from one seed."""
    return directory / FOLDER / f"{filename(model)}.{seed}.jsonl"


def require_ended(directory: Path) -> None:
    """Refuse the folder of a stopped training: its missing predictions would be ignored.

    Raises:
        RunError: it names the first incomplete file.
    """
    asked = _asked(directory / RECORD)
    if asked is None:
        return
    files = [file_of(directory, n, seed) for n, of in asked.seeds.items() for seed in range(of)]
    counts = ((file, max(0, _lines(file) - 1)) for file in files)
    lacking = [(file.name, count) for file, count in counts if count < asked.texts]
    if lacking:
        name, count = lacking[0]
        raise RunError(
            f"{directory}: the training has not ended: predictions are missing in {len(lacking)} "
            f"of {len(files)} files, the first {name} ({count} of {asked.texts} texts are there); "
            "the same `probes downstream run` goes on"
        )


def _asked(path: Path) -> AskedPredictions | None:
    """The predictions that the training is to write; None without such a record."""
    if not path.is_file():
        return None
    try:
        record = json.loads(texts.read_bytes(path, RunError))
        asked = record.get("asked")
        return None if asked is None else AskedPredictions.model_validate(asked)
    except (ValueError, RecursionError, AttributeError, ValidationError):
        raise RunError(
            f"{path}: is damaged, and does not say which predictions there are to be; remove it, "
            "if all are there"
        ) from None


def _lines(path: Path) -> int:
    return sum(1 for _ in journal.lines(path)) if path.is_file() else 0


def read(directory: Path) -> DownstreamFile:
    """Read the settings of a folder; defaults if there is no file.

    Raises:
        SetError: the file is damaged.
    """
    path = directory / SETTINGS
    if not path.is_file():
        return DownstreamFile()
    return validate(DownstreamFile, parse_yaml(read_bytes(path), path), path)


def require_known(
    directory: Path, file: DownstreamFile, models: Collection[str], groups: Collection[str]
) -> None:
    """Check that all models and groups in the settings occur in the predictions.

    Raises:
        RunError: they do not; one sentence for each.
    """
    if faults := list(_unknown(file, models, groups)):
        raise RunError("\n".join(f"{directory / SETTINGS}: {fault}" for fault in faults))


def _unknown(
    file: DownstreamFile, models: Collection[str], groups: Collection[str]
) -> Iterator[str]:
    for name, model in file.models.items():
        if name not in models:
            yield f"models: {name!r} has no predictions; {nearest(name, models)}"
        if model.parent == name:
            yield f"models: {name!r} cannot be its own parent"
    for bundle, members in file.bundles.items():
        for group in members:
            if group not in groups:
                yield f"bundles: {bundle}: unknown group {group!r}; {nearest(group, groups)}"
        if set(members) >= set(groups):
            yield f"bundles: {bundle}: holds all groups; there is none to set it against"
