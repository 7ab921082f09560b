"""A run folder of requests in pairs -> its tables: what replies come to, as positions and measures.

In the place of agreement and its estimator, which are about statements: here a position is how much
more often requests for the positive pole are served (docs/method.md 12). From disk alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import nan

import numpy as np
import pandas as pd

from probes.agreement import table as agreement
from probes.errors import RunError, UsageError
from probes.evidence import answers
from probes.phrases import Saying, phrase
from probes.placement.criteria import Row
from probes.replies import correction
from probes.requests import replies as request_replies
from probes.requests import tables as request_tables
from probes.requests.judge_errors import JudgeErrors, judge_errors
from probes.requests.pairs import tilt
from probes.requests.tables import AxisRequests
from probes.runs import judge as judging
from probes.runs.folder import CORRECTION, Folder
from probes.runs.request import Request
from probes.tables import axes as axis_tables
from probes.tables import place, reference
from probes.tables.caption import UNTESTED, provenance_parts, written
from probes.tables.place import Conclusion
from probes.types import FACTS, Header, Materials, Tables
from probes.types.reasons import AT_LEAST, COARSE, JOINT, WIDE, Reason, sentences, trial

NAMES = ("requests", "evenhandedness")
"""Tables that only runs of requests have."""
SINGLE = "no interval: fewer than 2 pairs"
UNJUDGED = phrase("by refusals alone: whether texts take the side that was asked for is not judged")
ABOUT = phrase(
    "95\N{NO-BREAK SPACE}% intervals cover requests on other such topics, and other replies"
)


def holds(materials: Materials) -> bool:
    """Whether a run asked requests in pairs."""
    return materials.statements.kind == "requests"


def reckoned(folder: Folder, materials: Materials) -> Conclusion:
    """Everything that a folder's replies to requests come to; nothing is written.

    Raises:
        RunError: the folder holds no answers, or damaged ones.
        UsageError: replies were judged, and the judge's errors are not known, or too large.
    """
    _refuse_conditions(materials)
    found = {name: model_requests(folder, name, materials) for name in folder.models()}
    if not any(of for _, of in found.values()):
        raise RunError(
            f"{folder.path}: holds no answers yet; run `probes run` with this --out first"
        )
    read = {
        name: (sum(int(axis.cells.planned) for axis in of), header.cells)
        for name, (header, of) in found.items()
    }
    return Conclusion((), _tables(found, materials), materials, read)


def model_requests(
    folder: Folder, name: str, materials: Materials
) -> tuple[Header, list[AxisRequests]]:
    """One model's header, and its requests axis by axis."""
    header, lines = answers.read(folder.answers(name))
    judged = judging.judgements(folder, name, materials)
    if judged is not None:
        _require_claims(materials)
    errors = None if judged is None else _errors(folder, name)
    rows = request_replies.replies(lines, materials, judged)
    return header, request_tables.measured(rows, materials.statements, errors)


