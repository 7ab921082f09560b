"""Claims a folder to write in: it must be new, empty, or written by the same command before."""

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
    """Create a folder if missing, and refuse one that holds other files.

    Args:
        folder: Folder that a command is about to write to.
        mark: Name of the file by which a folder of this command is recognised.
        description: Description of such a folder for the error: "the folder of a run".
        leftovers: Names allowed without the mark: left by a command that was killed early.
        subfolders: Folders to create inside it.

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
