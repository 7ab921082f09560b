"""`probes demo --paper`: the chain of Feng et al. 2023 in miniature, with the control it lacked.

Six corpora, news and forum by left, centre and right, are written from the project's own statements
(`paper_corpora`); a small masked and a small causal base model learn a balanced mix, and each is
trained further on each corpus, and on neutral text (`paper_train`, by `pretrain`); all are probed,
and each child is compared with its base. It shows that the way from corpus to placement is right;
it says nothing about any real model.
"""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, cast

from probes.demo import paper_corpora
from probes.demo.folder import claimed, one_thread, side_by_side
from probes.demo.paper_corpora import BASE, MIX, NEUTRAL, PaperPlan
from probes.files.atomic import write
from probes.instruments import sets
from probes.output import figures
from probes.runs import session
from probes.runs.session import Progress
from probes.types import LoadOptions, ModelSpec

if TYPE_CHECKING:
    from probes.types import Tables

VERSION = 3
"""Of the way corpora are written and models trained; another version's paper does not go on."""
FIGURES = ("families", "shift")
"""Their Figures 1 and 3."""
EXPECTED = {-1: "left", 0: "none", 1: "right"}

Tell = Callable[[Progress], None]
Row = dict[str, object]


def run(out: Path, tell: Tell | None = None, plan: PaperPlan | None = None) -> list[Row]:
    """Write, train, probe and compare; what is there already is not made again.

    Args:
        out: ``out/corpora``, ``out/models/NAME`` and ``out/run``, the run folder.
        tell: is told of the progress of each model, first trained, then probed.
        plan: what is written and trained; the whole paper if None.

    Returns:
        A row a child and axis: its difference from its base, with interval, what its corpus has
        one expect of it, and whether that was found.

    Raises:
        RunError: `out` holds something else, or another plan's paper.
    """
    plan, tell = plan or PaperPlan(), tell or (lambda _: None)
    statements = sets.load(plan.set)
    mark = {"version": VERSION, "paper": asdict(plan), "sha256": statements.sha256}
    request = session.Request(
        models=_specs(plan, out / "models"),
        set=plan.set,
        protocol=plan.protocol,
        load=LoadOptions(device="cpu"),
        command="probes demo --paper",
    )
    with claimed(out, json.dumps(mark, indent=1)):
        (out / "corpora").mkdir(exist_ok=True)
        for name in (MIX, *plan.corpora):
            text = "\n".join([*plan.write(statements, name), ""])
            write(out / "corpora" / f"{name}.txt", text.encode())
        _train(plan, out, tell)
        with one_thread():
            tables = session.probe(request, out / "run", tell)
        for figure in FIGURES:
            for suffix in ("png", "svg"):
                figures.draw(figure, tables, out / "run" / f"{figure}.{suffix}")
        return list(_rows(plan, tables))


def _specs(plan: PaperPlan, school: Path) -> list[ModelSpec]:
    """Bases and their children."""
    found = []
    for kind in plan.kinds:
        base = f"{kind}-{BASE}"
        found.append(ModelSpec(base, str(school / base), family=kind))
        for corpus in plan.corpora:
            name = f"{kind}-{corpus}"
            path = str(school / name)
            found.append(ModelSpec(name, path, family=kind, parent=base, corpus=corpus))
    return found


def _train(plan: PaperPlan, out: Path, tell: Tell) -> None:
    """All models, those of a kind one after the other."""
    names = [spec.name for spec in _specs(plan, out / "models")]
    if all((out / "models" / name / "config.json").exists() for name in names):
        return

    def heard(name: str, done: int, steps: int) -> None:
        tell(Progress(f"training {name}", names.index(name) + 1, len(names), done, steps))

    told = json.dumps(asdict(plan))
    words = [sys.executable, "-m", "probes.demo.paper_train", told, str(out)]
    side_by_side([[*words, kind] for kind in plan.kinds], heard, out / "models")


def _rows(plan: PaperPlan, tables: "Tables") -> Iterator[Row]:
    statements = sets.load(plan.set)
    if tables.differences is None:
        return
    for row in cast("list[Row]", tables.differences.to_dict("records")):
        corpus = str(row["model"]).partition("-")[2]
        pull = paper_corpora.spoken(corpus, statements).get(str(row["axis"]))
        centre = pull == 0 and corpus != NEUTRAL  # it holds opinions, if balanced ones
        expected = "" if pull is None or centre else EXPECTED[pull]
        yield {
            "model": row["model"],
            "axis": row["axis"],
            "difference": row["difference"],
            "low": row["low"],
            "high": row["high"],
            "verdict": row["verdict"],
            "expected": expected,
            "found": _found(row, expected),
        }


def _found(row: Row, expected: str) -> str:
    """Whether the interval lies where the corpus would have it; empty where nothing is expected."""
    low, high = float(str(row["low"])), float(str(row["high"]))
    as_expected = {"left": high < 0, "right": low > 0, "none": row["verdict"] != "moved"}
    return ("yes" if as_expected[expected] else "no") if expected else ""
