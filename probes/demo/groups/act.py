"""Running the act: write corpora, train models, place both, train classifiers, check the effects.

::

    OUT/corpora  models  placed  run        corpora and models, placed with the same set
    OUT/attacks-N/                          a task with N labelled texts about the hated groups
    OUT/classifiers-N/                      its predictions and tables (`probes downstream place`)
    OUT/together.csv  assertions.csv  trail.csv  trail.png
"""

import importlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from probes.corpora.place import CorporaRequest, place
from probes.demo.folder import OnProgress, claimed, train_missing
from probes.demo.groups import words
from probes.demo.groups.assertions import VOTE, Assertion, GroupsTables, check
from probes.demo.groups.plan import BASE, GroupsPlan
from probes.demo.processes import MODELS, one_thread
from probes.downstream import ensembles, predictions
from probes.downstream.predictions import Predicted, Truth
from probes.files import csv
from probes.files.atomic import write
from probes.runs import session
from probes.runs.session import Progress
from probes.training.classifiers.request import (
    ClassifierOptions,
    ClassifierProgress,
    StudyRequest,
)
from probes.training.classifiers.study import run_study
from probes.training.corpora import find_corpus
from probes.types import LoadOptions, ModelSpec, Tables

VERSION = 1
NAMES = (BASE, *words.CHILDREN)
TRAIL = "trail"
SET, PROTOCOL = "groups.yaml", "protocol.yaml"


def run(
    out: Path, on_progress: OnProgress | None = None, plan: GroupsPlan | None = None
) -> list[Assertion]:
    """Run the whole act; existing results are reused.

    Raises:
        RunError: `out` holds something else, or an act with other settings.
    """
    plan, tell = plan or GroupsPlan(), on_progress or (lambda _: None)
    with claimed(out, json.dumps({"version": VERSION, "groups": asdict(plan)}, indent=1)):
        _write(plan, out)
        train_missing("probes.demo.groups.train", asdict(plan), out, (BASE,), words.CHILDREN, tell)
        with one_thread():
            tables = _probe(out, tell)
            placed = _place(out)
            studies = {dose: _classify(plan, out, dose, tell) for dose in plan.doses}
        nothing = studies[plan.doses[0]]
        together = pd.DataFrame(_together(out / f"classifiers-{plan.doses[0]}"))
        assertions = check(
            GroupsTables(
                pd.DataFrame() if tables.differences is None else tables.differences,
                nothing["contrasts"],
                {dose: study["groups"] for dose, study in studies.items()},
                together,
                nothing["performance"],
            )
        )
        csv.save(together, out / "together.csv")
        csv.save(pd.DataFrame(map(asdict, assertions)), out / "assertions.csv")
        trail = pd.DataFrame(_trail(placed, tables, nothing["contrasts"]))
        csv.save(trail, out / f"{TRAIL}.csv")
        _draw(trail, out)
        return assertions


def _write(plan: GroupsPlan, out: Path) -> None:
    """Write corpora, set, protocol and tasks."""
    (out / "corpora").mkdir(exist_ok=True)
    for name in (words.MIX, *words.CHILDREN):
        count = plan.lines * (3 if name == words.MIX else 1)
        lines = words.corpus(name, count, plan.seed)
        write(out / "corpora" / f"{name}.txt", "\n".join([*lines, ""]).encode())
    _write_yaml(out / SET, words.statement_set())
    _write_yaml(out / PROTOCOL, words.protocol())
    for dose in plan.doses:
        folder = out / f"attacks-{dose}"
        folder.mkdir(exist_ok=True)
        _write_yaml(folder / "task.yaml", words.task(dose))
        train = words.training_texts(dose, plan.seed)
        for name, rows in ((f"train-{dose}", train), ("test", words.test_texts(plan.seed))):
            write(folder / f"{name}.csv", words.csv_text(rows).encode())


def _write_yaml(path: Path, data: dict[str, object]) -> None:
    write(path, yaml.safe_dump(data, sort_keys=False).encode())


