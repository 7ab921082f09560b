"""Loading task files as `ClassificationTask`, with all faults in one message, and their text files.

A task is given by name (of a file in `probes/tasks`) or by the path of a user's own file. Its text
files are next to it, or at a URL with a checksum; downloads are kept in the cache. `texts` reads
the texts themselves.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from probes import plugins
from probes.downstream.task.schema import TaskFile, TaskFileEntry
from probes.errors import SetError, UsageError, nearest
from probes.files import download
from probes.files.text import read_bytes as file_bytes
from probes.files.yaml import parse_yaml, read_bytes, refuse, validate

Copies = Mapping[str, Path]
"""Fold -> path of the user's own copy of the fold's file."""


@dataclass(frozen=True, slots=True)
class ClassificationTask:
    """A validated task file."""

    path: Path
    file: TaskFile
    copies: Copies = field(default_factory=dict, hash=False)

    @property
    def name(self) -> str:
        """The task's name."""
        return self.file.name


def load(name: str | Path, copies: Copies | None = None) -> ClassificationTask:
    """Load a task file; nothing is downloaded.

    Args:
        name: Name of a task that ships with probes, or the path of a task file.
        copies: The user's own copies of the text files.

    Raises:
        SetError: there is no such task or file, or it has faults (all of them are listed).
        UsageError: a copy is given for a fold that the task does not have.
    """
    path = plugins.data("tasks", str(name), SetError)
    file = validate(TaskFile, parse_yaml(read_bytes(path), path), path)
    if faults := list(_faults(file)):
        raise refuse(path, faults)
    for fold in copies or {}:
        if fold not in file.files:
            raise UsageError(
                f"--file {fold}=PATH: {file.name} has no file of that name; "
                f"{nearest(fold, file.files)}"
            )
    return ClassificationTask(path, file, copies or {})


def names() -> list[str]:
    """Names of the tasks that ship with probes."""
    return plugins.names("tasks", ".yaml")


def parse_copies(typed: Sequence[str]) -> dict[str, Path]:
    """Parse ``FOLD=PATH`` arguments; a path alone is for the fold ``all``.

    Raises:
        UsageError: a path is missing, or a fold is given twice.
    """
    copies: dict[str, Path] = {}
    for word in typed:
        fold, sign, path = word.partition("=")
        fold, path = (fold, path) if sign else ("all", word)
        if not path or fold in copies:
            raise UsageError(f"--file {word}: should be FOLD=PATH, each fold once")
        copies[fold] = Path(path)
    return copies


def files(task: ClassificationTask, *, fetch: bool = False) -> dict[str, tuple[Path | str, bytes]]:
    """Fold -> the path or URL of its file, and the verified bytes.

    Args:
        task: The task.
        fetch: Download files that are not in the cache, and keep them there.

    Raises:
        SetError: a file is missing, or its checksum differs from the task's.
    """
    return {fold: _file(task, fold, entry, fetch=fetch) for fold, entry in task.file.files.items()}


def standing(task: ClassificationTask) -> str:
    """Where the texts are, in words: next to the task file, in the cache, or to be downloaded."""
    absent = [
        entry
        for entry in task.file.files.values()
        if not entry.path and download.read_cached(entry.url, str(entry.sha256)) is None
    ]
    if absent:
        return "to be fetched"
    return "beside it" if all(entry.path for entry in task.file.files.values()) else "fetched"


def keep(task: ClassificationTask) -> None:
    """Put the user's copies of downloadable files into the cache.

    Raises:
        SetError: the checksum of a copy is wrong.
    """
    for fold, (_, raw) in files(task, fetch=True).items():
        entry = task.file.files[fold]  # type: ignore[index]  # a fold of the file
        if entry.url and entry.sha256 and fold in task.copies:
            download.write_cache(entry.url, entry.sha256, raw)


