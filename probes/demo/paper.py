"""`probes demo --paper`: the chain of Feng et al. 2023 in miniature, with the control it lacked.

Six corpora, news and forum by left, centre and right, are written from the project's own statements
(`paper_corpora`); a small masked and a small causal base model learn a balanced mix, and each is
trained further on each corpus, and on neutral text (`paper_train`, by `pretrain`); all are probed,
and each child is compared with its base. `dose` places the corpora themselves on the same axes. It
shows that the way from corpus to placement is right; it says nothing about any real model.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, cast

from probes.corpora import dose_files
from probes.corpora.place import CorporaRequest, place
from probes.demo import paper_corpora
from probes.demo.folder import OnProgress, claimed, step_reporter
from probes.demo.paper_corpora import BASE, MIX, NEUTRAL, PaperPlan
from probes.demo.processes import MODELS, one_thread, train_side_by_side
from probes.files.atomic import write
from probes.instruments import sets
from probes.output import figures
from probes.runs import session
from probes.training.corpora import find_corpus
from probes.types import LoadOptions, ModelSpec

if TYPE_CHECKING:
    import pandas as pd

    from probes.types import Tables

VERSION = 3
"""Of the way corpora are written and models trained; a demo of another version does not go on."""
FIGURES = ("families", "shift")
"""Their Figures 1 and 3."""
PLACED, DOSE = "placed", "dose"
"""Folders of the corpora as they were placed, and of what they did to models."""
EXPECTED = {-1: "left", 0: "none", 1: "right"}

Row = dict[str, object]


def run(
    out: Path, on_progress: OnProgress | None = None, plan: PaperPlan | None = None
) -> list[Row]:
    """Write, train, probe and compare; what is there already is not made again.

    Args:
        out: ``out/corpora``, ``out/models/NAME`` and ``out/run``, the run folder.
        on_progress: takes the progress of each model, first trained, then probed.
        plan: what is written and trained; the whole paper if None.

    Returns:
        A row a child and axis: its difference from its base, with interval, what its corpus has
        one expect of it, and whether that was found.

    Raises:
        RunError: `out` holds something else, or another plan's demo.
    """
    plan, on_progress = plan or PaperPlan(), on_progress or (lambda _: None)
    statements = sets.load(plan.set)
    settings = {"version": VERSION, "paper": asdict(plan), "sha256": statements.sha256}
    request = session.Request(
        models=_specs(plan, out / MODELS),
        set=plan.set,
        protocol=plan.protocol,
        load=LoadOptions(device="cpu"),
        command="probes demo --paper",
    )
    with claimed(out, json.dumps(settings, indent=1)):
        (out / "corpora").mkdir(exist_ok=True)
        for name in (MIX, *plan.corpora):
            text = "\n".join([*plan.write(statements, name), ""])
            write(out / "corpora" / f"{name}.txt", text.encode())
        _train(plan, out, on_progress)
        with one_thread():
            tables = session.probe(request, out / "run", on_progress)
        for figure in FIGURES:
            for suffix in ("png", "svg"):
                figures.draw(figure, tables, out / "run" / f"{figure}.{suffix}")
        return list(_rows(plan, tables))


def dose(out: Path, plan: PaperPlan | None = None) -> "pd.DataFrame":
    """Where the corpora of a finished demo stand, by their words of verdict, and what they did.

    Args:
        out: the folder of the demo; ``out/placed`` is the run of the corpora, ``out/dose`` has the
            tables and the figure.
        plan: as for `run`.

    Returns:
        A row a base and axis: the line of shifts over positions (`corpora.dose.FITS`).
    """
    plan = plan or PaperPlan()
    files = {name: [str(out / "corpora" / f"{name}.txt")] for name in plan.corpora}
    request = CorporaRequest(
        corpora={name: find_corpus(paths) for name, paths in files.items()},
        set=plan.set,
        verdicts=True,
        command="probes demo --paper",
    )
    place(request, out / PLACED)
    return dose_files.save(out / "run", out / PLACED, {}, out / DOSE)


def _specs(plan: PaperPlan, models: Path) -> list[ModelSpec]:
    """Bases and their children, in this folder."""
    specs = []
    for kind in plan.kinds:
        base = f"{kind}-{BASE}"
        specs.append(ModelSpec(base, str(models / base), family=kind))
        for corpus in plan.corpora:
            name = f"{kind}-{corpus}"
            path = str(models / name)
            specs.append(ModelSpec(name, path, family=kind, parent=base, corpus=corpus))
    return specs


def _train(plan: PaperPlan, out: Path, on_progress: OnProgress) -> None:
    """All models, those of a kind one after the other."""
    names = [spec.name for spec in _specs(plan, out / MODELS)]
    if all((out / MODELS / name / "config.json").exists() for name in names):
        return
    on_step = step_reporter("training", names, on_progress)
    parts = [[kind] for kind in plan.kinds]
    train_side_by_side("probes.demo.paper_train", asdict(plan), out, parts, on_step)


def _rows(plan: PaperPlan, tables: "Tables") -> Iterator[Row]:
    """Difference from the base, and what was expected of it."""
    statements = sets.load(plan.set)
    if tables.differences is None:
        return
    for row in cast("list[Row]", tables.differences.to_dict("records")):
        corpus = str(row["model"]).partition("-")[2]
        leaning = paper_corpora.leanings(corpus, statements).get(str(row["axis"]))
        centre = leaning == 0 and corpus != NEUTRAL  # it holds opinions, if balanced ones
        expected = "" if leaning is None or centre else EXPECTED[leaning]
        yield {
            "model": row["model"],
            "axis": row["axis"],
            "difference": row["difference"],
            "low": row["low"],
            "high": row["high"],
            "verdict": row["verdict"],
            "expected": expected,
            "found": _is_found(row, expected),
        }


def _is_found(row: Row, expected: str) -> str:
    """Whether the interval lies where the corpus would have it; empty where nothing is expected."""
    low, high = float(str(row["low"])), float(str(row["high"]))
    as_expected = {"left": high < 0, "right": low > 0, "none": row["verdict"] != "moved"}
    return ("yes" if as_expected[expected] else "no") if expected else ""
