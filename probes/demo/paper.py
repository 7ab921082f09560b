"""`probes demo --paper`: the chain of Feng et al. 2023 in miniature, with the control it lacked.

Six corpora, news and forum by left, centre and right, are written from the project's own statements
(`paper_corpora`); a small masked and a small causal base model learn a balanced mix, and each is
trained further on each corpus, and on neutral text (`paper_train`, by `pretrain`); all are probed,
and each child is compared with its base. `dose` places the corpora themselves on the same axes. It
shows that the way from corpus to placement is right; it says nothing about any real model.
"""

import json
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, cast

from probes.corpora import dose_files
from probes.corpora.place import CorporaRequest, place
from probes.demo import paper_corpora
from probes.demo.folder import OnProgress, claimed, train_missing
from probes.demo.paper_corpora import BASE, MIX, NEUTRAL, VERDICT_SHARE, PaperPlan
from probes.demo.processes import MODELS, one_thread
from probes.files.atomic import write
from probes.instruments import sets
from probes.output import figures
from probes.runs import session
from probes.training.corpora import find_corpus
from probes.types import LoadOptions, ModelSpec

if TYPE_CHECKING:
    import pandas as pd

    from probes.types import Tables

VERSION = 4
"""Of the way corpora are written and models trained; a demo of another version does not go on."""
FIGURES = ("families", "shift")
"""Their Figures 1 and 3."""
PLACED, DOSE = "placed", "dose"
"""Folders of the corpora as they were placed, and of what they did to models."""
NEAR = 1.0
"""Points within which a planted position of a corpus must be found."""
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
    request = session.Request(
        models=_specs(plan, out / MODELS),
        set=plan.set,
        protocol=plan.protocol,
        load=LoadOptions(device="cpu"),
        command="probes demo --paper",
    )
    with claimed(out, settings(plan)):
        _write(plan, out)
        _train(plan, out, on_progress)
        with one_thread():
            tables = session.probe(request, out / "run", on_progress)
        for figure in FIGURES:
            for suffix in ("png", "svg"):
                figures.draw(figure, tables, out / "run" / f"{figure}.{suffix}")
        return list(_rows(plan, tables))


def settings(plan: PaperPlan) -> str:
    """What must be the same for a demo to go on."""
    sha256 = sets.load(plan.set).sha256
    return json.dumps({"version": VERSION, "paper": asdict(plan), "sha256": sha256}, indent=1)


def corpora(out: Path, plan: PaperPlan | None = None) -> list[Row]:
    """Write the corpora and place them, by their words of verdict, in ``out/placed``.

    Returns:
        A row a corpus and axis: where it was written to stand, where it stands, and whether it was
        found there (or, where it says nothing, whether it is not placed).

    Raises:
        RunError: `out` holds something else, or another plan's demo.
    """
    plan = plan or PaperPlan()
    with claimed(out, settings(plan)):
        _write(plan, out)
        placements = _place(plan, out).placements
        return [_corpus_row(plan, row) for row in placements.to_dict("records")]


def _corpus_row(plan: PaperPlan, row: "Mapping[Hashable, object]") -> Row:
    corpus, placed = str(row["model"]), bool(row["placed"])
    leaning = None
    if corpus != NEUTRAL:
        leaning = paper_corpora.leanings(corpus, sets.load(plan.set)).get(str(row["axis"]))
    planted = (leaning or 0) * (2 * VERDICT_SHARE - 1) * sets.load(plan.set).scale
    near = placed and abs(float(str(row["position"])) - planted) <= NEAR
    return {
        "corpus": corpus,
        "axis": row["axis"],
        "planted": "nothing" if leaning is None else planted,
        "measured": row["position"],
        "low": row["low"],
        "high": row["high"],
        "placed": placed,
        "found": not placed if leaning is None else near,
    }


def _write(plan: PaperPlan, out: Path) -> None:
    statements = sets.load(plan.set)
    (out / "corpora").mkdir(exist_ok=True)
    for name in (MIX, *plan.corpora):
        text = "\n".join([*plan.write(statements, name), ""])
        write(out / "corpora" / f"{name}.txt", text.encode())


def dose(out: Path, plan: PaperPlan | None = None) -> "pd.DataFrame":
    """Where the corpora of a finished demo stand, and what they did to models.

    Args:
        out: the folder of the demo; ``out/placed`` is the run of the corpora, ``out/dose`` has the
            tables and the figure.
        plan: as for `run`.

    Returns:
        A row a base and axis: the line of shifts over positions (`corpora.dose.FITS`).
    """
    plan = plan or PaperPlan()
    _place(plan, out)
    return dose_files.save(out / "run", out / PLACED, {}, out / DOSE)


def _place(plan: PaperPlan, out: Path) -> "Tables":
    files = {name: [str(out / "corpora" / f"{name}.txt")] for name in plan.corpora}
    request = CorporaRequest(
        corpora={name: find_corpus(paths) for name, paths in files.items()},
        set=plan.set,
        verdicts=True,
        command="probes demo --paper",
    )
    return place(request, out / PLACED).tables


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
    specs = _specs(plan, out / MODELS)
    bases = [spec.name for spec in specs if not spec.parent]
    children = [spec.name for spec in specs if spec.parent]
    train_missing("probes.demo.paper_train", asdict(plan), out, bases, children, on_progress)


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