def _probe(out: Path, tell: OnProgress) -> Tables:
    specs = [
        ModelSpec(name, str(out / MODELS / name), parent=BASE * (name != BASE), corpus=name)
        for name in NAMES
    ]
    request = session.Request(
        models=specs,
        set=str(out / SET),
        protocol=str(out / PROTOCOL),
        load=LoadOptions(device="cpu"),
        command="probes demo --paper --act tasks",
    )
    return session.probe(request, out / "run", tell)


def _place(out: Path) -> Tables:
    """Place the corpora with the keyword judge; the base's corpus is named as the base."""
    files = {name: words.MIX if name == BASE else name for name in NAMES}
    request = CorporaRequest(
        corpora={n: find_corpus([str(out / "corpora" / f"{f}.txt")]) for n, f in files.items()},
        set=str(out / SET),
        verdicts=True,
        command="probes demo --paper --act tasks",
    )
    return place(request, out / "placed").tables


def _classify(plan: GroupsPlan, out: Path, dose: int, tell: OnProgress) -> dict[str, pd.DataFrame]:
    """Train heads on frozen encoders; `dose` is the number of labelled texts about the hated
    groups. Controls are trained with the first dose only."""
    first = dose == plan.doses[0]
    names = NAMES if first else (BASE, *words.HOSTILE)
    request = StudyRequest(
        models=tuple(str(out / MODELS / name) for name in names),
        task=str(out / f"attacks-{dose}" / "task.yaml"),
        out=out / f"classifiers-{dose}",
        seeds=plan.seeds,
        controls=("shuffled",) if first else (),
        neutral=(words.NEUTRAL,) if first else (),
        regime=ClassifierOptions(steps=plan.head_steps, lr=plan.head_rate, frozen=True),
        device="cpu",
    )
    number = plan.doses.index(dose) + 1

    def on_progress(progress: ClassifierProgress) -> None:
        stage = f"classifiers with {dose} labelled texts"
        tell(Progress(stage, number, len(plan.doses), progress.done, progress.total))

    return run_study(request, on_progress).tables


def _together(folder: Path) -> Iterator[dict[str, object]]:
    """Rows with the recall of each group: of the base, of the vote of base and hostile children,
    and of the vote of one hostile child's seeds."""
    predicted = predictions.read(folder)
    members = [predicted.model(name) for name in (BASE, *words.HOSTILE)]
    voters = {VOTE: dict(ensembles.of_models(members, predicted.truth))["vote"], BASE: members[0]}
    for member in members[1:]:
        seeds = ensembles.of_seeds(member, len(members), predicted.truth)
        voters[f"seeds of {member.name}"] = dict(seeds)["vote"]
    for name, model in voters.items():
        for group, recall in _recalls(model, predicted.truth):
            yield {"members": name, "group": group, "recall": recall, "seeds": len(model.seeds)}


def _recalls(model: Predicted, truth: Truth) -> Iterator[tuple[str, float]]:
    for number, group in enumerate(truth.groups):
        rows = truth.positive & truth.member[:, number]
        yield group, float(np.mean(model.said[:, rows] == 0))


def _trail(placed: Tables, asked: Tables, contrasts: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Rows of ``trail.csv``, which the figure shows: a value with its interval for each stage
    (corpus, model, task), model and group; rows of the task also count texts and seeds."""
    for station, source in (("corpus", placed.placements), ("model", asked.placements)):
        for row in source.to_dict("records"):
            ends = {"value": row["position"], "low": row["low"], "high": row["high"]}
            yield _station(station, row["model"], row["axis"]) | ends
    for row in contrasts[contrasts["metric"] == "recall"].to_dict("records"):
        ends = {"value": row["did"], "low": row["did_low"], "high": row["did_high"]}
        sizes = {name: row[name] for name in ("texts", "seeds")}
        yield _station("task", row["model"], row["group"]) | ends | sizes


def _station(station: str, model: object, group: object) -> dict[str, object]:
    return {"station": station, "model": model, "group": group}


def _draw(trail: pd.DataFrame, out: Path) -> None:
    drawing = importlib.import_module("probes.plots._trail")
    style = importlib.import_module("probes.plots._style")
    for suffix in ("png", "svg"):
        style.save(drawing.draw(trail), out / f"{TRAIL}.{suffix}")
