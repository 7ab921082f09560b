"""Files that are refused: what a reader is given, and the sentence with which it refuses it.

``refusals/READER.yaml`` is a table: a `base` that the reader takes whole, and `cases`. A case is a
`text` of its own (or `parts`: each with how often it stands there), or the base with some texts in
place of others (`replace`) or with more behind it (`append`). `refused` are parts of the sentence,
in their order; `options` and `query` are what is typed with the file, `beside` other files.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from probes import importers
from probes.asking import protocols, wordings
from probes.conditions import read as conditions
from probes.errors import CorpusError, ModelError, ProbesError, SetError, UsageError
from probes.files.yaml import read_yaml
from probes.instruments import sets
from probes.models import registry
from probes.people.answers import read_answers
from probes.people.rows import PeopleColumns
from probes.people.sheets import SheetOptions
from probes.replies import accuracy
from probes.training import corpora
from tests.backends.test_recorded import probe

TABLES = Path(__file__).parents[1] / "refusals"
ABOUT_OPTIONS = ("--option", "--encoding", "--delimiter", "'recorded:FILE?", "recorded: ?")
"""Begin sentences about what was typed, which name no file."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What is typed with a file."""

    options: Mapping[str, str]
    query: str = ""


def _imported(name: str) -> "Callable[[Path, Typed], object]":
    def read(path: Path, typed: Typed) -> object:
        output = path.with_name("imported.yaml")
        return importers.run(name, [path], {"language": "en", **typed.options}, output)

    return read


def _recorded(path: Path, typed: Typed) -> object:
    of, out = path.with_name("set.yaml"), path.with_name("out")
    return probe(f"recorded:{path}{typed.query}", of, out)


def _people(path: Path, typed: Typed) -> object:
    options = dict(typed.options)
    how = SheetOptions(options.pop("delimiter", ""), options.pop("encoding", ""))
    counts = options.pop("options", "")
    of = sets.load(path.with_name("set.yaml"))
    return read_answers([path], of, PeopleColumns(**options), counts, how)


def _labels(path: Path, _: Typed) -> object:
    return accuracy.read(path, {name: name for name in accuracy.COLUMNS}, {})


Error = type[ProbesError] | tuple[type[ProbesError], ...]
READERS: Mapping[str, tuple[Callable[[Path, Typed], object], Error]] = {
    "conditions": (
        lambda path, _: conditions.joined([conditions.load(str(path), "en")], str(path)),
        SetError,
    ),
    "corpora": (lambda path, _: list(corpora.find_corpus([str(path)]).documents()), CorpusError),
    "javascript": (_imported("javascript"), (SetError, UsageError)),
    "models": (lambda path, _: registry.load_registry(path), SetError),
    "open_protocols": (lambda path, _: protocols.parse(path.read_bytes(), path), ProbesError),
    "people": (_people, (SetError, UsageError)),
    "polilean": (_imported("polilean"), (SetError, UsageError)),
    "protocols": (lambda path, _: protocols.parse(path.read_bytes(), path), SetError),
    "recorded": (_recorded, (ModelError, UsageError)),
    "sets": (lambda path, _: sets.parse(path.read_bytes(), path), SetError),
    "stance_labels": (_labels, UsageError),
    "table": (_imported("table"), (SetError, UsageError)),
    "wordings": (lambda path, _: wordings.parse(read_yaml(path), path), SetError),
    "yaml": (lambda path, _: read_yaml(path), SetError),
}
"""Reader -> how it reads a file, and the errors with which it refuses one."""
SEVERAL = {"conditions", "models", "open_protocols", "protocols", "sets", "wordings"}
"""Readers that tell all faults of a file at once, a line each."""


@dataclass(frozen=True, slots=True)
class Case:
    """A file, and parts of the sentence with which it is refused, if it is."""

    reader: str
    file: str
    content: bytes
    typed: Typed
    beside: Mapping[str, str]
    refused: tuple[str, ...] = ()

    def written(self, folder: Path) -> Path:
        """The file, and those beside it, in a folder."""
        for name, text in self.beside.items():
            (folder / name).write_text(text, encoding="utf-8")
        path = folder / self.file
        path.write_bytes(self.content)
        return path


def _content(case: Mapping[str, object], base: str) -> bytes:
    text = case.get("text", base)
    if "parts" in case:
        text = "".join(part * times for part, times in case["parts"])  # type: ignore[attr-defined]
    for old, new in case.get("replace", {}).items():  # type: ignore[attr-defined]
        assert old in text, f"{old!r} is not in the base"
        text = text.replace(old, new)
    text += case.get("append", "")
    return text.encode(case.get("encoding", "utf-8"))


def _cases(*, whole: bool) -> Iterator[object]:
    """The cases of all tables, or what is taken whole."""
    for reader in READERS:
        table = yaml.safe_load((TABLES / f"{reader}.yaml").read_text("utf-8"))
        for case in [{"options": table.get("options", {})}] if whole else table["cases"]:
            assert case.keys() <= {
                *("text", "parts", "replace", "append", "encoding"),
                *("file", "options", "query", "refused"),
            }
            refused = case.get("refused", [])
            parts = (refused,) if isinstance(refused, str) else tuple(refused)
            yield pytest.param(
                Case(
                    reader,
                    case.get("file", table["file"]),
                    _content(case, table["base"]),
                    Typed(case.get("options", {}), case.get("query", "")),
                    table.get("beside", {}),
                    parts,
                ),
                id=f"{reader}: {' ... '.join(parts)}",
            )


@pytest.mark.parametrize("case", list(_cases(whole=True)))
def test_the_base_of_a_table_is_taken(case: Case, tmp_path: Path) -> None:
    """Else its cases could be refused for another reason."""
    read, _ = READERS[case.reader]
    assert read(case.written(tmp_path), case.typed) is not None


@pytest.mark.parametrize("case", list(_cases(whole=False)))
def test_a_file_is_refused_in_its_sentence(case: Case, tmp_path: Path) -> None:
    """It names the file, unless it is about an option; and nothing is written."""
    read, errors = READERS[case.reader]
    path = case.written(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(errors) as raised:
        read(path, case.typed)
    message = str(raised.value)
    at = 0
    for part in case.refused:
        assert part in message[at:]
        at = message.index(part, at)
    lines = message.splitlines()
    assert len(lines) == 1 or case.reader in SEVERAL
    assert all(line.startswith((f"{path}: ", *ABOUT_OPTIONS)) for line in lines)
    assert sorted(tmp_path.rglob("*")) == before


def test_every_table_has_its_reader() -> None:
    assert {path.stem for path in TABLES.glob("*.yaml")} == READERS.keys()
