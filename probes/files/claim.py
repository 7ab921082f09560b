"""Claiming a folder to write in: it is new, empty, or was written by the same command before."""

from collections.abc import Collection, Sequence
from pathlib import Path

from probes.errors import RunError
from probes.files import atomic
from probes.files.lock import LOCK


def claim(
    folder: Path,
    mark: str,
    description: str,
    leftovers: Collection[str] = (LOCK,),
    subfolders: Sequence[str] = (),
) -> None:
    """Make a folder if need be, and refuse one that holds files of something else.

    Args:
        folder: where a command is about to write.
        mark: name of the file by which a folder of this command is recognised.
        description: what such a folder is, for the sentence: "the folder of a run".
        leftovers: names that may be there without the mark: a command that was killed early leaves
            them.
        subfolders: made inside it.

    Raises:
        RunError: the folder holds something else, or cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        marked = (folder / mark).exists()
        if not marked and any(path.name not in leftovers for path in folder.iterdir()):
            raise RunError(f"{folder}: is not empty and not {description}; use another --out")
        for name in subfolders:
            (folder / name).mkdir(exist_ok=True)
        atomic.sync(folder.parent)
    except OSError as error:
        raise RunError(f"{folder}: cannot be written: {error.strerror}") from None
