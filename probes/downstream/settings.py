"""`DIR/downstream.yaml`: which model was trained from which, which are controls, what is equal.

Written by whoever made the predictions, or by hand. No key names a file.
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
"""Of a model that is a control, or that was trained with another loss."""


class _PredictionsModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class DownstreamModel(_PredictionsModel):
    """What is known of a model."""

    parent: str = ""
    corpus: str = ""
    role: Role = ""
    loss: str = ""
    plain: str = ""


class DownstreamFile(_PredictionsModel):
    """`downstream.yaml`."""

    task: Name | None = None
    task_sha256: Sha256 | None = None
    margin: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = 0.02
    bundles: dict[Name, Annotated[list[Word], Field(min_length=1)]] = {}
    models: dict[Word, DownstreamModel] = {}


def read(directory: Path) -> DownstreamFile:
    """The file of a folder; one that says nothing, if there is none.

    Raises:
        SetError: it is damaged.
    """
    path = directory / SETTINGS
    if not path.is_file():
        return DownstreamFile()
    return validate(DownstreamFile, parse_yaml(read_bytes(path), path), path)


def require_known(
    directory: Path, file: DownstreamFile, models: Collection[str], groups: Collection[str]
) -> None:
    """Refuse names that no prediction knows.

    Raises:
        RunError: a sentence for each.
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
    for bundle, of in file.bundles.items():
        for group in of:
            if group not in groups:
                yield f"bundles: {bundle}: unknown group {group!r}; {nearest(group, groups)}"
        if set(of) >= set(groups):
            yield f"bundles: {bundle}: holds all groups; there is none to set it against"
