"""The style table: how often a model and each style baseline prefer the positive pole, and the
regression of preferences on style.

Only for runs whose method compares two texts (`methods.preference`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from probes.style import regression
from probes.style.measures import TRUTH, Score, measures, right_elsewhere, truths
from probes.style.regression import Coefficient, Floats
from probes.tables.stored import STYLE
from probes.types import Axis, Materials, Statement, Tables

METHOD = "preference"
SHARE, EFFECT = "share", "effect"
MODEL, INTERCEPT = "the model", "intercept"
OWN = f"{TRUTH}, of control pairs left out"
Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class AxisPairs:
    """The pairs of an axis, oriented so that the text of its positive pole comes first."""

    axis: Axis
    statements: tuple[Statement, ...]
    turn: Floats
    """``(pairs,)``: 1 if the statement is for the positive pole, -1 if its mirror is."""
    styles: Floats
    """``(pairs, measures)``: measure of the first text minus that of the second."""
    topics: tuple[str, ...]


def beside(materials: Materials, tables: Tables) -> Tables:
    """Add the style table to the tables of a run whose method compares two texts."""
    if materials.recipe.method != METHOD or tables.agreement.empty:
        return tables
    scores = measures(materials.statements.language, materials.controls)
    control_pairs = truths(materials.controls)
    shares = np.array(right_elsewhere(control_pairs) if control_pairs else [0.5])
    truth_accuracy = regression.mean(shares, [str(i) for i in range(len(shares))])
    rows = list[Row]()
    for axis in materials.statements.axes:
        pairs = _pairs(materials, axis, list(scores.values()))
        for model, model_agreement in tables.agreement.groupby("model", sort=False):
            rows += [
                {"model": model, "axis": axis.name, **row}
                for row in _rows(pairs, model_agreement, list(scores))
            ]
            if control_pairs:
                rows.append(
                    {"model": model, "axis": axis.name}
                    | _row(SHARE, OWN, truth_accuracy, len(control_pairs), shares)
                )
    return replace(tables, style=pd.DataFrame(rows, columns=list(STYLE)))


def _pairs(materials: Materials, axis: Axis, scores: Sequence[Score]) -> AxisPairs:
    loaded = tuple(
        s for s in materials.statements.statements if s.effects.get(axis.name) and s.mirror
    )
    turn = np.array([np.sign(s.effects[axis.name]) for s in loaded], dtype=np.float64)
    styles = [[score(s.text) - score(str(s.mirror)) for score in scores] for s in loaded]
    matrix = np.array(styles, dtype=np.float64).reshape(len(loaded), len(scores))
    topics = tuple(s.topic or f"statement {s.id}" for s in loaded)
    return AxisPairs(axis, loaded, turn, turn[:, None] * matrix, topics)


def _rows(pairs: AxisPairs, of_model: pd.DataFrame, names: list[str]) -> Iterator[Row]:
    """Rows of one model on one axis, over the pairs that it answered."""
    answers = of_model[of_model["role"] == "statement"]
    means = answers.groupby("statement")["lam"].mean().reindex([s.id for s in pairs.statements])
    preferred = pairs.turn * means.to_numpy(np.float64)
    finite = np.isfinite(preferred)
    preferred, styles = preferred[finite], pairs.styles[finite]
    topics = [topic for topic, answered in zip(pairs.topics, finite, strict=True) if answered]
    if not topics:
        return
    for name, signs in ((MODEL, preferred), *zip(names, styles.T, strict=True)):
        chosen = (1 + np.sign(signs)) / 2
        yield _row(SHARE, name, regression.mean(chosen, topics), len(topics), chosen)
    effects = regression.fitted(preferred, styles, topics)
    for name, estimate in zip((INTERCEPT, *names), effects, strict=True):
        yield _row(EFFECT, name, estimate, len(topics), None)


def _row(kind: str, term: str, estimate: Coefficient, pairs: int, chosen: Floats | None) -> Row:
    return {
        "kind": kind,
        "term": term,
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "pairs": pairs,
        "ties": np.nan if chosen is None else int((chosen == 0.5).sum()),
    }
