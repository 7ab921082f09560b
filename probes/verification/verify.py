"""Checks of a run folder: file hashes, evidence against settings, tables computed again, claims.

Hashes are compared with SHA256SUMS, written by the maker of the folder. That detects damage; it
detects changes only if the hash of SHA256SUMS itself (the fingerprint) is known independently.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal, cast

from probes.errors import ProbesError, RunError, nearest
from probes.evidence import answers
from probes.files import csv, sums
from probes.files.atomic import refuse_links
from probes.runs.beside.seal import sealed
from probes.runs.conclude import csv_tables, reckoned
from probes.runs.folder import Folder
from probes.types import Materials, ModelInfo, ModelSpec

if TYPE_CHECKING:
    import pandas as pd

    from probes.tables.place import Conclusion

Code = Literal[
    "missing", "changed", "unlisted", "fingerprint", "settings", "cell", "model", "table"
]
SETTINGS = ("set", "set_sha256", "protocol", "protocol_sha256", "seed", "limit")
"""Settings in both `run.yaml` and the header of each model's answers."""
IDENTITY = ("revision", "weights", "tokenizer", "adapter")
"""Fields that identify the model that was asked."""


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """A failed check."""

    code: Code
    file: str
    """Path relative to the folder, with ``/``."""
    text: str


