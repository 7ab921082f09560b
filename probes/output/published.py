"""Published placements: coordinates of named models from papers and repositories.

`published.yaml` ships with probes and names the source of each. Figures draw them behind a run of
the same instrument; they enter no computation.
"""

from functools import cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, RootModel, model_validator

from probes.files.yaml import read_yaml, validate
from probes.types import Published

SHIPPED = Path(__file__).with_name("published.yaml")

_Text = Annotated[str, Field(min_length=1)]


class _Source(BaseModel):
    """A paper or repository, and its coordinates."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: _Text
    url: _Text
    set: _Text
    axes: Annotated[list[_Text], Field(min_length=1)]
    centre: FiniteFloat = 0.0
    note: str = ""
    models: dict[_Text, Annotated[list[list[FiniteFloat]], Field(min_length=1)]]

    @model_validator(mode="after")
    def _one_number_an_axis(self) -> Self:
        for name, points in self.models.items():
            if any(len(point) != len(self.axes) for point in points):
                raise ValueError(f"{name}: each point needs {len(self.axes)} numbers, one an axis")
        return self


class _PublishedFile(RootModel[dict[str, _Source]]):
    """Content of a `published.yaml`."""


def load(source: Path = SHIPPED) -> tuple[Published, ...]:
    """All placements of the file, in its order.

    Raises:
        SetError: the file has faults; it names them all at once.
    """
    return _read(source)


@cache
def _read(source: Path) -> tuple[Published, ...]:
    entries = validate(_PublishedFile, read_yaml(source), source).root.values()
    return tuple(
        Published(
            model=model,
            source=entry.source,
            set=entry.set,
            at={
                axis: tuple(round(point[i] - entry.centre, 6) for point in points)
                for i, axis in enumerate(entry.axes)
            },
        )
        for entry in entries
        for model, points in entry.models.items()
    )
