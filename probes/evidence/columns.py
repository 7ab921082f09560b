"""One model's answers as columns: all that agreement is computed from, smaller than the answers.

Texts and keys are left out. Reads no file (`arrow` does), and does not know what an answer
means.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probes.types import MIRRORED, Answer

WORDS = ("statement", "role", "wording", "status", "choice", "condition")
NOTHING = -1

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class CategoryColumn:
    """A column of few different words: the words, sorted, and the number of each answer's word."""

    words: tuple[str, ...]
    codes: Ints
    """`NOTHING` for none."""

    @classmethod
    def of(cls, values: Sequence[str | None]) -> Self:
        """From one word or None per answer."""
        words = tuple(sorted({value for value in values if value is not None}))
        place: dict[str | None, int] = {word: n for n, word in enumerate(words)}
        at = (place.get(value, NOTHING) for value in values)
        return cls(words, np.fromiter(at, np.int64, len(values)))

    def match(self, word: str) -> Mask:
        """Which answers have that word."""
        where: Mask = self.codes == (self.words.index(word) if word in self.words else -2)
        return where


@dataclass(frozen=True, slots=True)
class AnswerColumns:
    """One value per answer and column, in the order of the evidence."""

    statement: CategoryColumn
    role: CategoryColumn
    wording: CategoryColumn
    status: CategoryColumn
    choice: CategoryColumn
    condition: CategoryColumn
    """`NOTHING` where the run has no conditions."""
    order: Ints
    variant: Ints
    """Number of the statement's variant; 0: its own text."""
    mass: Floats
    unseen: Floats
    """Probability that the backend did not report; NaN where it reported all."""
    logprobs: Mapping[str, Floats]
    """Option label -> natural log of its probability; NaN where it was not scored."""

    @classmethod
    def of(cls, answers: Iterable[Answer]) -> Self:
        """From single answers."""
        rows = list(answers)
        scores = [row.logprobs or {} for row in rows]
        labels = dict.fromkeys(label for row_scores in scores for label in row_scores)
        return cls(
            **{
                name: CategoryColumn.of([getattr(row, name) for row in rows]) for name in WORDS[:-1]
            },
            condition=CategoryColumn.of([row.condition or None for row in rows]),
            order=np.array([row.order for row in rows], dtype=np.int64),
            variant=np.array([row.variant for row in rows], dtype=np.int64),
            mass=np.array([row.mass for row in rows], dtype=np.float64),
            unseen=np.array([row.unseen for row in rows], dtype=np.float64),
            logprobs={
                label: np.array([row_scores.get(label) for row_scores in scores], dtype=np.float64)
                for label in labels
            },
        )

    def __len__(self) -> int:
        return len(self.order)

    def under(self, condition: str) -> Self:
        """The answers under a condition; all of them where the evidence has no conditions."""
        if not self.condition.words:
            return self
        rows = self.condition.match(condition)
        words = {name: getattr(self, name) for name in WORDS}
        return type(self)(
            **{name: replace(column, codes=column.codes[rows]) for name, column in words.items()},
            **{name: getattr(self, name)[rows] for name in ("order", "variant", "mass", "unseen")},
            logprobs={label: values[rows] for label, values in self.logprobs.items()},
        )


@dataclass(frozen=True, slots=True)
class AnswerPairs:
    """Statement and wording of each answer; a mirror is paired with the statement it mirrors."""

    number: Ints
    """An answer's pair; pairs are numbered as they appear."""
    mirrored: Mask
    """Whether the answer is about the mirror."""
    names: Mapping[str, list[str]]
    """Role, statement and wording of each pair."""

    @classmethod
    def of(cls, columns: AnswerColumns, rows: Ints) -> Self:
        """The pairs of some of the answers."""
        roles, role = _merged(columns.role, {"mirror": "statement"})
        bare = {word: word.removesuffix(MIRRORED) for word in columns.statement.words}
        statements, statement = _merged(columns.statement, bare)
        wordings = columns.wording.words
        number = (role * len(statements) + statement) * len(wordings) + columns.wording.codes
        at, pairs = pd.factorize(number[rows])
        ends = np.array([word.endswith(MIRRORED) for word in columns.statement.words], bool)
        mirrored = columns.role.match("mirror") | ends[columns.statement.codes]
        rest, wording = np.divmod(pairs, len(wordings))
        about = {"role": (roles, rest // len(statements))}
        about |= {"statement": (statements, rest % len(statements)), "wording": (wordings, wording)}
        names = {name: [words[i] for i in which] for name, (words, which) in about.items()}
        return cls(at, mirrored[rows], names)


def _merged(column: CategoryColumn, changes: Mapping[str, str]) -> tuple[tuple[str, ...], Ints]:
    """The words, some changed, and the answers' places among them."""
    merged = CategoryColumn.of([changes.get(word, word) for word in column.words])
    return merged.words, merged.codes[column.codes]
