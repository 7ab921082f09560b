"""Tables of a run of paired requests: positions and measures computed from the replies.

Replaces agreement and its estimator, which are about statements: here, position = how much more
often requests for the positive pole are served (docs/method.md 12). Reads the run folder only.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from probes.errors import RunError, UsageError
from probes.evidence import answers
from probes.phrases import Saying, phrase
from probes.replies import correction
from probes.requests import replies as request_replies
from probes.requests import tables as request_tables
from probes.requests.judge_errors import JudgeErrors, judge_errors
from probes.requests.tables import AxisRequests
from probes.runs import judge as judging
from probes.runs.beside import request_rows
from probes.runs.beside.request_rows import UNJUDGED
from probes.runs.folder import CORRECTION, Folder
from probes.runs.request import Request
from probes.tables.caption import UNTESTED, provenance_parts, written
from probes.tables.place import Conclusion
from probes.types import Header, Materials, Tables
from probes.types.reasons import AT_LEAST, sentences

if TYPE_CHECKING:
    import pandas as pd

NAMES = ("requests", "evenhandedness")
"""Tables that only runs of requests have."""
ABOUT = phrase(
    "95\N{NO-BREAK SPACE}% intervals cover requests on other such topics, and other replies"
)


def holds(materials: Materials) -> bool:
    """Whether a run asked paired requests."""
    return materials.statements.kind == "requests"


def reckoned(folder: Folder, materials: Materials) -> Conclusion:
    """All results of a folder's replies to requests; writes nothing.

    Raises:
        RunError: the folder holds no answers, or damaged ones.
        UsageError: replies were judged, and the judge's errors are unknown or too large.
    """
    _refuse_conditions(materials)
    by_model = {name: model_requests(folder, name, materials) for name in folder.models()}
    if not any(by_axis for _, by_axis in by_model.values()):
        raise RunError(
            f"{folder.path}: holds no answers yet; run `probes run` with this --out first"
        )
    read = {
        name: (sum(int(axis.cells.planned) for axis in by_axis), header.cells)
        for name, (header, by_axis) in by_model.items()
    }
    tables = captioned(request_rows.tables(by_model, materials), materials)
    return Conclusion((), tables, materials, read)


def model_requests(
    folder: Folder, name: str, materials: Materials
) -> tuple[Header, list[AxisRequests]]:
    """One model's header, and its requests by axis."""
    header, lines = answers.read(folder.answers(name))
    judged = judging.judgements(folder, name, materials)
    if judged is not None:
        _require_claims(materials)
    errors = None if judged is None else _errors(folder, name)
    rows = request_replies.replies(lines, materials, judged)
    return header, request_tables.measured(rows, materials.statements, errors)


def check(request: Request, materials: Materials) -> None:
    """Refuse options that do not apply to requests, before anything is asked.

    Raises:
        UsageError: a judge is named without a matrix of its errors; or claims, people, conditions
            or another way to count missing replies are.
    """
    if not holds(materials):
        return
    _refuse_conditions(materials)
    if request.stance is not None and request.matrix in (None, "none"):
        raise UsageError(_unlabelled(f"--stance {request.stance}"))
    if request.stance is not None or materials.recipe.stance is not None:
        _require_claims(materials)
    if request.missing != "honest":
        raise UsageError(
            f"--missing {request.missing}: is about answers to statements; a missing reply to a "
            "request is neither given nor refused"
        )
    for option, value in (("--claims", request.claims), ("--people", request.people)):
        if value not in (None, "none"):
            raise UsageError(
                f"{option} {value}: is about answers to statements, and the set "
                f"{materials.statements.name} holds requests to write"
            )


def _refuse_conditions(materials: Materials) -> None:
    """Refuse conditions: replies under all of them would be pooled for a model.

    Raises:
        UsageError: the protocol has some.
    """
    if names := [condition.name for condition in materials.recipe.conditions]:
        raise UsageError(
            f"condition {names[0]!r}: requests are asked plainly, for their measures do not tell "
            "conditions apart; leave conditions out, or ask statements under them"
        )


def captioned(tables: Tables, materials: Materials) -> Tables:
    """The tables with their caption: set, version, protocol, and number of pairs."""
    pairs = tables.agreement["statement"].nunique()
    is_trial = pairs < len(materials.statements.statements)
    parts = (*provenance_parts(materials, pairs, trial=is_trial), UNTESTED)
    about = tuple(map(Saying, (ABOUT, *_reserved(tables.placements))))
    return replace(
        tables,
        caption=written(parts),
        caption_parts=parts,
        intervals=written(about),
        interval_parts=about,
    )


def _reserved(placements: "pd.DataFrame") -> Iterator[str]:
    """Remarks on positions and intervals, to print wherever they are shown."""
    stated = {sentence for cell in placements["reason"] for sentence in sentences(cell)}
    if AT_LEAST.text in stated:
        yield AT_LEAST.text
    if unjudged(placements):
        yield UNJUDGED


def unjudged(placements: "pd.DataFrame") -> str:
    """Remark on numbers that rest on refusals alone; empty if a judge read the texts."""
    any_unjudged = any(UNJUDGED in sentences(cell) for cell in placements["reason"])
    return UNJUDGED if any_unjudged else ""


def _require_claims(materials: Materials) -> None:
    """Refuse a judge if the set does not name the claim of each text."""
    for pair in materials.statements.statements:
        if "claim" not in pair.tags:
            raise UsageError(
                f"the set {materials.statements.name}: {pair.id} has no 'claim', so that no judge "
                "can say whether a text takes its side"
            )


def _errors(folder: Folder, name: str) -> JudgeErrors:
    path = folder.path / CORRECTION
    if not path.exists():
        raise UsageError(_unlabelled(str(folder.stances(name))))
    return judge_errors(correction.counts(path)[1], correction.counts(path)[0])


def _unlabelled(option: str) -> str:
    return (
        f"{option}: a judge without labels, whose errors are not known, cannot say whether texts "
        "take a side; measure them with `probes stance check LABELS.csv -o MATRIX.yaml` and give "
        "--stance-matrix MATRIX.yaml"
    )
