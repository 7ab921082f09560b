"""Positions of people, by the estimator that places models (docs/method.md 8).

Position = offset + scale x weighted mean of keyed answers, over the texts that a person answered. A
person gives one sheet, so there is no mean over wordings, and the yes-bias of one sheet is
estimated poorly: `position` is the plain mean; in `centred` each key direction has half the weight.
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
"""Minimum share of an axis's statements, by weight, answered by a person with a position."""
ROUNDING = 1e-9
COLUMNS = (
    *("person", "group", "weight", "axis", "position", "centred", "yes_bias"),
    *("answered", "items"),
)
TOPIC_COLUMNS = ("person", "axis", "topic", "position")
SUPPORT_COLUMNS = ("statement", "role", "group", "n", "share", "neutral")
PIECE = 50_000
"""Number of people processed at a time."""


@dataclass(frozen=True, slots=True)
class Places:
    """Positions of people on one axis, ``(persons,)`` each; NaN if too little was answered."""

    position: Floats
    centred: Floats
    """With half the weight on each key direction; NaN if a direction has no answer."""
    yes_bias: Floats
    """Mean answer in [-1, 1], with half the weight on each key direction."""
    answered: NDArray[np.int64]
    """Number of answered statements."""


def places(keyed: KeyedAnswers, columns: NDArray[np.bool_] | None = None) -> Places:
    """Positions from keyed answers.

    Args:
        keyed: The answers.
        columns: Mask of the statements that count, such as those of a topic; None: all.
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
    # a pair counts once, whether one or both of its texts were answered
    text_weight = key.weight[keep] / np.maximum(count, 1)
    low, low_weight = _one_way(answers, [sign < 0 for sign in pull], text_weight)
    high, high_weight = _one_way(answers, [sign > 0 for sign in pull], text_weight)
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
    answers: Sequence[Values], pulls: Sequence[NDArray[np.bool_]], text_weight: Floats
) -> tuple[Floats, Floats]:
    """Weighted sum of the keyed answers to texts keyed one way, and sum of their weights."""
    total, whole = np.zeros(len(text_weight)), np.zeros(len(text_weight))
    for values, pull in zip(answers, pulls, strict=True):
        weight = text_weight[:, pull] * np.isfinite(values[:, pull])
        total += (np.nan_to_num(values[:, pull]) * weight).sum(axis=1)
        whole += weight.sum(axis=1)
    return total, whole


def people_positions(statements: StatementSet, answers: PeopleAnswers) -> pd.DataFrame:
    """One row per person and axis, people in file order; columns: `COLUMNS`.

    `position` is NaN if a person answered less than half of the axis's statements, by weight.
    `answered` and `items` are numbers of statements of the axis.
    """
    return _by_person(answers, COLUMNS, lambda piece: _on_axes(statements, piece))


def _on_axes(statements: StatementSet, answers: PeopleAnswers) -> Iterator[pd.DataFrame]:
    facts = {"person": answers.person, "group": answers.group, "weight": answers.weight}
    for key in axis_keys(statements):
        placed = places(keyed(key, answers))
        yield pd.DataFrame(facts).assign(
            axis=key.axis.name,
            position=placed.position,
            centred=placed.centred,
            yes_bias=placed.yes_bias,
            answered=placed.answered,
            items=len(key.statements),
        )


def topic_positions(statements: StatementSet, answers: PeopleAnswers) -> pd.DataFrame:
    """One row per person, axis and topic, people in file order; columns: `TOPIC_COLUMNS`."""
    return _by_person(answers, TOPIC_COLUMNS, lambda piece: _on_topics(statements, piece))


def _on_topics(statements: StatementSet, answers: PeopleAnswers) -> Iterator[pd.DataFrame]:
    for key in axis_keys(statements):
        on_axis = keyed(key, answers)
        topics = np.array([s.topic or "" for s in key.statements], dtype=np.object_)
        for topic in dict.fromkeys(filter(None, topics)):
            position = places(on_axis, topics == topic).position
            yield pd.DataFrame({"person": answers.person}).assign(
                axis=key.axis.name, topic=topic, position=position
            )


def support(statements: StatementSet, answers: PeopleAnswers) -> pd.DataFrame:
    """One row per text and group, and one for all people (`group` is empty); columns:
    `SUPPORT_COLUMNS`.

    `share` is the weighted share of agreement among the `n` who answered, `neutral` that of middle
    answers; `role` distinguishes a statement from its mirror. Texts without an answer are left out.
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
    """``(groups, 4)``: number of people, and sums of weights: of all, of those who agree, of those
    who are neutral. Row 0 is for everybody, including people without a group."""
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
    """One table with the rows of a person together; computed in pieces, to save memory."""
    pieces = []
    for start in range(0, len(answers.person), PIECE):
        of_piece = [*tables(answers.cut(slice(start, start + PIECE)))]
        if of_piece:
            whole = pd.concat(of_piece).sort_index(kind="stable")
            pieces.append(whole[list(columns)])
    return pd.concat(pieces, ignore_index=True) if pieces else pd.DataFrame(columns=list(columns))
