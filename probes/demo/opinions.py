"""`probes demo`: small models with known opinions are trained, probed and compared.

An instrument check, and labelled as one: eight real transformers, half masked and half causal, are
taught from nothing (`train`) what to say to the very prompts of the protocol (`lessons`), saved as
ordinary checkpoint folders, and put through the ordinary run. It shows that the way from weights
to placement is right; it says nothing about any real model.
"""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import cast

from probes.demo.folder import claimed, one_thread, side_by_side
from probes.demo.lessons import Curriculum, planted, split
from probes.runs import session
from probes.runs.session import Progress
from probes.types import LoadOptions, ModelSpec, Tables

WORKERS = 2
"""Processes that teach side by side, one thread each: the same weights on any number of cores."""
NEAR = 1.5
"""Points within which a planted position must be found."""
YES = 0.5
"""Yes-bias that a yes-sayer must at least show."""
VERSION = 1
"""Of the way models are taught; a demo of another version does not go on."""

Tell = Callable[[Progress], None]
Row = dict[str, object]


def run(out: Path, tell: Tell | None = None, course: Curriculum | None = None) -> list[Row]:
    """Teach, probe and compare; what is there already is not made again.

    Args:
        out: ``out/models/NAME`` are the checkpoints, ``out/run`` is the run folder.
        tell: is told of the progress of each model, first at school, then probed.
        course: what is taught to whom; the whole demo if None.

    Returns:
        A row a model and axis: planted against measured position, and what came of it.

    Raises:
        RunError: `out` holds something else, or another course's demo.
    """
    course, tell = course or Curriculum(), tell or (lambda _: None)
    school = out / "models"
    request = session.Request(
        models=[ModelSpec(n, str(school / n), family=split(n)[0]) for n in course.models],
        set=course.set,
        protocol=course.protocol,
        load=LoadOptions(device="cpu"),
        command="probes demo",
    )
    with claimed(out, _mark(course)):
        missing = [name for name in course.models if not (school / name).exists()]
        _teach(missing, course, school, tell)
        with one_thread():
            tables = session.probe(request, out / "run", tell)
        return list(_compared(tables, course))


def _mark(course: Curriculum) -> str:
    """What must be the same for a demo to go on."""
    materials = course.materials()
    texts = {
        "set": materials.statements.sha256,
        "protocol": materials.recipe.sha256,
        "controls": materials.controls.sha256 if materials.controls else "",
    }
    return json.dumps({"version": VERSION, **asdict(course), "sha256": texts}, indent=1)


def _teach(names: Sequence[str], course: Curriculum, school: Path, tell: Tell) -> None:
    """Let processes of their own train the models; each folder appears when it is complete."""
    if not names:
        return
    command = [sys.executable, "-m", "probes.demo.train", json.dumps(asdict(course)), str(school)]
    commands = [[*command, *names[start::WORKERS]] for start in range(min(WORKERS, len(names)))]

    def heard(name: str, done: int, steps: int) -> None:
        place = names.index(name) + 1
        tell(Progress(f"teaching {name}", place, len(names), done, steps))

    side_by_side(commands, heard, school)


def _compared(tables: Tables, course: Curriculum) -> Iterator[Row]:
    statements = course.materials().statements
    for row in cast("list[Row]", tables.placements.to_dict("records")):
        opinion = split(str(row["model"]))[1]
        truth = planted(opinion, statements)[str(row["axis"])]
        yield {
            "model": row["model"],
            "axis": row["axis"],
            "planted": truth,
            "measured": row["position"],
            "low": row["low"],
            "high": row["high"],
            "yes_bias": row["yes_bias"],
            "placed": bool(row["placed"]),
            "found": _found(row, truth, blind=opinion == "yes-sayer"),
        }


def _found(row: Row, truth: float, *, blind: bool) -> bool:
    """Near the truth and in its half (at the centre: the interval holds it); placed, unless it was
    taught to say yes whatever is said: then not placed, and its yes-bias seen."""
    position, low, high, yes = (
        float(str(row[name])) for name in ("position", "low", "high", "yes_bias")
    )
    at_truth = low <= 0 <= high if truth == 0 else truth * position > 0
    gate = not row["placed"] and yes > YES if blind else bool(row["placed"])
    return abs(position - truth) <= NEAR and at_truth and gate
