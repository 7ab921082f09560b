"""Fine-tuning several models for one task from several seeds, and the tables of the results.

This is the command `probes downstream run`. The folder::

    DIR/predictions/MODEL.SEED.jsonl   predictions: one line for each test text, by fold
    DIR/training.json                  options and hashes of the base weights
    DIR/downstream.yaml                each model's parent, and which models are controls
    DIR/*.csv                          every table (`downstream.conclude`)

After a kill at any moment, the same command resumes after the last complete fold and ends, on the
same machine, with the same bytes. Seeds or models can be added later. No trained model is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from probes.debiasing.bias import BiasModel
from probes.downstream import conclude
from probes.downstream.settings import (
    FOLDER,
    RECORD,
    SETTINGS,
    AskedPredictions,
    DownstreamFile,
    DownstreamModel,
    file_of,
)
from probes.downstream.settings import read as read_settings
from probes.downstream.task import overlap, tasks
from probes.downstream.task import texts as task_texts
from probes.errors import RunError, UsageError
from probes.files.atomic import write
from probes.models import registry
from probes.training import begin, distributed
from probes.training.classifiers import contestants
from probes.training.classifiers.request import (
    ClassifierOptions,
    OnClassifierProgress,
    StudyRequest,
)

if TYPE_CHECKING:
    import pandas as pd

    from probes.training.classifiers.lessons import Part, TaskLabels
    from probes.training.classifiers.trainings import Trainings

ONE_SEED = "one seed: every interval is about these trained models only; give --seeds 5"


@dataclass(frozen=True, slots=True)
class StudyOutcome:
    """The tables and warnings of a study."""

    tables: dict[str, pd.DataFrame] = field(repr=False)
    warnings: tuple[str, ...]


def run_study(
    request: StudyRequest,
    on_progress: OnClassifierProgress | None = None,
    concluded: Callable[[Path], dict[str, pd.DataFrame]] = conclude.placed,
) -> StudyOutcome:
    """Train, predict and write the tables; or resume a study that was stopped.

    Args:
        request: models, task, options and folder.
        on_progress: called with the optimizer steps done and in total.
        concluded: writes the tables (and figures of them) while the folder is locked.

    Raises:
        ProbesError: any fault that the user can correct; finished predictions stay on disk.
    """
    for fault in request.faults():
        raise UsageError(fault)
    require_one_process(request.regime)
    read = task_texts.read(tasks.load(request.task, request.copies))
    specs = registry.unique(registry.resolve(model) for model in request.models)
    trained = contestants.contestants(specs, request)
    from probes.training.classifiers import counted, evidence  # imports torch
    from probes.training.classifiers.lessons import TaskLabels
    from probes.training.classifiers.trainings import Trainings

    task = TaskLabels.of(read)
    groups = evidence.require_usable(task).groups
    counting = counted.chosen(task, request.controls)
    shortcut = BiasModel.opened(request.regime.bias)
    regimes = [request.with_loss(loss) for loss in request.losses]
    parts = [task.biased(part, shortcut, regimes) for part in task.parts]
    path = request.out / RECORD
    with begin.claimed(path, "the folder of trained classifiers"):
        study = Trainings(request, task, parts, _record(path, request, task, shortcut), on_progress)
        study.record["asked"] = _asked(trained, counting, request, parts).model_dump()
        study.total = sum(map(study.steps_of, trained))
        for _, same_model in groupby(trained, key=lambda contestant: contestant.spec.name):
            study.run(list(same_model))
        for name in counting:
            _count(study, name)
        bundles = _bundles(task, groups)
        _write_settings(request, task, contestants.entries(trained, counting), bundles)
        study.clear()
        begin.write_record(path, study.record)  # not yet written if no training was needed
        tables = concluded(request.out)
    warnings = [*contestants.orphans(specs), *study.warnings(), *_seen(task, parts)]
    if request.seeds == 1:
        warnings.append(ONE_SEED)
    return StudyOutcome(tables, tuple(warnings))


def _seen(task: TaskLabels, parts: Sequence[Part]) -> Iterator[str]:
    """A warning if test texts are also training texts."""
    texts = task.task.texts
    if count := sum(overlap.seen_in_training(texts, part.train, part.test) for part in parts):
        yield overlap.seen_sentence(count, sum(len(part.test) for part in parts))


def require_one_process(regime: ClassifierOptions) -> None:
    """Check that this is a single process and that all required libraries are installed.

    Raises:
        UsageError: they are not, or it is one of several processes.
    """
    begin.require("accelerate", "fine-tuning")
    for library in regime.libraries:
        begin.require(library, "--lora")
    if distributed.is_several():
        raise UsageError("classifiers are trained in one process: start it without a launcher")


def _record(
    path: Path, request: StudyRequest, task: TaskLabels, shortcut: BiasModel
) -> begin.Settings:
    """The folder's `training.json`, new or existing; seeds and models may be added to it.

    Raises:
        RunError: options, task or library versions differ from the recorded ones.
    """
    regime = {k: v for k, v in asdict(request.regime).items() if k not in ("seed", "loss")}
    settings: begin.Settings = {
        "format": 1,
        "task": task.task.file.name,
        "task_sha256": task.task.sha256,
        "regime": {**regime, "loss": request.losses[0]},
        "bias_sha256": shortcut.sha256,
        "versions": begin.versions(*request.regime.libraries),
    }
    if not path.exists() or _is_unbegun(request.out):
        record = {**settings, begin.RATE: request.regime.rate, "models": {}}
        begin.write_record(path, record)
        return record
    record = begin.read_record(path)
    begin.refuse_other(request.out, list(begin.differences(record, settings)))
    if not _is_listing(record.get("models")):
        raise RunError(f"{path}: is damaged; use another --out")
    return record


def _asked(
    trained: Sequence[contestants.Contestant],
    counting: Sequence[str],
    request: StudyRequest,
    parts: Sequence[Part],
) -> AskedPredictions:
    """The predictions that a finished study has."""
    seeds = {contestant.name: request.seeds for contestant in trained} | dict.fromkeys(counting, 1)
    return AskedPredictions(texts=sum(len(part.test) for part in parts), seeds=seeds)


def _is_listing(models: object) -> bool:
    """Whether `models` of a record has the right structure."""
    return isinstance(models, dict) and all(
        isinstance(entry, dict)
        and all(type(entry.get(key)) is int for key in ("length", "truncated"))
        for entry in models.values()
    )


def _is_unbegun(out: Path) -> bool:
    """Whether no prediction exists that could be lost: then the options may still change."""
    from probes.files import journal

    files = (out / FOLDER).glob("*.jsonl")
    return all(len(list(islice(journal.lines(file), 2))) < 2 for file in files)


def _count(study: Trainings, name: str) -> None:
    """Write the predictions of a word-count control."""
    from probes.training.classifiers import counted, evidence

    path = file_of(study.request.out, name, 0)
    head = evidence.header(study.task, name, 0)
    with evidence.opened(path, study.task, head, study.parts) as file:
        if file.done == len(study.parts):
            return
        logp = counted.log_probabilities(study.task, name)
        never_cut = (False,) * len(study.task.labels)
        for part in study.parts[file.done :]:
            file.append(evidence.batch(study.task, part, logp[list(part.test)], never_cut))


def _bundles(task: TaskLabels, groups: Sequence[str]) -> dict[str, list[str]]:
    """The task's bundles, restricted to groups in test texts, without empty or complete ones."""
    named = {
        name: [group for group in members if group in groups]
        for name, members in task.task.file.bundles.items()
    }
    return {name: members for name, members in named.items() if 0 < len(members) < len(groups)}


def _write_settings(
    request: StudyRequest,
    task: TaskLabels,
    models: Mapping[str, DownstreamModel],
    bundles: dict[str, list[str]],
) -> None:
    """Write `downstream.yaml`; entries of an existing file, edited by the user, are kept."""
    path = request.out / SETTINGS
    settings = DownstreamFile(
        task=task.task.file.name,
        task_sha256=task.task.sha256,
        margin=task.task.file.margin,
        bundles=bundles,
        models=dict(models),
    )
    if path.is_file():
        existing = read_settings(request.out)
        if existing.models.keys() >= models.keys():
            return
        settings = existing.model_copy(update={"models": {**models, **existing.models}})
    fields = settings.model_dump(exclude_defaults=True)
    write(path, yaml.safe_dump(fields, sort_keys=False, allow_unicode=True).encode())
