"""The file of a corpus's passages: a header line, then one line for each passage.

A line holds the passage's position (file, document, character), its sha256, and its text of at most
`passages.LONGEST` characters. Nothing else of the corpus is copied. The file is written atomically.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from probes.corpora.passages import Passage
from probes.corpora.retrieval import FoundPassage
from probes.errors import RunError
from probes.files.atomic import write
from probes.files.journal import json_object, lines
from probes.provenance import versions
from probes.types.constraints import STRICT

FORMAT = 1
MEND = "remove the file to search the corpus again"


@dataclass(frozen=True, slots=True)
class PassagesHeader:
    """First line of a file of passages: corpus, statement set and retrieval options."""

    __pydantic_config__ = STRICT

    corpus: str
    """Name of the corpus."""
    files: Mapping[str, str]
    """File -> sha256, in the order of reading."""
    column: str
    """Column of tables that holds the documents."""
    set_sha256: str
    """Hash of the statement set."""
    about: float
    """Retrieval threshold, see `RetrievalOptions.about`."""
    kept: int
    """Maximum number of passages for a pair of statement and mirror."""
    seed: int
    """Seed of the sample of passages."""
    passages: int = 0
    """Number of passages in the whole corpus."""
    found: Mapping[str, int] = field(default_factory=dict)
    """Pair id -> number of passages about it, before sampling."""
    versions: Mapping[str, str] = field(default_factory=versions)


ASKED = ("corpus", "files", "column", "set_sha256", "about", "kept", "seed")
"""Fields that must be equal for stored passages to be reused."""


@dataclass(frozen=True, slots=True)
class CorpusEvidence:
    """The retrieved and sampled passages of a corpus."""

    header: PassagesHeader
    found: tuple[FoundPassage, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    __pydantic_config__ = STRICT

    statement: str
    share: float
    file: str
    document: int
    start: int
    sha256: str
    text: str


def save(path: Path, evidence: CorpusEvidence) -> None:
    """Write the file, completely or not at all.

    Raises:
        RunError: the folder cannot be written.
    """
    rows: list[dict[str, object]] = [{"format": FORMAT, **asdict(evidence.header)}]
    for found in evidence.found:
        passage = found.passage
        position = {
            "file": passage.file,
            "document": passage.document,
            "start": passage.start,
            "sha256": passage.sha256,
        }
        rows.append(
            {"statement": found.statement, "share": found.share, **position, "text": passage.text}
        )
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    write(path, text.encode())


def read(path: Path) -> CorpusEvidence:
    """Read the header and the passages.

    Raises:
        RunError: the file is missing, or a line is damaged (with file and line number).
    """
    raw = list(lines(path))
    fields = json_object(path, 1, raw[0] if raw else b"", MEND)
    if fields.pop("format", None) != FORMAT:
        raise RunError(f"{path}: line 1 is not the header of passages of this version; {MEND}")
    try:
        header = TypeAdapter(PassagesHeader).validate_python(fields)
    except ValidationError:
        raise RunError(f"{path}: line 1 is damaged: no header of passages; {MEND}") from None
    passages = tuple(_found(path, n, line) for n, line in enumerate(raw[1:], start=2))
    return CorpusEvidence(header, passages)


def refuse_other(path: Path, held: PassagesHeader, wanted: PassagesHeader) -> None:
    """Check that stored passages are of the corpus, set and options that are wanted.

    Raises:
        RunError: they are not; names the first difference.
    """
    for name in ASKED:
        old, new = getattr(held, name), getattr(wanted, name)
        if old != new:
            shown = "" if name == "files" else f" {old!r}, not {new!r}"
            difference = (
                "of other files, or files that changed" if name == "files" else f"with {name}"
            )
            raise RunError(f"{path}: holds passages {difference}{shown}; use another --out")


def _found(path: Path, number: int, raw: bytes) -> FoundPassage:
    fields = json_object(path, number, raw, MEND)
    try:
        line = _lines().validate_python(fields)
    except ValidationError:
        raise RunError(f"{path}: line {number} is damaged: no passage; {MEND}") from None
    passage = Passage(line.file, line.document, line.start, line.text)
    if passage.sha256 != line.sha256:
        raise RunError(f"{path}: line {number} is damaged: its text has another sha256; {MEND}")
    return FoundPassage(line.statement, line.share, passage)


@cache
def _lines() -> TypeAdapter[_Line]:
    return TypeAdapter(_Line)
