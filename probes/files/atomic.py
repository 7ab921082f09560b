"""Atomic writes: a file is replaced whole or not at all, also after a kill or a power cut.

New content is written to a part file next to the target, flushed to disk, and renamed to the target
in one step. Then the folder is flushed, too, since its entries are data as well. Independent of
formats.
"""

import errno
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from shutil import rmtree

from probes.errors import RunError

PART = ".part"
"""Suffix of incomplete files."""
UNSUITED = (errno.EINVAL, errno.ENOTSUP, errno.EACCES)
"""Errors where a folder cannot be flushed: by its file system, or as it is not readable."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A part file to write, which then replaces the file `path`; on any error `path` is unchanged.

    The part file is newly created under a random name; an existing one is never used.

    Raises:
        OSError: it cannot be written, or `path` is not a file.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EEXIST, "something that is no file is there", str(path))
    part = path.with_name(f".{path.name}.{os.getpid()}-{token_hex(8)}{PART}")
    os.close(open_not_following(str(part), os.O_WRONLY | os.O_CREAT | os.O_EXCL))
    try:
        yield part
        sync(part)
        part.replace(path)
        sync(path.parent)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def write(path: Path, data: bytes) -> None:
    """Replace `path` by `data`, whole or not at all, also if the power fails.

    Raises:
        RunError: the folder does not exist, or cannot be written.
    """
    write_all({path: data})


def write_all(files: Mapping[Path, bytes]) -> None:
    """`write` for several files: none is replaced before all part files are written.

    Raises:
        RunError: one of them cannot be written; all are unchanged.
    """
    path = Path()
    try:
        with ExitStack() as parts:
            for path, data in files.items():
                parts.enter_context(replacing(path)).write_bytes(data)
    except OSError as error:
        raise RunError(f"{path}: cannot be written: {error.strerror}") from None


def open_not_following(path: str, flags: int) -> int:
    """Opener for `open` that opens the file itself, never the target of a symbolic link.

    Raises:
        OSError: it cannot be opened, or is a symbolic link.
    """
    return os.open(path, flags | os.O_NOFOLLOW, 0o666)


def first_irregular(folder: Path) -> Path | None:
    """The first entry below a folder that is neither a file nor a folder: a link, pipe or device.

    Symbolic links are not followed.
    """
    for path, folders, files in os.walk(folder):
        for name in sorted((*folders, *files)):
            mode = os.lstat(entry := Path(path, name)).st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                return entry
    return None


def refuse_links(path: Path) -> None:
    """Refuse a folder with a link, pipe or device in it: it may come from a stranger.

    Raises:
        RunError: names the symbolic link, pipe or device.
    """
    if entry := first_irregular(path):
        kind = "a symbolic link" if entry.is_symlink() else "neither a file nor a folder"
        raise RunError(
            f"{entry}: is {kind}, and what is written into a run folder stays in it; put the file "
            "or folder itself there"
        )


def make_folder(path: Path) -> None:
    """Create a folder for results if it does not exist; the parent may come from a stranger.

    Raises:
        RunError: its name is a symbolic link; or it cannot be created.
    """
    if path.is_symlink():
        raise RunError(f"{path}: is a symbolic link; give --out the folder that it leads to")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"{path}: the folder cannot be made: {error.strerror}") from None


def move_into_place(partial: Path, place: Path) -> None:
    """Flush a complete folder and rename it to `place`, which must not exist.

    Raises:
        OSError: it cannot be renamed.
    """
    for path in (*partial.rglob("*"), partial):
        sync(path)
    partial.rename(place)
    sync(place.parent)


@contextmanager
def filling(folder: Path, last: str) -> Iterator[Path]:
    """A temporary folder whose files are moved into `folder` at the end; on any error `folder` is
    unchanged.

    A new folder appears complete. In an existing one, each file is replaced in one step; the file
    `last`, without which the others are invalid, is removed before all others are replaced and
    written after them.

    Raises:
        OSError: they cannot be written.
    """
    new = not folder.is_dir()
    parent = folder.parent if new else folder
    parent.mkdir(parents=True, exist_ok=True)
    part = parent / f".{folder.absolute().name}.{os.getpid()}-{token_hex(8)}{PART}"
    part.mkdir()
    try:
        yield part
        if new:
            move_into_place(part, folder)
            return
        files = sorted(part.iterdir(), key=lambda path: (path.name == last, path.name))
        for path in files:
            sync(path)
        if blocked := [path for path in files if (folder / path.name).is_dir()]:
            raise OSError(errno.EISDIR, f"{blocked[0].name} is a folder there", str(folder))
        (folder / last).unlink(missing_ok=True)
        sync(folder)
        for path in files:
            path.replace(folder / path.name)
        sync(folder)
    finally:
        rmtree(part, ignore_errors=True)


def sync(path: Path) -> None:
    """Flush a file, or a folder's entries, to disk.

    Raises:
        OSError: the disk reported an error.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in UNSUITED or not path.is_dir():
            raise


def remove_leftovers(folder: Path) -> None:
    """Remove the part files that killed processes left in a folder."""
    for part in folder.glob(f".*{PART}"):
        number, _, _ = part.stem.rpartition(".")[2].partition("-")
        if number.isdecimal() and not _alive(int(number)):
            with suppress(OSError):
                part.unlink(missing_ok=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
