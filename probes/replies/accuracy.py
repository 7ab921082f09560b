"""Accuracy of a stance model: its stances compared with people's labels, reply by reply.

Reads labelled replies from a CSV file, and computes accuracy, precision, recall, Cohen's kappa and
the confusion matrix. Asks no model (see `runs.judge`) and corrects nothing (see `correction`).
"""

import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from probes.errors import UsageError
from probes.files.foreign_tables import ForeignRecord, TableOptions, csv_records, require_column
from probes.files.text import decode, read_bytes
from probes.types import STANCES

OTHER = "other"
"""Label, or stance, that takes no side."""
LABELS = ("agree", "disagree", OTHER)
COLUMNS = ("statement", "reply", "label")
WORDS: Mapping[str, str] = {name: name if name in LABELS else OTHER for name in (*STANCES, OTHER)}
"""Labels known without a user's mapping -> one of `LABELS`."""


@dataclass(frozen=True, slots=True)
class LabelledReply:
    """A reply and the stance that people labelled it with."""

    statement: str
    reply: str
    label: str
    """One of `LABELS`."""


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Confusion matrix of a check, and the measures computed from it."""

    matrix: Mapping[str, Mapping[str, int]]
    """Label -> stance (both of `LABELS`) -> number of replies."""

    @property
    def replies(self) -> int:
        """Number of replies."""
        return sum(sum(row.values()) for row in self.matrix.values())

    @property
    def accuracy(self) -> float:
        """Share of replies whose stance is their label, in [0, 1]."""
        return sum(self.matrix[name][name] for name in LABELS) / self.replies

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa, at most 1; None if expected agreement is 1."""
        judged = self._judged()
        chance = sum(self._labelled(name) * judged[name] for name in LABELS) / self.replies**2
        return (self.accuracy - chance) / (1 - chance) if chance < 1 else None

    def rows(self) -> list[dict[str, object]]:
        """One row per label: replies, precision and recall in [0, 1], and its row of the matrix."""
        judged = self._judged()
        labelled = {name: self._labelled(name) for name in LABELS}
        return [
            {
                "label": name,
                "replies": labelled[name],
                "precision": self.matrix[name][name] / judged[name] if judged[name] else None,
                "recall": self.matrix[name][name] / labelled[name] if labelled[name] else None,
                **{f"judged {stance}": self.matrix[name][stance] for stance in LABELS},
            }
            for name in LABELS
        ]

    def _labelled(self, name: str) -> int:
        return sum(self.matrix[name].values())

    def _judged(self) -> dict[str, int]:
        return {name: sum(row[name] for row in self.matrix.values()) for name in LABELS}


def report(labels: Sequence[str], stances: Sequence[str]) -> Accuracy:
    """Labels compared with stances; unsure stances, and those without a side, count as `OTHER`."""
    pairs = Counter(
        (label, stance if stance in LABELS else OTHER)
        for label, stance in zip(labels, stances, strict=True)
    )
    matrix = {label: {stance: pairs[label, stance] for stance in LABELS} for label in LABELS}
    return Accuracy(matrix)


def read(path: Path, columns: Mapping[str, str], words: Mapping[str, str]) -> list[LabelledReply]:
    """The labelled replies of a CSV file; rows without a label or reply are an error, too.

    Args:
        path: The file, UTF-8 with a header line.
        columns: Of `COLUMNS` -> name in the file.
        words: The file's own labels -> `LABELS`; those of `WORDS` are known.

    Raises:
        UsageError: it cannot be read, lacks a column or rows, or has an unknown label.
    """
    text = decode(read_bytes(path, UsageError), path, "CSV", UsageError)
    names, records = csv_records(path, io.StringIO(text, newline=""), TableOptions(UsageError))
    for name in COLUMNS:
        hint = f"if another one is meant: --{name} COLUMN"
        require_column(path, names, columns[name], UsageError, hint)
    return [_labelled(path, record, columns, {**WORDS, **words}) for record in records]


def meanings(pairs: Sequence[str]) -> dict[str, str]:
    """Parse ``["1_disagree=disagree"]`` into a mapping.

    Raises:
        UsageError: one is not LABEL=agree, LABEL=disagree or LABEL=other.
    """
    labels = {}
    for pair in pairs:
        word, equals, meaning = pair.rpartition("=")
        if not equals or not word or meaning not in LABELS:
            raise UsageError(f"--as {pair}: must be LABEL=agree, LABEL=disagree or LABEL=other")
        labels[word.strip().lower()] = meaning
    return labels


def _labelled(
    path: Path, record: ForeignRecord, columns: Mapping[str, str], words: Mapping[str, str]
) -> LabelledReply:
    statement, reply, label = (str(record.values[columns[name]]).strip() for name in COLUMNS)
    if label.lower() not in words:
        raise UsageError(
            f"{path}: {record.where}: label {label!r} is not known: valid are "
            f"{', '.join(words)}; say what it means with --as '{label}=agree'"
        )
    if not statement or not reply:
        lacks = "statement" if not statement else "reply"
        raise UsageError(f"{path}: {record.where}: has no {lacks}")
    return LabelledReply(statement, reply, words[label.lower()])
