"""`probes demo --paper`: Feng et al. 2023 in miniature, with a neutral control corpus added.

Six corpora, news and forum by left, centre and right, are generated from the project's statements
(`paper_corpora`). A small masked and a small causal base model are trained on a balanced mix, and
each is pretrained further on each corpus and on neutral text (`paper_train`). All are probed, and
each child is compared with its base. `dose` places the corpora themselves on the same axes. The
demo shows that the computation from corpus to placement is correct, and nothing about real models.
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
"""Version of corpora and training method; a demo of another version is not resumed."""
FIGURES = ("families", "shift")
"""Figures that correspond to Figures 1 and 3 of Feng et al. 2023."""
PLACED, DOSE = "placed", "dose"
"""Subfolders of the placed corpora, and of the dose analysis."""
NEAR = 1.0
"""Maximum distance of a corpus's measured position from the planted one, in points."""
EXPECTED = {-1: "left", 0: "none", 1: "right"}
"""Leaning of a corpus -> expected direction of its model's shift."""

Row = dict[str, object]


def run(
    out: Path, on_progress: OnProgress | None = None, plan: PaperPlan | None = None
) -> list[Row]:
    """Write corpora, train, probe and compare; existing results are reused.

    Args:
        out: gets ``out/corpora``, ``out/models/NAME`` and the run folder ``out/run``.
        on_progress: called with the progress of training and probing each model.
        plan: settings; the whole demo if None.

    Returns:
        A row for each child and axis: difference from the base with its interval, the direction
        expected from the corpus, and whether it was found.

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
    """Settings that must be equal for a demo to be resumed, as JSON."""
    sha256 = sets.load(plan.set).sha256
    return json.dumps({"version": VERSION, "paper": asdict(plan), "sha256": sha256}, indent=1)


def corpora(out: Path, plan: PaperPlan | None = None) -> list[Row]:
    """Write the corpora and place them in ``out/placed``, with the keyword judge.

    Returns:
        A row for each corpus and axis: planted and measured position, and whether they agree (a
        corpus without opinions on an axis must not be placed).

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
    """Relate the positions of a finished demo's corpora to the shifts of their models.

    Args:
        out: the folder of the demo; gets ``out/placed``, the run of the corpora, and ``out/dose``,
            the tables and the figure.
        plan: as for `run`.

    Returns:
        A row for each base and axis: the fit of shift on position (`corpora.dose.FITS`).
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
    """Entries of the base models and their children; `models` is their folder."""
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
    """A row for each child and axis: difference from the base, and the expected direction."""
    statements = sets.load(plan.set)
    if tables.differences is None:
        return
    for row in cast("list[Row]", tables.differences.to_dict("records")):
        corpus = str(row["model"]).partition("-")[2]
        leaning = paper_corpora.leanings(corpus, statements).get(str(row["axis"]))
        centre = leaning == 0 and corpus != NEUTRAL  # opinions of both sides: no shift is predicted
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
    """``yes`` if the interval is on the expected side, else ``no``; empty without expectation."""
    low, high = float(str(row["low"])), float(str(row["high"]))
    as_expected = {"left": high < 0, "right": low > 0, "none": row["verdict"] != "moved"}
    return ("yes" if as_expected[expected] else "no") if expected else ""
