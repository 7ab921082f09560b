"""The lock of a folder: one process at a time writes in it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from probes.errors import RunError
from probes.files import atomic

LOCK = ".lock"


@contextmanager
def locked(path: Path, what: str) -> Iterator[None]:
    """The lock of a folder, for as long as this process lives and no longer.

    Raises:
        RunError: another process holds it, the folder cannot be written, or holds a link.
    """
    atomic.refuse_links(path)
    try:
        lock = open(path / LOCK, "a", opener=atomic.open_not_following)  # noqa: SIM115 - closed below
    except OSError as error:
        raise RunError(f"{path}: cannot be written: {error.strerror}") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunError(
                f"{path}: another {what} is at work in this folder; wait for it"
            ) from None
        yield
