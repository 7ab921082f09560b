"""A recipe: how a paper trained classifiers, its reported metrics, and the source of each
element."""

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from probes.errors import UsageError, nearest
from probes.files.yaml import parse_yaml, read_bytes, validate

Known = Literal["read", "recalled", "reconstructed"]
"""Source: read in a file of the authors; recalled from the paper; or reconstructed here."""
Text = Annotated[str, Field(min_length=1)]


class _RecipeModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class RecipeNumber(_RecipeModel):
    """A training option and its source."""

    value: Annotated[int | float, Field(gt=0, allow_inf_nan=False)]
    known: Known


class RecipeElement(_RecipeModel):
    """Another element of the paper's method, and its source."""

    what: Text
    known: Known


class RecipeMetrics(_RecipeModel):
    """The metrics that the paper reported."""

    overall: list[Literal["balanced_accuracy", "f1", "macro_f1", "accuracy"]]
    group: list[Literal["accuracy", "f1", "recall", "fpr"]]


class PaperRecipe(_RecipeModel):
    """A recipe file (YAML) of this folder."""

    name: Text
    title: Text
    cite: Text
    training: dict[Literal["epochs", "batch_size", "lr"], RecipeNumber]
    metrics: RecipeMetrics
    elements: Annotated[list[RecipeElement], Field(min_length=1)]

    def values(self) -> Mapping[str, int | float]:
        """Training option -> value."""
        return {name: number.value for name, number in self.training.items()}


def names() -> list[str]:
    """Names of the recipes that ship with probes."""
    here = resources.files("probes.downstream.recipe").iterdir()
    return sorted(Path(f.name).stem for f in here if f.name.endswith(".yaml"))


def load(name: str) -> PaperRecipe:
    """The recipe of this name.

    Raises:
        UsageError: there is none.
    """
    if name not in names():
        raise UsageError(f"--recipe {name}: {nearest(name, names())}")
    path = Path(str(resources.files("probes.downstream.recipe"))) / f"{name}.yaml"
    return validate(PaperRecipe, parse_yaml(read_bytes(path), path), path)
