"""Append-only files of evidence: a header line, then batches of lines, each flushed to disk.

`answers` and `replies.stance_file` append to such files and resume after the last complete batch. A
truncated line and an unplanned line are distinguished; a line must be a JSON object, whose content
is up to the caller.
"""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from probes.errors import RunError
from probes.files import atomic
from probes.files.text import regular


class Journal:
    """A file to which batches of lines are appended.

    Args:
        path: Path of the file; its folder must exist.
        head: Header of a new file.
        same: Raises `RunError` if the first line of an existing file is another header.
        key: Function from a line's number and bytes to its key; `RunError` if it is damaged.
        batches: Keys of every planned batch.

    Raises:
        RunError: the file is not the beginning of this plan, or cannot be written.
    """

    def __init__(
        self,
        path: Path,
        head: bytes,
        same: Callable[[bytes], None],
        key: Callable[[int, bytes], str],
        batches: Sequence[Sequence[str]],
    ) -> None:
        self.done = 0
        """Number of complete batches already on disk."""
        self._path = path
        rows = lines(path) if path.exists() else iter(())
        size = len(first := next(rows, b""))
        if first:
            same(first)
            size += self._resume(rows, key, batches)
        try:
            self._file = open(  # noqa: SIM115 - closed by `__exit__`
                path, "r+b" if first else "wb", buffering=0, opener=atomic.open_not_following
            )
            self._file.truncate(size)
            self._file.seek(size)
            for folder in (path.parent, path.parent.parent):
                atomic.sync(folder)
        except OSError as error:
            raise self._write_error(error) from None
        if not first:
            self._write(head)

    def append(self, batch: bytes) -> None:
        """Append the lines of the next batch in one write; flushed to disk before this returns.

        Raises:
            RunError: the disk is full, or reports another error.
        """
        self._write(batch)
        self.done += 1

    def _write(self, data: bytes) -> None:
        unwritten = memoryview(data)
        try:
            while unwritten:  # a nearly full disk accepts a part, and raises at the next write
                unwritten = unwritten[self._file.write(unwritten) :]
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._write_error(error) from None

    def _resume(
        self,
        rows: Iterator[bytes],
        key: Callable[[int, bytes], str],
        batches: Sequence[Sequence[str]],
    ) -> int:
        """Number of bytes of the complete batches; counts the batches.

        A batch is flushed before the next is written, so only the last can be incomplete: truncated
        by a kill, or with holes after a power cut. It is asked again.
        """
        size, number = 0, 2
        for batch in batches:
            batch_lines = list(islice(rows, len(batch)))
            if len(batch_lines) < len(batch):
                return size
            try:
                keys = [key(n, raw) for n, raw in enumerate(batch_lines, start=number)]
            except RunError:
                if next(rows, None) is None:
                    return size
                raise
            for n, (written, planned) in enumerate(zip(keys, batch, strict=True), start=number):
                if written != planned:
                    raise self._unplanned(n)
            self.done, number = self.done + 1, number + len(batch)
            size += sum(map(len, batch_lines))
        if next(rows, None) is not None:
            raise self._unplanned(number)
        return size

    def _unplanned(self, number: int) -> RunError:
        return RunError(
            f"{self._path}: line {number} is not what this run's plan has there; use another "
            "--out, or remove the file to ask again"
        )

    def _write_error(self, error: OSError) -> RunError:
        return RunError(
            f"{self._path}: cannot be written: {error.strerror}; what was answered is on disk, and "
            "the same command goes on from there"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()


def lines(path: Path) -> Iterator[bytes]:
    """Complete lines with their line ends; text after the last line end was truncated by a kill.

    Raises:
        RunError: the file cannot be read.
    """
    try:
        with regular(path, RunError).open("rb") as file:
            yield from (raw for raw in file if raw.endswith(b"\n"))
    except OSError as error:
        raise RunError(f"{path}: cannot be read: {error.strerror}") from None


def json_object(path: Path, number: int, raw: bytes, mend: str) -> dict[str, object]:
    """The JSON object in a line.

    Args:
        path: Path of the file, for errors.
        number: Line number, for errors.
        raw: The line.
        mend: Advice for a damaged line.

    Raises:
        RunError: it is no JSON object.
    """
    try:
        fields = json.loads(raw)
    except (ValueError, RecursionError):
        raise RunError(f"{path}: line {number} is damaged: not JSON; {mend}") from None
    if not isinstance(fields, dict):
        raise RunError(f"{path}: line {number} is damaged: not a JSON object; {mend}")
    return fields
