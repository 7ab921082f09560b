"""Lock of a folder against concurrent writers, and consistent reading without it."""

import errno
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from probes.errors import RunError
from probes.files.atomic import refuse_links

LOCK = ".lock"
LOCKLESS = (errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP)
"""Errors of a file system without locks, such as NFS without its lock daemon."""


@contextmanager
def locked(path: Path, what: str) -> Iterator[None]:
    """The lock of a folder, held until the end of the block or of this process.

    Raises:
        RunError: another process holds it; the folder cannot be written or locked, or holds a
            link.
    """
    refuse_links(path)
    with held(path, what):
        yield


@contextmanager
def held(path: Path, what: str) -> Iterator[None]:
    """`locked` for an output folder that the user named: links in it are the user's own.

    Raises:
        RunError: another process holds it, or the folder cannot be written or locked.
    """
    # A lock of the operating system, which a killed process releases; its file may remain.
    lock = FileLock(path / LOCK, timeout=0, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        raise RunError(f"{path}: another {what} is at work in this folder; wait for it") from None
    except (OSError, NotImplementedError) as error:
        raise _unlocked(path, error) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def steady(path: Path, files: Iterable[Path]) -> Iterator[None]:
    """Raise an error at the end of the block if files in it were replaced meanwhile: what was read
    would be half old, half new.

    Raises:
        RunError: one of the files has changed, appeared or disappeared.
    """
    files = tuple(files)
    before = [*map(_state, files)]
    yield
    for file, state in zip(files, before, strict=True):
        if _state(file) != state:
            raise RunError(
                f"{path}: {file.name} was written while it was read; do so again when the command "
                "that writes there has ended"
            )


def _state(file: Path) -> tuple[int, ...]:
    """Values that change when a file is replaced or grows; empty if it does not exist."""
    try:
        stat = file.stat()
    except OSError:
        return ()
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def _unlocked(path: Path, error: OSError | NotImplementedError) -> RunError:
    """The error for a folder whose lock cannot be taken though nobody holds it."""
    if isinstance(error, OSError) and error.errno not in LOCKLESS:
        return RunError(f"{path}: cannot be written: {error.strerror}")
    reason = f": {error.strerror}" if isinstance(error, OSError) else ""
    return RunError(
        f"{path}: its file system cannot lock files{reason}; use a folder on another disk"
    )
