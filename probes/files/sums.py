"""SHA256SUMS: the hashes of a folder's files, in the format of `sha256sum --check`.

The caller names the files.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from probes.errors import RunError
from probes.files.atomic import write
from probes.files.escape import NO_NAME
from probes.files.yaml import read_bytes

NAME = "SHA256SUMS"
_LINE = re.compile(r"([0-9a-f]{64})  ([^\n\\]+)")


def digest(path: Path) -> str:
    """sha256 of a file's bytes, 64 hexadecimal digits; raises OSError if it cannot be read."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def save(folder: Path, names: Iterable[str]) -> None:
    """Write the hashes of these files (paths relative to the folder, with ``/``), sorted by name.

    Raises:
        RunError: the folder cannot be written.
    """
    lines = [f"{digest(folder / name)}  {name}\n" for name in sorted(names)]
    write(folder / NAME, "".join(lines).encode())


def read(folder: Path) -> Mapping[str, str]:
    """Relative path of a file -> its hash in SHA256SUMS.

    Raises:
        RunError: there is none, or a line is not as `save` writes it, or leads out of the folder.
    """
    file = folder / NAME
    if not file.is_file():
        raise RunError(f"{file}: is not there; `probes place {folder}` writes it")
    sums: dict[str, str] = {}
    text = read_bytes(file).decode("utf-8", "replace").removesuffix("\n")
    for number, line in enumerate(text.split("\n"), 1):
        match = _LINE.fullmatch(line)
        path = PurePosixPath(match[2]) if match else None
        if (
            not match
            or not path
            or path.is_absolute()
            or ".." in path.parts
            or match[2] in sums
            or NO_NAME.search(match[2])
        ):
            raise RunError(f"{file}: line {number} is not a hash and the name of a file below")
        sums[match[2]] = match[1]
    return sums
