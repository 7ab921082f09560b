"""`DIR/downstream.yaml`: each model's parent and role, and the margin of equivalence.

Written by the program that made the predictions, or by hand. No key holds a file path.
"""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from probes.downstream.task.schema import Name, Sha256, Word
from probes.errors import RunError, nearest
from probes.files.yaml import parse_yaml, read_bytes, validate

SETTINGS = "downstream.yaml"
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