def check(request: Request, materials: Materials) -> None:
    """Refuse what cannot be said of requests, before anything is asked.

    Raises:
        UsageError: a judge is named and no matrix of its errors; or claims, people, conditions or
            another way to count missing replies are.
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
    for option, given in (("--claims", request.claims), ("--people", request.people)):
        if given not in (None, "none"):
            raise UsageError(
                f"{option} {given}: is about answers to statements, and the set "
                f"{materials.statements.name} holds requests to write"
            )


def _refuse_conditions(materials: Materials) -> None:
    """Refuse conditions: replies under all of them would count as one model's.

    Raises:
        UsageError: the protocol has some.
    """
    if names := [condition.name for condition in materials.recipe.conditions]:
        raise UsageError(
            f"condition {names[0]!r}: requests are asked plainly, for their measures do not tell "
            "conditions apart; leave conditions out, or ask statements under them"
        )


def captioned(tables: Tables, materials: Materials) -> Tables:
    """Tables under what they are about: set, version, protocol, and how many pairs."""
    asked = tables.agreement["statement"].nunique()
    is_trial = asked < len(materials.statements.statements)
    parts = (*provenance_parts(materials, asked, trial=is_trial), UNTESTED)
    about = tuple(map(Saying, (ABOUT, *_reserved(tables.placements))))
    return replace(
        tables,
        caption=written(parts),
        caption_parts=parts,
        intervals=written(about),
        interval_parts=about,
    )


def _reserved(placements: pd.DataFrame) -> Iterator[str]:
    """What holds of positions and intervals, and must stand wherever they do."""
    said = {sentence for cell in placements["reason"] for sentence in sentences(cell)}
    if AT_LEAST.text in said:
        yield AT_LEAST.text
    if unjudged(placements):
        yield UNJUDGED


def unjudged(placements: pd.DataFrame) -> str:
    """What must be said of numbers that are made of refusals alone; empty if a judge read the
    texts."""
    told = any(UNJUDGED in sentences(cell) for cell in placements["reason"])
    return UNJUDGED if told else ""


def _require_claims(materials: Materials) -> None:
    """Refuse a judge where it is not known what a text is to be judged about."""
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


def _unlabelled(what: str) -> str:
    return (
        f"{what}: a judge without labels, whose errors are not known, cannot say whether texts "
        "take a side; measure them with `probes stance check LABELS.csv -o MATRIX.yaml` and give "
        "--stance-matrix MATRIX.yaml"
    )


# --- tables ------------------------------------------------------------------------------------


def _tables(found: Mapping[str, tuple[Header, list[AxisRequests]]], materials: Materials) -> Tables:
    statements = materials.statements
    every = [(header, axis) for header, of in found.values() for axis in of]
    placements = _table((_placement(h, a, materials) for h, a in every), place.PLACEMENTS)
    measures = [(name, of) for name, (_, of) in found.items()]
    rows = [row for name, of in measures for row in request_tables.request_rows(name, of)]
    even = [row for name, of in measures for row in request_tables.evenhandedness_rows(name, of)]
    tables = Tables(
        axes=statements.axes,
        scale=statements.scale,
        caption="",
        placements=placements,
        ellipses=_table((), axis_tables.ELLIPSES),
        reference=_table((), reference.COLUMNS),
        variance=_table((), axis_tables.VARIANCE),
        topics=_table(_topics(every, statements.scale), axis_tables.TOPICS),
        agreement=_table(_agreement(every), agreement.COLUMNS),
        models=_table((_model(header) for header, of in found.values() if of), place.MODELS),
        language=statements.language,
        texts={s.id: s.text for s in statements.statements},
        requests=_table(rows, request_tables.REQUESTS),
        evenhandedness=_table(even, request_tables.EVENHANDEDNESS),
    )
    return captioned(tables, materials)


def _table(
    rows: "Iterator[Row] | Sequence[Row] | tuple[()]", columns: Sequence[str]
) -> pd.DataFrame:
    """Rows that have some of the columns."""
    return pd.DataFrame(list(rows), columns=list(columns))


def _placement(header: Header, axis: AxisRequests, materials: Materials) -> Row:
    """A model on an axis: how much more often requests for its positive pole are served."""
    statements = materials.statements
    scale, estimate = statements.scale, axis.tilt
    there, total = axis.cells.replies.sum(), axis.cells.planned
    ends = (estimate.value, estimate.low, estimate.high, *axis.bounds)
    position, low, high, minimum, maximum = (float(np.clip(e, -1, 1)) * scale for e in ends)
    asked = len(axis.cells.statements)
    keyed = sum(axis.axis in s.effects for s in statements.statements)
    fatal = list(_fatal(there / total, low, high, scale, materials))
    remarks = [] if axis.errors else [Reason(UNJUDGED)]
    remarks += [] if estimate.by_topic else [AT_LEAST]
    remarks += [trial(asked, keyed, "pairs of requests")] if asked < keyed else []
    return {
        "model": header.model.name,
        "set": header.set,
        "protocol": header.protocol,
        "axis": axis.axis,
        "position": position,
        "low": low,
        "high": high,
        "minimum": minimum,
        "maximum": maximum,
        "asked": round(total),
        "answered": int(there),
        "trial": asked < keyed,
        "failures": len(fatal),
        "placed": not fatal,
        "reason": JOINT.join(reason.text for reason in (*fatal, *remarks)),
    }


def _fatal(
    answered: float, low: float, high: float, scale: float, materials: Materials
) -> Iterator[Reason]:
    """Why a model is not placed."""
    least = materials.recipe.thresholds.answered
    if answered < least:
        yield Reason(f"{answered:.0%} of the replies are there, of at least {least:.0%}")
    if not np.isfinite(high - low):
        yield Reason(SINGLE)
    elif high - low >= 2 * scale:
        yield WIDE
    elif high - low > scale:
        yield COARSE


def _topics(every: Sequence[tuple[Header, AxisRequests]], scale: float) -> Iterator[Row]:
    for header, axis in every:
        contrast = tilt(axis.served)
        for topic in dict.fromkeys(axis.cells.topics):
            own = np.array([t == topic for t in axis.cells.topics]) & np.isfinite(contrast)
            if own.any():
                place_ = scale * float(contrast[own].mean())
                names = {"model": header.model.name, "axis": axis.axis, "topic": topic}
                yield {**names, "position": place_, "statements": int(own.sum())}


def _agreement(every: Sequence[tuple[Header, AxisRequests]]) -> Iterator[Row]:
    """A row a pair: `leaning` is how much more often the request for the claim is served."""
    for header, axis in every:
        contrast, missing = tilt(axis.served), axis.cells.missing.mean(axis=1)
        own = axis.cells.asked[:, 1, 0] > 0  # the claim is of the positive pole
        for name, value, sign, lost in zip(
            axis.cells.statements, contrast, np.where(own, 1, -1), missing, strict=True
        ):
            yield {
                "model": header.model.name,
                "role": "statement",
                "statement": name,
                "wording": "all",
                "leaning": float(sign * value),
                "unanswered": float(lost),
                "status": "ok" if np.isfinite(value) else "failed",
            }


def _model(header: Header) -> Row:
    info = header.model
    facts = {name: getattr(info, name) for name in FACTS}
    own = {"model": info.name, "backend": info.backend, "revision": info.revision}
    return {**facts, **own, "chat": info.chat, "gives": info.gives, "warnings": "", "mass": nan}
