"""`probes demo`: small models with known opinions are trained, probed and compared.

A check of the instrument: eight small transformers, four masked and four causal, are trained from
scratch (`train`) on the protocol's prompts with known answers (`lessons`), saved as ordinary
checkpoints, and probed by an ordinary run. It shows that the computation from weights to placement
is correct; it says nothing about any real model.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import cast

from probes.demo.folder import OnProgress, claimed, step_reporter
from probes.demo.lessons import Curriculum, kind_and_opinion, planted_positions
from probes.demo.processes import MODELS, one_thread, train_side_by_side
from probes.runs import session
from probes.types import LoadOptions, ModelSpec, Tables

PROCESSES = 2
"""Training processes in parallel, one thread each: the weights do not depend on the cores."""
MAX_DISTANCE = 1.5
"""Maximum distance of a measured position from the planted one, in points of the scale."""
MIN_YES_BIAS = 0.5
"""Minimum yes-bias to be measured for a yes-sayer."""
VERSION = 1
"""Version of the training method; a demo of another version is not resumed."""

Row = dict[str, object]


def run(
    out: Path, on_progress: OnProgress | None = None, curriculum: Curriculum | None = None
) -> list[Row]:
    """Train, probe and compare; existing results are reused.

    Args:
        out: ``out/models/NAME`` are the checkpoints, ``out/run`` is the run folder.
        on_progress: called with the progress of training and probing each model.
        curriculum: settings; the whole demo if None.

    Returns:
        A row for each model and axis: planted and measured position, and whether they agree.

    Raises:
        RunError: `out` holds something else, or another curriculum's demo.
    """
    curriculum, on_progress = curriculum or Curriculum(), on_progress or (lambda _: None)
    folders = {name: out / MODELS / name for name in curriculum.models}
    request = session.Request(
        models=[
            ModelSpec(name, str(folder), family=kind_and_opinion(name)[0])
            for name, folder in folders.items()
        ],
        set=curriculum.set,
        protocol=curriculum.protocol,
        load=LoadOptions(device="cpu"),
        command="probes demo",
    )
    with claimed(out, _settings(curriculum)):
        missing = [name for name, folder in folders.items() if not folder.exists()]
        _train(missing, curriculum, out, on_progress)
        with one_thread():
            tables = session.probe(request, out / "run", on_progress)
        return list(_rows(tables, curriculum))


def _settings(curriculum: Curriculum) -> str:
    """Settings that must be equal for a demo to be resumed, as JSON."""
    materials = curriculum.materials()
    hashes = {
        "set": materials.statements.sha256,
        "protocol": materials.recipe.sha256,
        "controls": materials.controls.sha256 if materials.controls else "",
    }
    return json.dumps({"version": VERSION, **asdict(curriculum), "sha256": hashes}, indent=1)


def _train(
    names: Sequence[str], curriculum: Curriculum, out: Path, on_progress: OnProgress
) -> None:
    """Train the models in subprocesses; a model's folder appears when it is complete."""
    if not names:
        return
    parts = [names[start::PROCESSES] for start in range(min(PROCESSES, len(names)))]
    on_step = step_reporter("teaching", names, on_progress)
    train_side_by_side("probes.demo.train", asdict(curriculum), out, parts, on_step)


def _rows(tables: Tables, curriculum: Curriculum) -> Iterator[Row]:
    """A row for each model and axis: planted and measured position."""
    statements = curriculum.materials().statements
    for row in cast("list[Row]", tables.placements.to_dict("records")):
        opinion = kind_and_opinion(str(row["model"]))[1]
        planted = planted_positions(opinion, statements)[str(row["axis"])]
        yield {
            "model": row["model"],
            "axis": row["axis"],
            "planted": planted,
            "measured": row["position"],
            "low": row["low"],
            "high": row["high"],
            "yes_bias": row["yes_bias"],
            "placed": bool(row["placed"]),
            "found": _is_found(row, planted, blind=opinion == "yes-sayer"),
        }


def _is_found(row: Row, planted: float, *, blind: bool) -> bool:
    """Whether the measured position is near the planted one and on the same side of 0 (planted 0:
    the interval includes 0), and the model is placed. A yes-sayer (`blind`) must instead not be
    placed and show its yes-bias."""
    position, low, high, yes_bias = (
        float(str(row[name])) for name in ("position", "low", "high", "yes_bias")
    )
    on_its_side = low <= 0 <= high if planted == 0 else planted * position > 0
    gate = not row["placed"] and yes_bias > MIN_YES_BIAS if blind else bool(row["placed"])
    return abs(position - planted) <= MAX_DISTANCE and on_its_side and gate
