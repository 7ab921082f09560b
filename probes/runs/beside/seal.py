"""The seal of a run folder: hashes of all that the run is made of and came to."""

from pathlib import Path

from probes.files import sums

SEALED = (
    *("*.yaml", "answers/*.jsonl", "stances/*.jsonl", "passages/*.jsonl", "judged/*.jsonl"),
    *("*.csv", "compass.png", "compass.svg"),
)


def seal(folder: Path) -> None:
    """Write SHA256SUMS.

    Raises:
        RunError: the folder cannot be written.
    """
    sums.save(folder, sealed(folder))


def sealed(folder: Path) -> list[str]:
    """The files that a seal is about, as paths from the folder."""
    files = (path for pattern in SEALED for path in folder.glob(pattern))
    return [path.relative_to(folder).as_posix() for path in files if path.is_file()]
