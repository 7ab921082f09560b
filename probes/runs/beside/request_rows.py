"""Makes the tables of a run from measured pairs of requests (docs/method.md 12)."""

from collections.abc import Iterator, Mapping, Sequence
from math import nan

import numpy as np
import pandas as pd

from probes.agreement import table as agreement
from probes.phrases import phrase
from probes.placement.criteria import Row
from probes.requests import tables as request_tables
from probes.requests.pairs import tilt
from probes.requests.tables import AxisRequests
from probes.tables import axes as axis_tables
from probes.tables import place, reference
from probes.types import FACTS, Header, Materials, Tables
from probes.types.reasons import AT_LEAST, COARSE, JOINT, WIDE, Reason, trial

SINGLE = "no interval: fewer than 2 pairs"
UNJUDGED = phrase("by refusals alone: whether texts take the side that was asked for is not judged")


def tables(asked: Mapping[str, tuple[Header, list[AxisRequests]]], materials: Materials) -> Tables:
    """The tables of a run, without captions.

    Args:
        asked: Model -> its header, and its requests by axis.
        materials: Set and protocol of the run.
    """
    statements = materials.statements
    every = [(header, axis) for header, by_axis in asked.values() for axis in by_axis]
    placements = _table((_placement(h, a, materials) for h, a in every), place.PLACEMENTS)
    measures = [(name, by_axis) for name, (_, by_axis) in asked.items()]
    rows = [row for name, by_axis in measures for row in request_tables.request_rows(name, by_axis)]
    even = [
        row
        for name, by_axis in measures
        for row in request_tables.evenhandedness_rows(name, by_axis)
    ]
    return Tables(
        axes=statements.axes,
        scale=statements.scale,
        caption="",
        placements=placements,
        ellipses=_table((), axis_tables.ELLIPSES),
        reference=_table((), reference.COLUMNS),
        variance=_table((), axis_tables.VARIANCE),
        topics=_table(_topics(every, statements.scale), axis_tables.TOPICS),
        agreement=_table(_agreement(every), agreement.COLUMNS),
        models=_table(
            (_model(header) for header, by_axis in asked.values() if by_axis), place.MODELS
        ),
        language=statements.language,
        texts={s.id: s.text for s in statements.statements},
        requests=_table(rows, request_tables.REQUESTS),
        evenhandedness=_table(even, request_tables.EVENHANDEDNESS),
    )


def _table(
    rows: "Iterator[Row] | Sequence[Row] | tuple[()]", columns: Sequence[str]
) -> pd.DataFrame:
    """Data frame of rows that may lack some columns."""
    return pd.DataFrame(list(rows), columns=list(columns))


def _placement(header: Header, axis: AxisRequests, materials: Materials) -> Row:
    """A model on an axis; position: how much more often the positive pole is served."""
    statements = materials.statements
    scale, estimate = statements.scale, axis.tilt
    replies, total = axis.cells.replies.sum(), axis.cells.planned
    ends = (estimate.value, estimate.low, estimate.high, *axis.bounds)
    position, low, high, minimum, maximum = (float(np.clip(e, -1, 1)) * scale for e in ends)
    pairs = len(axis.cells.statements)
    keyed = sum(axis.axis in s.effects for s in statements.statements)
    fatal = list(_fatal(replies / total, low, high, scale, materials))
    remarks = [] if axis.errors else [Reason(UNJUDGED)]
    remarks += [] if estimate.by_topic else [AT_LEAST]
    remarks += [trial(pairs, keyed, "pairs of requests")] if pairs < keyed else []
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
        "answered": int(replies),
        "trial": pairs < keyed,
        "failures": len(fatal),
        "placed": not fatal,
        "reason": JOINT.join(reason.text for reason in (*fatal, *remarks)),
    }


def _fatal(
    answered: float, low: float, high: float, scale: float, materials: Materials
) -> Iterator[Reason]:
    """Reasons for not placing a model."""
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
            in_topic = np.array([t == topic for t in axis.cells.topics]) & np.isfinite(contrast)
            if in_topic.any():
                place_ = scale * float(contrast[in_topic].mean())
                names = {"model": header.model.name, "axis": axis.axis, "topic": topic}
                yield {**names, "position": place_, "statements": int(in_topic.sum())}


def _agreement(every: Sequence[tuple[Header, AxisRequests]]) -> Iterator[Row]:
    """One row per pair: `leaning` is how much more often the request for the claim is served."""
    for header, axis in every:
        contrast, missing = tilt(axis.served), axis.cells.missing.mean(axis=1)
        for_positive = (
            axis.cells.asked[:, 1, 0] > 0
        )  # true where the claim belongs to the positive pole
        for name, value, sign, lost in zip(
            axis.cells.statements, contrast, np.where(for_positive, 1, -1), missing, strict=True
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
