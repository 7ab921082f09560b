"""Paths: the checkpoints of one training, in the order of their steps."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from probes.errors import UsageError
from probes.types import Tables

from . import _corpora, _style
from ._marks import ModelMark
from ._model_rows import ModelRow, rows

AT = "@"
"""`probes run --checkpoints` calls checkpoints NAME@STEP."""


@dataclass(frozen=True, slots=True)
class _About:
    """What `models.csv` says of a model; a CSV reads empty text as NaN."""

    step: float
    """NaN: none."""
    family: str
    parent: str
    corpus: str


@dataclass(frozen=True, slots=True)
class TrajectoryPoint:
    """A checkpoint, or the model that the training began from."""

    row: ModelRow
    step: float


@dataclass(frozen=True, slots=True)
class Trajectory:
    """A training: what it is called, how it looks, and where it stopped, by step."""

    name: str
    mark: ModelMark
    stops: tuple[TrajectoryPoint, ...]


def ways(tables: Tables) -> list[Trajectory]:
    """The trainings of a run with at least two stops each, by name.

    Checkpoints belong together by NAME in NAME@STEP; without that, by family, parent and corpus.
    Where the parent was asked, too, it stands at step 0, unless a checkpoint does.

    Raises:
        UsageError: there is none.
    """
    found: dict[tuple[str, ...], list[TrajectoryPoint]] = {}
    every = {row.model: row for row in rows(tables)}
    about = _about(tables)
    for model, row in every.items():
        if math.isfinite(about[model].step):
            group = _group(model, about[model])
            found.setdefault(group, []).append(TrajectoryPoint(row, about[model].step))
    trainings = []
    for group, stops in found.items():
        parent = about[stops[0].row.model].parent
        begun = [TrajectoryPoint(every[parent], 0.0)] if parent in every else []
        first = begun if min(stop.step for stop in stops) > 0 else []
        trainings.append((group, sorted([*first, *stops], key=lambda stop: stop.step)))
    kept = sorted(
        ((group, stops) for group, stops in trainings if len(stops) > 1), key=lambda one: one[0]
    )
    if not kept:
        raise UsageError(
            "the figure 'trajectory' draws models along their training, and no two models of this"
            " run are checkpoints of one (`probes run --checkpoints`, or models.yaml: step)"
        )
    return [
        Trajectory(_name(group), mark, tuple(stops))
        for (group, stops), mark in zip(kept, _looks(tables, kept), strict=True)
    ]


def _about(tables: Tables) -> Mapping[str, _About]:
    """What is known of each model."""
    table = tables.models.reindex(columns=["model", "step", "family", "parent", "corpus"])
    return {
        str(model): _About(math.nan if step is None else float(step), *map(_text, texts))
        for model, step, *texts in table.itertuples(index=False)
    }


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _group(model: str, about: _About) -> tuple[str, ...]:
    name, at, _ = model.rpartition(AT)
    return (name,) if at and name else (about.family, about.parent, about.corpus)


def _name(group: tuple[str, ...]) -> str:
    """What to call a training: its NAME, or corpus, parent and family as far as they are known."""
    if len(group) == 1:
        return group[0]
    family, parent, corpus = group
    return " on ".join(filter(None, [parent or family, corpus])) or "checkpoints"


def _looks(
    tables: Tables, kept: list[tuple[tuple[str, ...], list[TrajectoryPoint]]]
) -> list[ModelMark]:
    """By corpus or family where these differ between all trainings; else a colour each."""
    marks = _corpora.looks(tables)
    usual = [marks[stops[-1].row.model] for _, stops in kept]
    if len({mark.colour for mark in usual}) == len(kept):
        return usual
    return [
        ModelMark(_name(group), _style.COLOURS[i % len(_style.COLOURS)], "o")
        for i, (group, _) in enumerate(kept)
    ]
