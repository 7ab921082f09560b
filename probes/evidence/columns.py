"""One model's answers as columns, with the fields that agreement is computed from.

Texts and keys are left out. Reads no file (`arrow` does), and does not interpret answers.
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
    """A categorical column: the distinct words, sorted, and a code per answer."""

    words: tuple[str, ...]
    codes: Ints
    """``(answers,)``: index into `words`; `NOTHING` for no word."""

    @classmethod
    def of(cls, values: Sequence[str | None]) -> Self:
        """Build the column from one word (or None) per answer."""
        words = tuple(sorted({value for value in values if value is not None}))
        code_of: dict[str | None, int] = {word: n for n, word in enumerate(words)}
        codes = (code_of.get(value, NOTHING) for value in values)
        return cls(words, np.fromiter(codes, np.int64, len(values)))

    def match(self, word: str) -> Mask:
        """``(answers,)``: which answers have that word."""
        where: Mask = self.codes == (self.words.index(word) if word in self.words else -2)
        return where


@dataclass(frozen=True, slots=True)
class AnswerColumns:
    """Columns with one value per answer, in the order of the evidence."""

    statement: CategoryColumn
    role: CategoryColumn
    wording: CategoryColumn
    status: CategoryColumn
    choice: CategoryColumn
    condition: CategoryColumn
    """`NOTHING` where the run has no conditions."""
    order: Ints
    variant: Ints
    """Number of the statement's variant; 0 for its own text."""
    mass: Floats
    unseen: Floats
    """Probability that the backend did not report; NaN if it reported all."""
    logprobs: Mapping[str, Floats]
    """Option label -> natural log of its probability; NaN if it was not scored."""

    @classmethod
    def of(cls, answers: Iterable[Answer]) -> Self:
        """Build the columns from single answers."""
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
        """The answers under a condition; all answers if the evidence has no conditions."""
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
    """The pair of each answer: answers to a statement and to its mirror in one wording."""

    number: Ints
    """``(rows,)``: number of an answer's pair, in order of appearance."""
    mirrored: Mask
    """``(rows,)``: whether the answer is about the mirror."""
    names: Mapping[str, list[str]]
    """`role`, `statement`, `wording` -> the value for each pair."""

    @classmethod
    def of(cls, columns: AnswerColumns, rows: Ints) -> Self:
        """Build the pairs of some rows (answers)."""
        roles, role = _merged(columns.role, {"mirror": "statement"})
        bare = {word: word.removesuffix(MIRRORED) for word in columns.statement.words}
        statements, statement = _merged(columns.statement, bare)
        wordings = columns.wording.words
        number = (role * len(statements) + statement) * len(wordings) + columns.wording.codes
        pair, pairs = pd.factorize(number[rows])
        ends = np.array([word.endswith(MIRRORED) for word in columns.statement.words], bool)
        mirrored = columns.role.match("mirror") | ends[columns.statement.codes]
        rest, wording = np.divmod(pairs, len(wordings))
        parts = {"role": (roles, rest // len(statements))}
        parts |= {"statement": (statements, rest % len(statements)), "wording": (wordings, wording)}
        names = {name: [words[i] for i in which] for name, (words, which) in parts.items()}
        return cls(pair, mirrored[rows], names)


def _merged(column: CategoryColumn, changes: Mapping[str, str]) -> tuple[tuple[str, ...], Ints]:
    """The column's words after replacement, and the answers' codes for them."""
    merged = CategoryColumn.of([changes.get(word, word) for word in column.words])
    return merged.words, merged.codes[column.codes]