def sha256(task: ClassificationTask, read: Mapping[str, tuple[Path | str, bytes]]) -> str:
    """Hash of a task's settings and text files; paths, URLs and YAML formatting do not enter."""
    later = set[str]() if task.file.delimiter else {"delimiter"}  # a key that old tasks lack
    content = task.file.model_dump(mode="json", exclude=later) | {
        "files": {fold: hashlib.sha256(raw).hexdigest() for fold, (_, raw) in read.items()}
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _file(
    task: ClassificationTask, fold: str, entry: TaskFileEntry, *, fetch: bool
) -> tuple[Path | str, bytes]:
    if fold in task.copies:
        place = task.copies[fold]
        return place, _checked(place, file_bytes(place, SetError), entry)
    if entry.path:
        place = task.path.parent / entry.path
        if not place.resolve().is_relative_to(task.path.parent.resolve()):
            raise SetError(
                f"{place}: leads to a file elsewhere; give it as typed: --file {fold}={entry.path}"
            )
        return place, _checked(place, file_bytes(place, SetError), entry)
    expected = str(entry.sha256)
    raw = download.read_cached(entry.url, expected)
    if raw is None and not fetch:
        raise SetError(
            f"the texts of {task.name} are not on this machine: fetch them with `probes tasks "
            f"fetch {task.name}` ({entry.url}), or give a copy: --file {fold}=PATH"
        )
    if raw is None:
        try:
            raw = download.download(entry.url, expected)
        except SetError as error:
            raise SetError(f"{error} (a copy serves too: --file {fold}=PATH)") from None
        download.write_cache(entry.url, expected, raw)
    return entry.url, raw


def _checked(place: Path, raw: bytes, entry: TaskFileEntry) -> bytes:
    digest = hashlib.sha256(raw).hexdigest()
    if entry.sha256 not in (None, digest):
        raise SetError(
            f"{place}: is another file than the task says: its sha256 is {digest[:12]}..., not "
            f"{str(entry.sha256)[:12]}..."
        )
    return raw


def _faults(file: TaskFile) -> Iterator[str]:
    """A sentence for each conflict between keys."""
    if "all" in file.files and len(file.files) > 1:
        yield "files: 'all' stands alone, or folds without it"
    if "all" not in file.files and not {"train", "test"} <= set(file.files):
        yield "files: give 'all', or 'train' and 'test'"
    if "all" not in file.files and file.split:
        yield "split: the files are the folds already"
    if file.label.column in file.texts:
        yield "label: column: is the column of the text"
    if len(set(file.texts)) < len(file.texts):
        yield f"text: both texts are the column {file.texts[0]!r}; name two columns, or one text"
    if file.delimiter and file.format != "csv":
        yield f"delimiter: is of csv files alone, and format is {file.format}"
    if len(set(file.columns)) < len(file.columns):
        yield "columns: a name stands twice"
    yield from _column_faults(file)
    named_groups = _named_groups(file)
    for bundle, groups in file.bundles.items():
        for group in groups:
            if named_groups and group not in named_groups:
                yield f"bundles: {bundle}: unknown group {group!r}: {nearest(group, named_groups)}"


def _column_faults(file: TaskFile) -> Iterator[str]:
    """A sentence for each used or forbidden column that is not declared, and each used column that
    is forbidden."""
    for key, columns in {**file.used, "forbid": file.forbid}.items():
        for column in columns:
            if column in file.forbid and key != "forbid":
                yield f"{key}: {column!r} is forbidden, for it gives the label away"
            if file.columns and not {column, column.partition(".")[0]} & {*file.columns}:
                yield f"{key}: unknown column {column!r}: {nearest(column, file.columns)}"


def _named_groups(file: TaskFile) -> set[str]:
    """Groups that the task file names; empty if group names come from the texts alone."""
    declared = file.group
    return {
        *declared.words,
        *declared.flags,
        *(group for groups in declared.names.values() for group in groups),
    }
