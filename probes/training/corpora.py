"""Training corpora: the files and folders that the user names, and the documents in them.

Hidden files and files about the folder (README, licence) are not part of the corpus, and files of
an unknown kind are left out; a warning names both. `documents` reads each kind of file.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from probes.errors import CorpusError
from probes.files.escape import NO_NAME, expand_user
from probes.files.text import regular
from probes.training import documents

DATASET = "dataset_info.json"
"""File that marks a folder saved by the library `datasets`."""
DATASETS = "dataset_dict.json"
"""File that marks a folder of several saved data sets, such as train and test."""
ABOUT = (
    *("readme", "license", "licence", "copying", "notice", "citation", "authors"),
    *("changelog", "contributing", "code_of_conduct", "security", "dataset_infos"),
)
"""Names (without extension) of files that describe a folder and are not corpus text."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """A training corpus: its files, in reading order."""

    files: tuple[Path, ...]
    """Text and table files, and folders saved by `datasets`."""
    layout: documents.DocumentFormat
    """Column and delimiter of tables of documents."""
    left_out: tuple[Path, ...] = ()
    """Files in the named folders that are not read."""

    def documents(self) -> Iterator[str]:
        """Every document that is not blank.

        Raises:
            CorpusError: a file is binary, in another encoding, damaged, or lacks the column.
        """
        for path in self.files:
            for text in documents.read(path, self.layout):
                if text.strip():
                    yield text

    def hashes(self) -> dict[str, str]:
        """File -> sha256 of its bytes."""
        return {str(path): _sha256(path) for path in self.files}

    def warnings(self) -> Iterator[str]:
        """A warning that names the files left out, if any."""
        if self.left_out:
            names = ", ".join(str(path) for path in self.left_out[:5])
            more = ", ..." if len(self.left_out) > 5 else ""
            one, left = len(self.files) == 1, len(self.left_out)
            read = (
                "1 file of the corpus is" if one else f"{len(self.files)} files of the corpus are"
            )
            yield (
                f"{read} read, {left} {'is' if left == 1 else 'are'} not: {names}{more}; name a "
                "file itself to have it read"
            )


def find_corpus(paths: Sequence[str], column: str = "text", delimiter: str = "") -> Corpus:
    """The corpus in these files and folders; the files of a folder are sorted by name.

    Args:
        paths: Paths as the user typed them.
        column: Column of a table that holds the documents.
        delimiter: Delimiter of CSV files; empty for a comma.

    Raises:
        CorpusError: a path does not exist, is of an unknown kind, or holds no file to read.
    """
    files, left_out = list[Path](), list[Path]()
    for text in paths:
        taken, passed_over = _files(expand_user(text), text)
        files += taken
        left_out += passed_over
    twice = {str(file) for file in files if files.count(file) > 1}
    for name in filter(NO_NAME.search, map(str, files)):
        raise CorpusError(f"{name!r}: holds a control character; rename it")
    if twice:
        raise CorpusError(f"{min(twice)}: is given twice")
    return Corpus(tuple(files), documents.DocumentFormat(column, delimiter), tuple(left_out))


def sha256(hashes: Sequence[str]) -> str:
    """One hash of the ordered hashes of a corpus's files; file names do not enter."""
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def _files(path: Path, text: str) -> tuple[list[Path], list[Path]]:
    """``(files to read, files left out)`` at a path, which the user typed as `text`."""
    endings = ", ".join(documents.READERS)
    if path.is_file():
        if documents.kind(path) not in documents.READERS:
            raise CorpusError(f"{text}: of no kind that can be read ({endings}, by its ending)")
        return [path], []
    if not path.is_dir():
        raise CorpusError(f"{text}: there is no such file or folder")
    if (path / DATASETS).is_file():
        parts = sorted(p.name for p in path.iterdir() if (p / DATASET).is_file())
        example = f"; give one, as in {path / parts[0]}" if parts else ", but none of them is there"
        raise CorpusError(f"{text}: holds several data sets{example}")
    if (path / DATASET).is_file():
        return [path], []
    below = sorted(p for p in path.rglob("*") if p.is_file() and not _is_hidden(p, path))
    files = [p for p in below if documents.kind(p) in documents.READERS and not _is_about(p)]
    if not files:
        raise CorpusError(f"{text}: a folder without files that can be read ({endings})")
    return files, [p for p in below if p not in set(files)]


def _is_hidden(file: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(folder).parts)


def _is_about(file: Path) -> bool:
    """Whether the file describes its folder (`ABOUT`)."""
    return file.name.lower().split(".")[0] in ABOUT


def _sha256(path: Path) -> str:
    """Hash of a file's bytes; for a folder, of the hashes of its files."""
    total = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if not file.is_dir():
            try:
                with regular(file, CorpusError).open("rb") as stream:
                    total.update(hashlib.file_digest(stream, "sha256").digest())
            except OSError as error:
                raise CorpusError(f"{file}: cannot be read: {error.strerror}") from None
    return total.hexdigest()
