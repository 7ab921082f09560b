"""Made-up people whose positions, yes-bias and understanding are known."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from probes.people.answers import PeopleAnswers
from probes.types import Axis, Statement, StatementSet

ECONOMIC = Axis("economic", "left", "right")
SOCIAL = Axis("social", "libertarian", "authoritarian")


def instrument(items: int = 12, axes: Sequence[Axis] = (ECONOMIC, SOCIAL)) -> StatementSet:
    """So many statements an axis, keyed both ways in turn, four of a topic."""
    statements = tuple(
        Statement(
            f"{axis.name[0]}{n}",
            f"Text {n} of {axis.name}.",
            {axis.name: 1.0 if n % 2 else -1.0},
            topic=f"{axis.name} {n // 4}",
        )
        for axis in axes
        for n in range(items)
    )
    return StatementSet("made", "Made", "en", "CC0-1.0", tuple(axes), statements, "a test", "1")


def answered(
    of: StatementSet,
    places: np.ndarray,
    group: Sequence[str] | None = None,
    *,
    yes: float = 0.0,
    turned: Sequence[str] = (),
    moved: Mapping[tuple[str, str], float] | None = None,
    seed: int = 1,
) -> PeopleAnswers:
    """Answers of +1 and -1, log-odds 2 x place + yes.

    Args:
        of: The set.
        places: ``(persons, axes)``, about -1 to 1.
        group: Of each person.
        yes: Log-odds that are added to every answer.
        turned: Statements that people answer the other way round than the key says.
        moved: (group, statement) -> log-odds that are added for that group.
        seed: Of the noise.
    """
    rng, names = np.random.default_rng(seed), [axis.name for axis in of.axes]
    groups = np.array(list(group or [""] * len(places)), dtype=object)
    matrix = np.empty((len(places), len(of.statements)), dtype=np.float32)
    for n, statement in enumerate(of.statements):
        (axis, sign), *_ = statement.effects.items()
        pull = -sign if statement.id in turned else sign
        odds = 2 * pull * places[:, names.index(axis)] + yes
        for (who, what), more in (moved or {}).items():
            odds = odds + more * ((groups == who) & (statement.id == what))
        matrix[:, n] = np.where(rng.random(len(places)) < 1 / (1 + np.exp(-odds)), 1, -1)
    return PeopleAnswers(
        np.array([f"p{n}" for n in range(len(places))], dtype=object),
        groups,
        np.ones(len(places)),
        matrix,
        tuple(s.id for s in of.statements),
        {"agree": 1.0, "disagree": -1.0},
        source=("made.csv",),
        sha256=("0",),
    )


def blanked(answers: PeopleAnswers, share: float, seed: int = 2) -> PeopleAnswers:
    """With a share of the answers missing."""
    gone = np.random.default_rng(seed).random(answers.matrix.shape) < share
    return replace(answers, matrix=np.where(gone, np.float32(np.nan), answers.matrix))
