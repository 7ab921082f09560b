"""Where people stand, by the estimator that places models (docs/method.md 8).

Position = offset + scale x weighted mean of keyed answers, over the texts that a person answered.
A person gives one sheet, so there is no mean over wordings, and the yes-bias of one sheet is known
badly: `position` is the plain mean; in `centred` each key direction has half the weight.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probes.people.answers import PeopleAnswers, Values
from probes.people.keys import KeyedAnswers, axis_keys, keyed
from probes.placement.interval import Floats
from probes.types import StatementSet

LEAST = 0.5
"""Share of an axis's statements, by weight, that a person must have answered to have a position."""
ROUNDING = 1e-9
COLUMNS = (
    *("person", "group", "weight", "axis", "position", "centred", "yes_bias"),
    *("answered", "items"),
)
TOPIC_COLUMNS = ("person", "axis", "topic", "position")
SUPPORT_COLUMNS = ("statement", "role", "group", "n", "share", "neutral")
PIECE = 50_000
"""People at a time."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where people stand on one axis, ``(persons,)`` each; NaN where too little was answered."""

    position: Floats
    centred: Floats
    """Each key direction of what was answered has half the weight; NaN where one has nothing."""
    yes_bias: Floats
    """In [-1, 1]: the mean answer, each key direction with half the weight."""
    answered: NDArray[np.int64]
    """Statements."""


def places(keyed: KeyedAnswers, columns: NDArray[np.bool_] | None = None) -> Places:
    """Positions from keyed answers.

    Args:
        keyed: The answers.
        columns: Which statements count, such as those of a topic; None: all.
    """
    keep = np.ones(len(keyed.key.statements), bool) if columns is None else columns
    starts = range(0, max(1, len(keyed.statement)), PIECE)
    pieces = [_places(keyed.cut(slice(n, n + PIECE)), keep) for n in starts]
    return Places(
        np.concatenate([p.position for p in pieces]),
        np.concatenate([p.centred for p in pieces]),
        np.concatenate([p.yes_bias for p in pieces]),
        np.concatenate([p.answered for p in pieces]),
    )


def _places(keyed: KeyedAnswers, keep: NDArray[np.bool_]) -> Places:
    key = keyed.key
    answers = [keyed.statement[:, keep]]
    pull = [key.direction[keep]]
    if keyed.mirror is not None:
        answers.append(keyed.mirror[:, keep])
        pull.append(-key.direction[keep])
    count = np.isfinite(answers).sum(axis=0)
    # a pair counts once, however many of it were answered
    each = key.weight[keep] / np.maximum(count, 1)
    low, low_weight = _one_way(answers, [of < 0 for of in pull], each)
    high, high_weight = _one_way(answers, [of > 0 for of in pull], each)
    whole = low_weight + high_weight
    enough = whole >= LEAST * key.weight[keep].sum() - ROUNDING
    with np.errstate(invalid="ignore", divide="ignore"):  # nothing answered: NaN
        mean = np.where(enough, (low + high) / whole, np.nan)
        low = np.where(enough, low / low_weight, np.nan)
        high = np.where(enough, high / high_weight, np.nan)
    return Places(
        key.offset + key.scale * mean,
        key.offset + key.scale * (low + high) / 2,
        (high - low) / 2,
        (count > 0).sum(axis=1),
    )


def _one_way(
    answers: Sequence[Values], pulls: Sequence[NDArray[np.bool_]], each: Floats
) -> tuple[Floats, Floats]:
    """Sum of the keyed answers to texts that pull one way, and of their weights."""
    total, whole = np.zeros(len(each)), np.zeros(len(each))
    for values, pull in zip(answers, pulls, strict=True):
        weight = each[:, pull] * np.isfinite(values[:, pull])
        total += (np.nan_to_num(values[:, pull]) * weight).sum(axis=1)
        whole += weight.sum(axis=1)
    return total, whole


