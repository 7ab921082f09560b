"""Importers of foreign instruments: `probes sets import FORMAT FILE... -o mine.yaml`.

One module per format, found by its file name like every plug-in; a user's own ``./mine.py`` works
in the same way. A format has ``read(paths, options)``, which returns the plain data of a set as
`sets` defines it, and `OPTIONS`, the names that ``--option NAME=VALUE`` accepts and their meaning.
A format computes and guesses nothing: what its files do not state is left out. The key ``notes``
may hold sentences for the user on how the files were read.

This module does what all formats have in common: it checks options, validates the data like any
set, and writes the file whole or not at all, with a marked gap for each missing value.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import cast

from probes import plugins
from probes.errors import SetError, UsageError, nearest
from probes.files.atomic import write
from probes.importers import _gaps
from probes.importers._head import plain_id, printable
from probes.instruments import sentences, sets

_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Imported:
    """Result of an import: the file written, and its contents in numbers."""

    path: Path
    statements: int
    axes: tuple[str, ...]
    respondents: int
    gaps: tuple[str, ...]
    """What is to be filled in, in words, before the set can be used."""
    what: str = "statement"
    notes: tuple[str, ...] = ()
    """How the files were read, and what to check, one sentence each."""

    def __str__(self) -> str:
        """Contents, gaps and notes, one a line."""
        axes = f"axes {', '.join(self.axes)}" if self.axes else "no axes"
        several = "s" if self.respondents != 1 else ""
        people = f", {self.respondents} respondent{several}" if self.respondents else ""
        count = f"{self.statements} {self.what}{'s' if self.statements != 1 else ''}"
        lines = [f"{self.path}: {count}, {axes}{people}"]
        if self.gaps:
            lines.append(f"to be filled in where the file says '# gap': {'; '.join(self.gaps)}")
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])


def options(name: str) -> dict[str, str]:
    """Option of a format -> its explanation."""
    return _options(plugins.find("importers", name, "read"))


def parse_options(texts: Sequence[str]) -> dict[str, str]:
    """Parse ``["language=en", ...]`` into a mapping.

    Raises:
        UsageError: one is not NAME=VALUE, or occurs twice.
    """
    options: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise UsageError(f"--option {text}: write NAME=VALUE, such as language=en")
        if name.strip() in options:
            raise UsageError(f"--option {name.strip()} is given twice")
        options[name.strip()] = value.strip()
    return options


def run(
    name: str,
    paths: Sequence[Path],
    typed: Mapping[str, str],
    output: Path,
    *,
    force: bool = False,
) -> Imported:
    """Read files of a format and write the set made from them.

    Args:
        name: The format, or a user's own ``./mine.py``.
        paths: The files.
        typed: The user's options; see `options`.
        output: The YAML file to write.
        force: Whether an existing file may be replaced.

    Raises:
        SetError: the files are not of the format, or the set made from them has faults.
        UsageError: an option or the output does not fit, or an option is missing.
        RunError: the output cannot be written.
    """
    _check_output(output, force=force)
    module = plugins.find("importers", name, "read")
    valid = _options(module)
    for option in typed:
        if option not in valid:
            raise UsageError(f"--option {option}: {name} has none: {nearest(option, valid)}")
    if not paths:
        raise UsageError(f"{name}: give the files to import")
    data = cast("dict[str, object]", module.read(paths, {"name": plain_id(output.stem), **typed}))
    notes = [str(note) for note in cast("Sequence[object]", data.pop("notes", ()))]
    _validate(data, paths[0])
    notes += _doubts(data, paths[0])
    write(output, _gaps.compose(data, _heading(name, paths, _gaps.gaps(data))).encode())
    return Imported(
        output,
        len(_gaps.entries(data)),
        tuple(cast("Mapping[str, object]", data.get("axes", {}))),
        len(cast("Sequence[object]", data.get("respondents", ()))),
        _gaps.gaps(data),
        "request pair" if data.get("kind") == "requests" else "statement",
        tuple(map(printable, notes)),
    )


def _options(module: ModuleType) -> dict[str, str]:
    return dict(cast("Mapping[str, str]", getattr(module, "OPTIONS", {})))


def _check_output(output: Path, *, force: bool) -> None:
    """Refuse an output that is no YAML file, or exists already."""
    if output.suffix not in {".yaml", ".yml"}:
        raise UsageError(f"{output}: the output must end in .yaml")
    if output.is_dir():
        raise UsageError(f"{output}: is a folder")
    if output.exists() and not force:
        raise UsageError(f"{output}: is there already; add --force to replace it")


def _validate(data: dict[str, object], source: Path) -> None:
    """Refuse a set that would be invalid even with its gaps filled in."""
    if "language" not in data:
        raise UsageError(
            f"{source}: nothing says which language the texts are in; add --option language=en "
            "(or de, es, fr, ja ...)"
        )
    for text in _texts(data):
        if match := _NO_TEXT.search(text):
            fault = (
                "half a character" if match.group() >= "\ud800" else "characters that are no text"
            )
            raise SetError(f"{source}: {text!r:.60} holds {fault}")
    sets.parse(_gaps.compose(_with_gaps_filled(data)).encode(), source)


def _doubts(data: Mapping[str, object], source: Path) -> list[str]:
    """A sentence for each text that may be no statement.

    Raises:
        SetError: one is a key of a translation.
    """
    doubts = []
    for entry in _gaps.entries(data):
        for key in ("text", "mirror", "for", "against"):
            text = str(entry.get(key) or "")
            sign = sentences.sign(text) if text else ""
            if sign == sentences.KEY:
                raise SetError(
                    f"{source}: {entry['id']}: {key}: {text!r:.60} {sentences.SENTENCES[sign]}; "
                    "name where the sentences stand (--option), or the file that holds them"
                )
            if sign:
                doubts.append(f"{entry['id']}: {text!r:.60} {sentences.SENTENCES[sign]}")
    return doubts


def _texts(data: object) -> list[str]:
    """All texts in plain data."""
    if isinstance(data, str):
        return [data]
    inside = list(data.items()) if isinstance(data, dict) else data
    return [t for part in inside for t in _texts(part)] if isinstance(inside, list | tuple) else []


def _with_gaps_filled(data: Mapping[str, object]) -> dict[str, object]:
    """The set with placeholders in its gaps, which use no axis that it has."""
    axes = dict(cast("Mapping[str, object]", data.get("axes", {"gap": {}})))
    for name, poles in axes.items():
        axes[name] = poles or {"negative": f"less {name}", "positive": f"more {name}"}
    keyless: dict[str, object] = {"effects": {}}
    if data.get("kind") == "requests":
        first = next(iter(axes.values()))
        keyless = {"agree": cast("Mapping[str, object]", first)["negative"]}
    entries = [{**e, **keyless} if _gaps.unkeyed(e) else e for e in _gaps.entries(data)]
    return {**data, "axes": axes, _gaps.room(data): entries}


def _heading(name: str, paths: Sequence[Path], missing: Sequence[str]) -> list[str]:
    """Comment at the top of the file: source of the set, and what is to be done."""
    lines = [f"Imported as {Path(name).stem} from:"]
    for path in paths:
        for file in sorted(path.glob("*.json")) if path.is_dir() else [path]:
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            lines.append(f"  {printable(file.name)}, sha256 {digest}")
    return [*lines, *(f"To be filled in below, where it says gap: {gap}" for gap in missing)]
