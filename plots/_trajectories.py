"""Training trajectories: the checkpoints of each training run, ordered by step."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from probes.errors import UsageError
from probes.types import Tables

from . import _corpora, _style
from ._marks import ModelMark
from ._model_rows import ModelRow, model_rows

AT = "@"
"""Separator in the names of `probes run --checkpoints`: NAME@STEP."""


@dataclass(frozen=True, slots=True)
class _About:
    """Facts about a model from `models.csv`, where pandas reads empty text as NaN."""

    step: float
    """NaN if there is none."""
    family: str
    parent: str
    corpus: str


@dataclass(frozen=True, slots=True)
class TrajectoryPoint:
    """A checkpoint, or the model that the training started from."""

    row: ModelRow
    step: float
    is_parent: bool = False
    """The model that the training started from, which is no checkpoint of it."""


@dataclass(frozen=True, slots=True)
class Trajectory:
    """A training run: its name, its mark, and its checkpoints by step."""

    name: str
    mark: ModelMark
    points: tuple[TrajectoryPoint, ...]


def trajectories(tables: Tables) -> list[Trajectory]:
    """The training runs with at least two points each, sorted by name.

    Checkpoints are grouped by NAME in NAME@STEP; without it, by family, parent and corpus. The
    model NAME belongs to them too; if a checkpoint has its step, that checkpoint is drawn. A parent
    that was asked, too, is step 0, unless a checkpoint is.

    Raises:
        UsageError: there is none.
    """
    groups: dict[tuple[str, ...], list[TrajectoryPoint]] = {}
    rows_by_model = {row.model: row for row in model_rows(tables)}
    about = _facts(tables)
    stepped = [model for model in rows_by_model if math.isfinite(about[model].step)]
    named = {name for model in stepped if (name := _training(model))}
    for model in sorted(stepped, key=lambda model: model in named):  # checkpoints before the end
        group = (model,) if model in named else _group(model, about[model])
        points, step = groups.setdefault(group, []), about[model].step
        if model not in named or all(point.step != step for point in points):
            points.append(TrajectoryPoint(rows_by_model[model], step))
    trainings = []
    for group, points in groups.items():
        parent = about[points[0].row.model].parent
        first_step = min(point.step for point in points)
        if parent in rows_by_model and first_step > 0:
            points.append(TrajectoryPoint(rows_by_model[parent], 0.0, is_parent=True))
        trainings.append((group, sorted(points, key=lambda point: point.step)))
    trained = sorted(
        ((group, points) for group, points in trainings if len(points) > 1),
        key=lambda training: training[0],
    )
    if not trained:
        raise UsageError(
            "the figure 'trajectory' draws models along their training, and no two models of this"
            " run are checkpoints of one (`probes run --checkpoints`, or models.yaml: step)"
        )
    return [
        Trajectory(_name(group), mark, tuple(points))
        for (group, points), mark in zip(trained, _training_marks(tables, trained), strict=True)
    ]


def _facts(tables: Tables) -> Mapping[str, _About]:
    """Model -> its facts from `models.csv`."""
    table = tables.models.reindex(columns=["model", "step", "family", "parent", "corpus"])
    return {
        str(model): _About(math.nan if step is None else float(step), *map(_text, texts))
        for model, step, *texts in table.itertuples(index=False)
    }


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _training(model: str) -> str:
    """NAME of a checkpoint NAME@STEP; empty for another name."""
    return model.rpartition(AT)[0]


def _group(model: str, about: _About) -> tuple[str, ...]:
    name = _training(model)
    return (name,) if name else (about.family, about.parent, about.corpus)


def _name(group: tuple[str, ...]) -> str:
    """Name of a training run: its NAME, or parent (else family) and corpus, if known."""
    if len(group) == 1:
        return group[0]
    family, parent, corpus = group
    return " on ".join(filter(None, [parent or family, corpus])) or "checkpoints"


def _training_marks(
    tables: Tables, trained: list[tuple[tuple[str, ...], list[TrajectoryPoint]]]
) -> list[ModelMark]:
    """The mark of each training run: by corpus or family if these differ, else one colour each."""
    marks = _corpora.marks_by_corpus(tables)
    last_marks = [marks[points[-1].row.model] for _, points in trained]
    if len({mark.colour for mark in last_marks}) == len(trained):
        return last_marks
    return [
        ModelMark(_name(group), _style.COLOURS[i % len(_style.COLOURS)], "o")
        for i, (group, _) in enumerate(trained)
    ]