def people_positions(statements: StatementSet, answers: PeopleAnswers) -> pd.DataFrame:
    """A row a person and axis, people as they come; columns: `COLUMNS`.

    `position` is NaN where a person answered less than half of the axis's statements, by weight.
    `answered` and `items` are statements of the axis.
    """
    return _by_person(answers, COLUMNS, lambda piece: _on_axes(statements, piece))


def _on_axes(statements: StatementSet, answers: PeopleAnswers) -> Iterator[pd.DataFrame]:
    facts = {"person": answers.person, "group": answers.group, "weight": answers.weight}
    for key in axis_keys(statements):
        at = places(keyed(key, answers))
        yield pd.DataFrame(facts).assign(
            axis=key.axis.name,
            position=at.position,
            centred=at.centred,
            yes_bias=at.yes_bias,
            answered=at.answered,
            items=len(key.statements),
        )


def topic_positions(statements: StatementSet, answers: PeopleAnswers) -> pd.DataFrame:
    """A row a person, axis and topic, people as they come; columns: `TOPIC_COLUMNS`."""
    return _by_person(answers, TOPIC_COLUMNS, lambda piece: _on_topics(statements, piece))


def _on_topics(statements: StatementSet, answers: PeopleAnswers) -> Iterator[pd.DataFrame]:
    for key in axis_keys(statements):
        on_axis = keyed(key, answers)
        of = np.array([s.topic or "" for s in key.statements], dtype=np.object_)
        for topic in dict.fromkeys(filter(None, of)):
            at = places(on_axis, of == topic).position
            yield pd.DataFrame({"person": answers.person}).assign(
                axis=key.axis.name, topic=topic, position=at
            )


def support(statements: StatementSet, answers: PeopleAnswers) -> pd.DataFrame:
    """A row a text and group, and one for all (`group` is empty); columns: `SUPPORT_COLUMNS`.

    `share` is the weighted share that agrees among the `n` who answered, `neutral` that of answers
    in the middle, `role` tells a statement from its mirror. Texts without an answer are left out.
    """
    rows = []
    names = ("", *answers.groups)
    numbers = {name: number for number, name in enumerate(names)}
    group = np.array([numbers[str(name)] for name in answers.group], dtype=np.int64)
    texts = [("statement", answers.matrix), ("mirror", answers.mirrors)]
    for role, matrix in texts:
        if matrix is None:
            continue
        for number, name in enumerate(answers.statements):
            column = matrix[:, number]
            answered = np.isfinite(column)
            counted = _by_group(
                column[answered], answers.weight[answered], group[answered], len(names)
            )
            for of_group, (n, whole, agree, neutral) in zip(names, counted, strict=True):
                if whole > 0:
                    rows.append((name, role, of_group, int(n), agree / whole, neutral / whole))
    order = {s.id: n for n, s in enumerate(statements.statements)}
    rows.sort(key=lambda row: order[str(row[0])])
    return pd.DataFrame(rows, columns=list(SUPPORT_COLUMNS))


def _by_group(
    column: Values, weight: Floats, group: NDArray[np.int64], groups: int
) -> NDArray[np.float64]:
    """``(groups, 4)``: people, and the weights of all, of who agrees, and of who does neither; in
    the first row of everybody, of whom some are in no group."""
    parts = (np.ones(len(column)), weight, weight * (column > 0), weight * (column == 0))
    counts = [np.bincount(group, part, groups).astype(np.float64) for part in parts]
    sums: NDArray[np.float64] = np.stack(counts, axis=1)
    sums[0] = [part.sum() for part in parts]
    return sums


def _by_person(
    answers: PeopleAnswers,
    columns: tuple[str, ...],
    tables: Callable[[PeopleAnswers], Iterable[pd.DataFrame]],
) -> pd.DataFrame:
    """One table, the rows of a person together; made piece by piece, to save memory."""
    pieces = []
    for start in range(0, len(answers.person), PIECE):
        of_piece = [*tables(answers.cut(slice(start, start + PIECE)))]
        if of_piece:
            whole = pd.concat(of_piece).sort_index(kind="stable")
            pieces.append(whole[list(columns)])
    return pd.concat(pieces, ignore_index=True) if pieces else pd.DataFrame(columns=list(columns))
