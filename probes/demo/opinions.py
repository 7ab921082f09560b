"""`probes demo`: small models with known opinions are trained, probed and compared.

An instrument check, and labelled as one: eight real transformers, half masked and half causal, are
taught from nothing (`train`) what to say to the very prompts of the protocol (`lessons`), saved as
ordinary checkpoint folders, and put through the ordinary run. It shows that the way from weights
to placement is right; it says nothing about any real model.
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
"""That train side by side, one thread each: the same weights on any number of cores."""
MAX_DISTANCE = 1.5
"""Points within which a planted position must be found."""
MIN_YES_BIAS = 0.5
"""Yes-bias that a yes-sayer must at least show."""
VERSION = 1
"""Of the way models are taught; a demo of another version does not go on."""

Row = dict[str, object]


def run(
    out: Path, on_progress: OnProgress | None = None, curriculum: Curriculum | None = None
) -> list[Row]:
    """Teach, probe and compare; what is there already is not made again.

    Args:
        out: ``out/models/NAME`` are the checkpoints, ``out/run`` is the run folder.
        on_progress: takes the progress of each model, first trained, then probed.
        curriculum: what is taught to which models; the whole demo if None.

    Returns:
        A row a model and axis: planted against measured position, and what came of it.

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
    """What must be the same for a demo to go on."""
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
    """Let processes of their own train the models; each folder appears when it is complete."""
    if not names:
        return
    parts = [names[start::PROCESSES] for start in range(min(PROCESSES, len(names)))]
    on_step = step_reporter("teaching", names, on_progress)
    train_side_by_side("probes.demo.train", asdict(curriculum), out, parts, on_step)


def _rows(tables: Tables, curriculum: Curriculum) -> Iterator[Row]:
    """Planted against measured position."""
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
    """Near the truth and in its half (at the centre: the interval holds it); placed, unless it was
    taught to say yes whatever is said: then not placed, and its yes-bias seen."""
    position, low, high, yes_bias = (
        float(str(row[name])) for name in ("position", "low", "high", "yes_bias")
    )
    on_its_side = low <= 0 <= high if planted == 0 else planted * position > 0
    gate = not row["placed"] and yes_bias > MIN_YES_BIAS if blind else bool(row["placed"])
    return abs(position - planted) <= MAX_DISTANCE and on_its_side and gate
