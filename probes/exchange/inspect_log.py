"""Export of one model of a run as a log of Inspect (inspect_ai).

Each answer is a sample: the prompt is its input, the reply or the likeliest option its output, the
agreement its score (none without an answer). Positions on axes are a score of the whole log. The
metadata of a sample identify its cell, for `backends.recordings.cell` to read back.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from probes.backends.recordings.cell import KEY
from probes.backends.recordings.inspect_log import EXTRA
from probes.errors import RunError, UsageError, nearest
from probes.evidence import answers
from probes.exchange import inspect_samples
from probes.files import atomic
from probes.runs import read_back
from probes.runs.folder import Folder
from probes.types import Header

if TYPE_CHECKING:
    import pandas as pd
    from inspect_ai.log import EvalLog, EvalSample, EvalScore

FORMATS: Mapping[str, Literal["eval", "json"]] = {".eval": "eval", ".json": "json"}
FACTS = ("set", "set_sha256", "protocol", "protocol_sha256", "seed", "limit", "plan", "cells")
"""Fields of the evidence header that go into the log's metadata."""


def save(run: Path, target: Path, model: str = "") -> Path:
    """Write the log of one model of a run; an existing file is replaced once it is complete.

    Args:
        run: The run folder.
        target: The file to write, ``.eval`` or ``.json``.
        model: Name of the model; may be empty if the run has only one.

    Raises:
        RunError: the run has no answers or tables, or damaged ones; the file cannot be written.
        UsageError: Inspect is not installed, the suffix is wrong, or there is no such model.
    """
    form = FORMATS.get(target.suffix.lower())
    if form is None:
        raise UsageError(f"--inspect {target}: should end in .eval or .json")
    try:
        from inspect_ai.log import write_eval_log
    except ModuleNotFoundError:
        raise UsageError(f"--inspect needs Inspect: {EXTRA}") from None
    folder = Folder(run)
    name = _model(folder, model)
    tables = read_back.tables(run)
    log = _log(folder, name, tables.placements)
    try:
        with atomic.replacing(target) as part:
            write_eval_log(log, str(part.absolute()), format=form)
    except OSError as error:
        raise RunError(f"{target}: cannot be written: {error.strerror or error}") from None
    return target


def _model(folder: Folder, name: str) -> str:
    """The name of the model to export."""
    names = folder.models()
    if not name and len(names) == 1:
        return names[0]
    if name not in names:
        raise UsageError(
            f"--model {name}: {folder.path} has none: {nearest(name, names)}"
            if name
            else f"{folder.path}: holds {len(names)} models ({', '.join(names)[:200]}); a log of "
            "Inspect has one: --model NAME"
        )
    return name


def _log(folder: Folder, name: str, placements: "pd.DataFrame") -> "EvalLog":
    from inspect_ai.log import EvalConfig, EvalDataset, EvalLog, EvalResults, EvalSpec

    header, lines = answers.read(folder.answers(name))
    samples = list(inspect_samples.samples(header, lines))
    started = _started(folder)
    identity = hashlib.sha256(f"{header.plan}\0{name}\0{started}".encode()).hexdigest()
    scored = [sample for sample in samples if sample.scores]
    results = EvalResults(
        total_samples=len(samples),
        completed_samples=len(samples),
        scores=[*_agreement(samples), *_position(placements, name)],
    )
    return EvalLog(
        status="success" if len(samples) == header.cells else "cancelled",
        eval=EvalSpec(
            created=started,
            eval_id=identity[:22],
            run_id=header.plan[:22],
            task_id=header.plan[22:44],
            task=f"{header.set}-{header.protocol}",
            dataset=EvalDataset(name=header.set, samples=len(samples)),
            model=name,
            model_args={"id": header.model.id, "dtype": header.model.dtype},
            config=EvalConfig(),
            packages=dict(header.versions),
            metadata={KEY: _about(header), "scored": len(scored)},
        ),
        results=results,
        samples=samples,
    )


def _started(folder: Folder) -> str:
    """Start time of the run (ISO 8601); the Unix epoch if `run.yaml` does not have it."""
    match folder.run().get("sessions"):
        case [{"started": str(start)}, *_]:
            with suppress(ValueError):
                if datetime.fromisoformat(start).tzinfo is not None:
                    return start
    return datetime.fromtimestamp(0, UTC).isoformat()


def _about(header: Header) -> dict[str, object]:
    """The model and settings in the evidence header, as metadata."""
    model = {name: value for name, value in asdict(header.model).items() if value not in ("", None)}
    return {**{name: getattr(header, name) for name in FACTS}, "model": model}


def _agreement(samples: "Sequence[EvalSample]") -> "list[EvalScore]":
    """The mean agreement over all samples with a score (not a position: see `_position`)."""
    from inspect_ai.log import EvalMetric, EvalScore

    values = [cast("float", s.scores["agreement"].value) for s in samples if s.scores]
    if not values:
        return []
    mean = EvalMetric(name="mean", value=math.fsum(values) / len(values))
    return [
        EvalScore(
            name="agreement",
            scorer="agreement",
            scored_samples=len(values),
            unscored_samples=len(samples) - len(values),
            metrics={"mean": mean},
        )
    ]


def _position(placements: "pd.DataFrame", name: str) -> "list[EvalScore]":
    """Position and interval on each axis, and whether the model is placed on it."""
    from inspect_ai.log import EvalMetric, EvalScore

    rows = placements[placements["model"] == name].to_dict("records")
    metrics = {
        label: EvalMetric(name=label, value=float(row[column]))
        for row in rows
        for column, label in (
            ("position", f"{row['axis']}"),
            ("low", f"{row['axis']} low"),
            ("high", f"{row['axis']} high"),
        )
        if math.isfinite(row[column])
    }
    placed = {str(row["axis"]): bool(row["placed"]) for row in rows}
    if not metrics:
        return []
    return [
        EvalScore(name="position", scorer="position", metrics=metrics, metadata={"placed": placed})
    ]
