"""Reading the texts of a task with their labels, groups, units and folds."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from probes.downstream.task import rows, tasks
from probes.downstream.task.faults import CUT, Place, TextFaults
from probes.downstream.task.rows import TaskRow
from probes.downstream.task.schema import TaskFile, TaskGroups, TaskLabel
from probes.errors import SetError, nearest
from probes.files.yaml import refuse

TRUE = {"true": 1.0, "yes": 1.0, "false": 0.0, "no": 0.0, "": 0.0}


@dataclass(frozen=True, slots=True)
class TaskText:
    """One example of a task: a text or a pair of texts, with label, groups and fold."""

    id: str
    texts: tuple[str, ...]
    """The text, or the pair."""
    label: str
    """The class."""
    groups: tuple[str, ...]
    """Groups that the text names, sorted, without repeats."""
    unit: str
    """Resampling unit (template, document, speaker); the text itself if the task has no units."""
    fold: str
    """``train``, ``valid`` or ``test``, or the name of a cross-validation fold."""


@dataclass(frozen=True, slots=True)
class TaskTexts:
    """All texts of a task."""

    file: TaskFile
    sha256: str
    texts: tuple[TaskText, ...]
    undecided: int
    """Number of rows left out because no label has a majority."""

    @property
    def folds(self) -> list[str]:
        """Names of the folds that are tested: ``test`` alone if the task has it, else all."""
        names = sorted({text.fold for text in self.texts})
        return ["test"] if "test" in names else names

    def parts(self) -> Iterator[tuple[list[int], list[int]]]:
        """``(train indices, test indices)`` of the texts, for each tested fold."""
        for fold in self.folds:
            test = [n for n, text in enumerate(self.texts) if text.fold == fold]
            train = [n for n, text in enumerate(self.texts) if text.fold != fold]
            yield train, test


def read(task: tasks.ClassificationTask, *, fetch: bool = False) -> TaskTexts:
    """Read all texts of a task; `fetch`: download missing files.

    Raises:
        SetError: a file is missing or unreadable, rows are incomplete, ids are repeated, labels
            are not declared (all of these at once), only one class occurs, or a forbidden column is
            in no file.
    """
    files, found, reader = tasks.files(task, fetch=fetch), list[TaskText](), _Reader(task.file)
    forbidden = rows.Forbidden(task.file.forbid)
    for fold, (place, raw) in files.items():
        read_rows = forbidden.sought(rows.read(place, raw, task.file))
        found += reader.texts(place, fold, read_rows)
    reader.faults.add_repeats(task.path, reader.ids)
    reader.faults.refuse()
    _check(task, found)
    if faults := list(forbidden.faults([place for place, _ in files.values()])):
        raise refuse(task.path, faults)
    split = task.file.split
    if "all" in files and (split is None or split.by):
        found = _dealt(found, split.folds if split else 5)
    return TaskTexts(task.file, tasks.sha256(task, files), tuple(found), reader.undecided)


class _Reader:
    """Converts rows to texts and collects the faults of rows."""

    def __init__(self, file: TaskFile) -> None:
        self._file, self._labels = file, _Labels(file.label)
        self.faults, self.undecided = TextFaults(), 0
        self.ids: dict[str, list[tuple[Place, str]]] = {}
        """Text id -> file and row of each text with this id."""

    def texts(self, place: Place, fold: str, read_rows: Iterable[TaskRow]) -> Iterator[TaskText]:
        """The texts of one file; rows without a majority label or with a fault are skipped."""
        try:
            for number, row in enumerate(read_rows, start=1):
                label = self.faults.tried(self._labels.of, row)
                if label == "":
                    self.undecided += 1
                    continue
                texts = self.faults.tried(self._parts, row)
                groups = self.faults.tried(self._groups, row)
                about = self.faults.tried(self._about, row)
                if about is None:
                    continue
                name, unit, apart = about
                name = name if self._file.id else f"{fold}-{number}"
                self.ids.setdefault(name, []).append((place, row.record.where))
                if label is None or texts is None or groups is None:
                    continue
                unit, fold_name = unit or "\n".join(texts), apart if self._file.split else fold
                yield TaskText(name, texts, label, groups, unit, fold_name)
        except SetError as fault:
            self.faults.add(fault)

    def _parts(self, row: TaskRow) -> tuple[str, ...]:
        texts = tuple(row.text(column) for column in self._file.texts)
        if not all(text.strip() for text in texts):
            raise row.fault("the text is empty")
        return texts

    def _groups(self, row: TaskRow) -> tuple[str, ...]:
        return _groups(row, self._file.group)

    def _about(self, row: TaskRow) -> tuple[str, str, str]:
        """Id, unit and fold of a row; empty strings where the task has no such column."""
        split = self._file.split
        columns = (self._file.id, self._file.unit, split and (split.by or split.column))
        name, unit, apart = (row.text(column).strip() if column else "" for column in columns)
        return name, unit, apart


class _Labels:
    """Determines the class of a row; of several annotators' labels, the majority."""

    def __init__(self, label: TaskLabel) -> None:
        self._label = label

    def of(self, row: TaskRow) -> str:
        """The class of a row; empty if no label has a majority."""
        declared = self._label
        cells = [cell.strip() for cell in row.values(declared.column)]
        if not any(cells) and "" not in declared.values:
            known = ", ".join(map(repr, declared.values)) or "a number"
            raise row.fault(
                f"has no label; give it one ({known}), or remove such rows: none is left out"
            )
        classes = Counter(self._class(row, cell) for cell in cells)
        (first, most), *others = classes.most_common(2)
        return "" if others and others[0][1] == most else first

    def _class(self, row: TaskRow, cell: str) -> str:
        declared = self._label
        if declared.least is not None:
            number = _number(cell)
            if number is None:
                raise row.fault(f"the label {cell[:CUT]!r} is not a number")
            return declared.positive if number >= declared.least else str(declared.negative)
        if cell not in declared.values:
            raise row.fault(
                f"the label {cell[:CUT]!r} is not declared; label: values has "
                f"{', '.join(map(repr, declared.values))}"
            )
        return declared.values[cell]


