"""The seal of a run folder: hashes of its inputs and results."""

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
    """Files covered by the seal, as paths relative to the folder."""
    files = (path for pattern in SEALED for path in folder.glob(pattern))
    return [path.relative_to(folder).as_posix() for path in files if path.is_file()]
