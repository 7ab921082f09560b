"""The passages of a corpus on disk: a header line, then a passage a line, written whole.

A line says where a passage stands (file, document, character), its sha256, and its text: the at
most `passages.LONGEST` characters that the judge reads. Nothing else of a corpus is copied.
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
    """First line of a file of passages: what was searched, for what, and how."""

    __pydantic_config__ = STRICT

    corpus: str
    """What it is called."""
    files: Mapping[str, str]
    """File -> sha256, in the order of reading."""
    column: str
    """Of tables: which holds the documents."""
    set_sha256: str
    """Of the set."""
    about: float
    """Least share of the weight of a text's words."""
    kept: int
    """Most passages of a pair."""
    seed: int
    """Of the sample."""
    passages: int = 0
    """Of the whole corpus."""
    found: Mapping[str, int] = field(default_factory=dict)
    """Pair -> passages about it, the kept ones included."""
    versions: Mapping[str, str] = field(default_factory=versions)


ASKED = ("corpus", "files", "column", "set_sha256", "about", "kept", "seed")
"""What must be the same for a search not to be made again."""


@dataclass(frozen=True, slots=True)
class CorpusEvidence:
    """What was found in a corpus."""

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
    """Write the file, whole or not at all.

    Raises:
        RunError: the folder cannot be written.
    """
    rows: list[dict[str, object]] = [{"format": FORMAT, **asdict(evidence.header)}]
    for one in evidence.found:
        at = one.passage
        place = {"file": at.file, "document": at.document, "start": at.start, "sha256": at.sha256}
        rows.append({"statement": one.statement, "share": one.share, **place, "text": at.text})
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    write(path, text.encode())


def read(path: Path) -> CorpusEvidence:
    """The header and the passages.

    Raises:
        RunError: no such file, or a damaged line (naming file and line).
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
    """Passages that are there must be those that would be found.

    Raises:
        RunError: they are of another corpus or set, or were found otherwise.
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