@dataclass(slots=True)
class Verification:
    """The results of all checks of a folder."""

    fingerprint: str
    """Sha256 of SHA256SUMS."""
    files: int
    findings: list[Discrepancy] = field(default_factory=list)
    answers: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Model -> numbers of answered cells and of planned cells."""
    tables: list[str] = field(default_factory=list)
    """CSV files that were computed again."""
    unmade: list[str] = field(default_factory=list)
    """CSV files about people: only their hashes were checked, as people's answers are not in the
    folder."""
    models: list[str] = field(default_factory=list)
    """Models whose weights were hashed again."""
    claims: "pd.DataFrame | None" = None
    conclusion: "Conclusion | None" = None
    """None if the evidence is damaged."""

    @property
    def status(self) -> Literal[0, 1, 3]:
        """Exit status: 0: all checks passed; 1: one failed, or a claim; 3: a claim is undecided."""
        outcomes = set() if self.claims is None else set(self.claims["outcome"])
        if self.findings or "failed" in outcomes:
            return 1
        return 3 if "undecided" in outcomes else 0


def verify(
    path: Path, fingerprint: str = "", models: Sequence[tuple[ModelSpec, ModelInfo]] = ()
) -> Verification:
    """Check a run folder (of one language).

    Args:
        path: The folder; it is not changed.
        fingerprint: Expected sha256 of its SHA256SUMS; empty: not checked.
        models: Loaded models to compare with the evidence: as specified, and as loaded.

    Raises:
        RunError: it is not a run folder, has no SHA256SUMS, or a model was not asked in it.
    """
    folder = Folder(path)
    names = folder.models()
    refuse_links(path)
    for spec, _ in models:
        if spec.name not in names:
            hint = nearest(spec.name, names)
            raise RunError(f"{path}: no model {spec.name!r} was asked there; {hint}")
    listed = sums.read(path)
    result = Verification(sums.digest(path / sums.NAME), len(listed))
    if fingerprint and fingerprint != result.fingerprint:
        text = f"its sha256 is {result.fingerprint}, not {fingerprint}"
        result.findings.append(Discrepancy("fingerprint", sums.NAME, text))
    result.findings += _bytes(folder, listed)
    try:
        result.findings += _evidence(folder, result)
        result.findings += _models(folder, models)
        result.models = [spec.name for spec, _ in models]
        result.conclusion = reckoned(folder)
        result.findings += _tables(folder, result.conclusion, result)
    except ProbesError as error:
        result.findings.append(Discrepancy("cell", _named_file(folder, error), str(error)))
    return result


def _bytes(folder: Folder, listed: Mapping[str, str]) -> Iterator[Discrepancy]:
    """Compare each listed file with its hash; report files that are not listed."""
    for name, wanted in listed.items():
        try:
            digest = sums.digest(folder.path / name)
        except OSError:
            yield Discrepancy("missing", name, "is not there, or cannot be read")
            continue
        if digest != wanted:
            yield Discrepancy("changed", name, "holds other bytes than when the run was concluded")
    for name in sorted(set(sealed(folder.path)) - set(listed)):
        yield Discrepancy("unlisted", name, "was not there when the run was concluded")


def _evidence(folder: Folder, result: Verification) -> Iterator[Discrepancy]:
    """Compare settings, set and protocol with the answers, and each cell with its key."""
    run, materials = folder.run(), folder.materials()
    yield from _settings(run, materials)
    entries = {str(m["name"]): m for m in cast("list[dict[str, object]]", run["models"])}
    for name, entry in entries.items():
        file = folder.answers(name)
        shown = file.relative_to(folder.path).as_posix()
        header, lines = answers.read(file)
        for key in SETTINGS:
            if getattr(header, key) != run.get(key):
                text = f"{key} is {getattr(header, key)!r}, in run.yaml {run.get(key)!r}"
                yield Discrepancy("settings", shown, text)
        for one in fields(ModelInfo):
            if one.name in entry and entry[one.name] != getattr(header.model, one.name):
                text = f"{one.name} of the model is not as run.yaml has it"
                yield Discrepancy("settings", shown, text)
        count = 0
        for number, line in enumerate(lines, start=2):
            count += 1
            if answers.key(header, line) != line.key:
                yield Discrepancy("cell", shown, f"line {number}: the key is not that of its cell")
        result.answers[name] = (count, header.cells)


def _settings(run: "dict[str, object]", materials: Materials) -> Iterator[Discrepancy]:
    """Compare the copies of set and protocol with their hashes in run.yaml."""
    for file, key, digest in (
        ("set.yaml", "set_sha256", materials.statements.sha256),
        ("protocol.yaml", "protocol_sha256", materials.recipe.sha256),
    ):
        if run.get(key) != digest:
            yield Discrepancy(
                "settings", file, f"its content has {key} {digest}, run.yaml says otherwise"
            )


def _models(folder: Folder, models: Sequence[tuple[ModelSpec, ModelInfo]]) -> Iterator[Discrepancy]:
    """Compare the loaded models with those that were asked."""
    for spec, info in models:
        file = folder.answers(spec.name)
        header, _ = answers.read(file)
        for key in IDENTITY:
            if getattr(header.model, key) != getattr(info, key):
                text = f"the model asked had another {key} than {spec.id}"
                yield Discrepancy("model", file.relative_to(folder.path).as_posix(), text)


def _tables(
    folder: Folder, conclusion: "Conclusion", result: Verification
) -> Iterator[Discrepancy]:
    """Compute each table again from the answers, and compare it with the file."""
    tables = csv_tables(folder, conclusion)
    result.claims = tables["claims"]
    with TemporaryDirectory() as scratch:
        for name, table in tables.items():
            file = folder.path / f"{name}.csv"
            if table is None:
                result.unmade += [file.name] if file.is_file() else []
                continue
            result.tables.append(file.name)
            csv.save(table, Path(scratch) / file.name)
            again = (Path(scratch) / file.name).read_bytes()
            if not file.is_file():
                yield Discrepancy("table", file.name, "is not there, though the answers come to it")
            elif file.read_bytes() != again:
                yield Discrepancy("table", file.name, _first_difference(file, again))


def _first_difference(file: Path, again: bytes) -> str:
    """The first line at which a table differs from the one computed again, as text."""
    rows = zip(file.read_bytes().splitlines(), again.splitlines(), strict=False)
    differing = next((n for n, (old, new) in enumerate(rows, 1) if old != new), None)
    where = f"line {differing}" if differing else "its length"
    return f"{where} is not what the answers come to"


def _named_file(folder: Folder, error: ProbesError) -> str:
    """The file in the folder that an error message begins with; empty if there is none."""
    begin = str(error).partition(": ")[0]
    root = f"{folder.path}/"
    return begin.removeprefix(root) if begin.startswith(root) else ""