def _groups(row: TaskRow, declared: TaskGroups) -> tuple[str, ...]:
    if declared.flags:
        return tuple(
            sorted(g for g, column in declared.flags.items() if _is_set(row, column, declared))
        )
    cells = row.values(str(declared.column))
    if declared.words:
        text = f" {_words(' '.join(cells))} "
        return tuple(sorted(g for g, words in declared.words.items() if _has(text, words)))
    parts = [p for c in cells for p in (c.split(declared.separator) if declared.separator else [c])]
    names: set[str] = set()
    for part in filter(None, (part.strip() for part in parts)):
        if declared.names and part not in declared.names:
            raise row.fault(
                f"the group {part[:CUT]!r} is not declared; group: names has "
                f"{', '.join(map(repr, list(declared.names)[:20]))}"
            )
        names.update(declared.names.get(part, [part]))
    return tuple(sorted(names))


def _has(text: str, words: Iterable[str]) -> bool:
    return any(f" {word} " in text for word in map(_words, words) if word)


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _is_set(row: TaskRow, column: str, declared: TaskGroups) -> bool:
    cell = row.text(column).strip()
    number = TRUE.get(cell.casefold(), _number(cell))
    if number is None:
        raise row.fault(f"{column} should be true, false or a number, not {cell[:CUT]!r}")
    return number >= declared.least


def _number(cell: str) -> float | None:
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def _check(task: tasks.ClassificationTask, rows: Sequence[TaskText]) -> None:
    """Refuse a single class, no group in any text, and bundles of unknown groups."""
    classes = {text.label for text in rows}
    if len(classes) < 2:
        only = "".join(f", {label!r}" for label in classes)
        raise SetError(f"{task.path}: the texts are of one class only{only}; a task needs two")
    named = {group for text in rows for group in text.groups}
    if not named:
        raise SetError(f"{task.path}: group: no text names a group")
    for bundle, groups in task.file.bundles.items():
        for group in groups:
            if group not in named:
                near = nearest(group, named)
                raise SetError(
                    f"{task.path}: bundles: {bundle}: no text is about {group!r}: {near}"
                )


def _dealt(rows: Sequence[TaskText], folds: int) -> list[TaskText]:
    """Assign folds that keep the values of `split: by`, or else units, together: in turn, in the
    order of their sha256, so that folds do not depend on the order of the rows."""
    keys = [_parted(text) for text in rows]
    order = sorted(set(keys), key=lambda key: hashlib.sha256(key.encode()).digest())
    fold = {key: f"fold{n % folds + 1}" for n, key in enumerate(order)}
    return [replace(text, fold=fold[key]) for text, key in zip(rows, keys, strict=True)]


def _parted(text: TaskText) -> str:
    return text.fold if text.fold != "all" else text.unit
