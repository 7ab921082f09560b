"""Reading classifiers' predictions, of this program or others: `DIR/predictions/*.jsonl`.

A file holds one model trained from one seed: a header, then one line for each text. All files must
have the same texts of the same task. `DIR/downstream.yaml`, if present, names the parents of
models, the controls, and the margin of equivalence.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from probes.downstream import settings
from probes.downstream.lines import PredictionHead, PredictionLine, read_file
from probes.downstream.metrics import Bools, log_sum
from probes.downstream.settings import SETTINGS, DownstreamFile
from probes.errors import RunError, nearest
from probes.placement.interval import Floats, Ints


@dataclass(frozen=True, slots=True)
class Truth:
    """Labels, units and groups of the texts, the same in all files."""

    ids: tuple[str, ...]
    units: Ints
    """``(texts,)``: resampling unit of each text, numbered from 0."""
    groups: tuple[str, ...]
    """Names of all groups."""
    member: Bools
    """``(texts, groups)``: whether the text names the group."""
    label: Ints
    """``(texts,)``: index of the true class."""
    classes: tuple[str, ...]
    """Class names, the positive class first."""

    @property
    def positive(self) -> Bools:
        """``(texts,)``: whether the true class is the positive one."""
        return np.asarray(self.label == 0)


@dataclass(frozen=True, slots=True)
class Predicted:
    """The predictions of one model, trained from one or more seeds."""

    name: str
    seeds: tuple[int, ...]
    logp: Floats
    """``(seeds, texts, classes)``: log-probabilities, NaN where the prediction failed."""

    @property
    def known(self) -> Bools:
        """``(seeds, texts)``: whether there is a prediction."""
        return np.asarray(np.isfinite(self.logp[..., 0]))

    @property
    def said(self) -> Ints:
        """``(seeds, texts)``: index of the predicted class (the first of a tie); -1 if none."""
        return np.asarray(np.where(self.known, self.logp.argmax(axis=-1), -1))

    @property
    def score(self) -> Floats:
        """``(seeds, texts)``: log-odds of the positive class."""
        return np.asarray(self.logp[..., 0] - log_sum(self.logp[..., 1:]))

    def at(self, seeds: Sequence[int]) -> "Predicted":
        """The predictions with these seeds only."""
        rows = [self.seeds.index(seed) for seed in seeds]
        return Predicted(self.name, tuple(seeds), self.logp[rows])


@dataclass(frozen=True, slots=True)
class Predictions:
    """All predictions of a folder, with its settings."""

    task: str
    task_sha256: str
    truth: Truth
    models: tuple[Predicted, ...]
    settings: DownstreamFile
    truncated: int = field(default=0)
    """Number of predictions for truncated texts."""

    def model(self, name: str) -> Predicted:
        """The predictions of the model with this name.

        Raises:
            RunError: there is none.
        """
        for model in self.models:
            if model.name == name:
                return model
        raise RunError(f"no model {name!r} here; {nearest(name, [m.name for m in self.models])}")

    def within(self, margin: float) -> "Predictions":
        """The same predictions with another equivalence margin."""
        return replace(self, settings=self.settings.model_copy(update={"margin": margin}))

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """``(base, child)`` names of models that both have predictions."""
        names = [model.name for model in self.models]
        models = self.settings.models
        return [
            (models[name].parent, name)
            for name in names
            if name in models and models[name].parent in names
        ]


def read(directory: Path) -> Predictions:
    """Read the predictions of a folder.

    Raises:
        RunError, SetError: there are none, a file is damaged, two files have different texts, or
            the training that writes them has not ended.
    """
    settings.require_ended(directory)
    files = _files(directory)
    file = settings.read(directory)
    lines_of: dict[tuple[str, int], dict[str, PredictionLine]] = {}
    first = (*read_file(files[0]), files[0])
    for path in files:
        head, lines = first[:2] if path == files[0] else read_file(path)
        _check_same(path, head, lines, first, file)
        if (head.model, head.seed) in lines_of:
            raise RunError(f"{path}: model {head.model!r} with seed {head.seed} is there already")
        lines_of[head.model, head.seed] = lines
    truth = truth_of(first[0], first[1])
    settings.require_known(directory, file, {model for model, _ in lines_of}, truth.groups)
    models = []
    for name in dict.fromkeys(sorted(model for model, _ in lines_of)):
        seeds = tuple(sorted(seed for model, seed in lines_of if model == name))
        logp = np.stack([_logp(lines_of[name, seed], truth) for seed in seeds])
        models.append(Predicted(name, seeds, logp))
    cut = sum(
        line.status == "truncated"
        for text_lines in lines_of.values()
        for line in text_lines.values()
    )
    return Predictions(first[0].task, first[0].task_sha256, truth, tuple(models), file, cut)


def require(directory: Path) -> None:
    """Check that a folder holds predictions, before anything is written there.

    Raises:
        RunError: there is no such folder, or it holds no predictions.
    """
    if not directory.is_dir():
        what = "is a file, not a folder" if directory.exists() else "there is no such folder"
        raise RunError(f"{directory}: {what}; give one that holds predictions/MODEL.SEED.jsonl")
    _files(directory)


def _files(directory: Path) -> list[Path]:
    files = sorted((directory / settings.FOLDER).glob("*.jsonl"))
    if not files:
        raise RunError(f"{directory}/predictions: holds no predictions (MODEL.SEED.jsonl)")
    return files


def _check_same(
    path: Path,
    head: PredictionHead,
    lines: Mapping[str, PredictionLine],
    first: tuple[PredictionHead, Mapping[str, PredictionLine], Path],
    file: DownstreamFile,
) -> None:
    """Refuse predictions of another task, of other texts, or with other labels or groups."""
    other, first_lines, place = first
    wanted = file.task_sha256 or other.task_sha256
    if head.task_sha256 != wanted:
        whose = SETTINGS if file.task_sha256 else place.name
        raise RunError(
            f"{path}: is of another task: task_sha256 {head.task_sha256[:12]}..., in {whose} "
            f"{wanted[:12]}..."
        )
    if (sorted(head.classes), head.positive) != (sorted(other.classes), other.positive):
        raise RunError(f"{path}: line 1: has other classes than {place.name}")
    if lines.keys() != first_lines.keys():
        lacking = len(first_lines.keys() - lines.keys()), len(lines.keys() - first_lines.keys())
        raise RunError(
            f"{path}: is not of the same texts as {place.name}: {lacking[0]} are not here, "
            f"{lacking[1]} only here; a text without a prediction has status 'failed'"
        )
    for number, text in enumerate(lines.values(), start=2):
        before = first_lines[text.id]
        for key in ("unit", "label"):
            if getattr(text, key) != getattr(before, key):
                raise RunError(f"{path}: line {number}: has another {key} than in {place.name}")
        if set(text.groups) != set(before.groups):
            raise RunError(f"{path}: line {number}: has other groups than in {place.name}")


def truth_of(head: PredictionHead, lines: Mapping[str, PredictionLine]) -> Truth:
    """Labels, units and groups of the texts of one file.

    Raises:
        RunError: no text names a group, or all are of one class.
    """
    texts = list(lines.values())
    groups = tuple(sorted({group for text in texts for group in text.groups}))
    if not groups:
        raise RunError("no text of these predictions names a group; there is nothing to compare")
    classes = (head.positive, *sorted(set(head.classes) - {head.positive}))
    if len({text.label for text in texts}) < 2:
        raise RunError(
            f"all texts of these predictions are {texts[0].label!r}: one class only; recall or "
            "false alarms cannot be counted"
        )
    _, units = np.unique([text.unit for text in texts], return_inverse=True)
    return Truth(
        tuple(lines),
        units.astype(np.int64),
        groups,
        np.array([[group in text.groups for group in groups] for text in texts]),
        np.array([classes.index(text.label) for text in texts]),
        classes,
    )


def _logp(lines: Mapping[str, PredictionLine], truth: Truth) -> Floats:
    """Log-probabilities ``(texts, classes)``; NaN without a prediction."""
    nothing = [math.nan] * len(truth.classes)
    by_text = [lines[name].logp for name in truth.ids]
    return np.array([nothing if p is None else [p[c] for c in truth.classes] for p in by_text])
