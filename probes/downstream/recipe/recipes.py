"""A recipe: how a paper trained classifiers, what it reported, and how each element is known."""

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from probes.errors import UsageError, nearest
from probes.files.yaml import parse_yaml, read_bytes, validate

Known = Literal["read", "recalled", "reconstructed"]
"""In a file of the authors; of the paper, but not read in it; or chosen here."""
Text = Annotated[str, Field(min_length=1)]


class _RecipeModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class RecipeNumber(_RecipeModel):
    """A value of the training."""

    value: Annotated[int | float, Field(gt=0, allow_inf_nan=False)]
    known: Known


class RecipeElement(_RecipeModel):
    """Anything else that the paper did."""

    what: Text
    known: Known


class RecipeMetrics(_RecipeModel):
    """What the paper reported."""

    overall: list[Literal["balanced_accuracy", "f1", "macro_f1", "accuracy"]]
    group: list[Literal["accuracy", "f1", "recall", "fpr"]]


class PaperRecipe(_RecipeModel):
    """A file of this folder."""

    name: Text
    title: Text
    cite: Text
    training: dict[Literal["epochs", "batch_size", "lr"], RecipeNumber]
    metrics: RecipeMetrics
    elements: Annotated[list[RecipeElement], Field(min_length=1)]

    def values(self) -> Mapping[str, int | float]:
        """Option of the training -> its value."""
        return {name: number.value for name, number in self.training.items()}


def names() -> list[str]:
    """The recipes that there are."""
    here = resources.files("probes.downstream.recipe").iterdir()
    return sorted(Path(f.name).stem for f in here if f.name.endswith(".yaml"))


def load(name: str) -> PaperRecipe:
    """The recipe of that name.

    Raises:
        UsageError: there is none.
    """
    if name not in names():
        raise UsageError(f"--recipe {name}: {nearest(name, names())}")
    path = Path(str(resources.files("probes.downstream.recipe"))) / f"{name}.yaml"
    return validate(PaperRecipe, parse_yaml(read_bytes(path), path), path)
