"""What of a run folder holds: bytes, evidence against settings, tables made again, claims.

Bytes are held against SHA256SUMS, which whoever made the folder wrote: that finds damage, and later
changes where the hash of SHA256SUMS itself (the fingerprint) is known from elsewhere.
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
"""What `run.yaml` and the header of each model's answers both say."""
IDENTITY = ("revision", "weights", "tokenizer", "adapter")
"""What must be the same for a model to be the one that was asked."""


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """Something that does not hold."""

    code: Code
    file: str
    """Below the folder, with ``/``."""
    text: str


@dataclass(slots=True)
class Verification:
    """What was checked of a folder, and what of it does not hold."""

    fingerprint: str
    """Sha256 of SHA256SUMS."""
    files: int
    findings: list[Discrepancy] = field(default_factory=list)
    answers: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Model -> cells that are answered, and that were to be asked."""
    tables: list[str] = field(default_factory=list)
    """CSV files that were made again."""
    unmade: list[str] = field(default_factory=list)
    """CSV files of people beside the models: only their hashes were checked, for their answers are
    not in the folder."""
    models: list[str] = field(default_factory=list)
    """Those whose weights were hashed again."""
    claims: "pd.DataFrame | None" = None
    conclusion: "Conclusion | None" = None
    """None where the evidence is damaged."""

    @property
    def status(self) -> Literal[0, 1, 3]:
        """0: all holds; 1: something does not, or a claim failed; 3: a claim is undecided."""
        outcomes = set() if self.claims is None else set(self.claims["outcome"])
        if self.findings or "failed" in outcomes:
            return 1
        return 3 if "undecided" in outcomes else 0


def verify(
    path: Path, fingerprint: str = "", models: Sequence[tuple[ModelSpec, ModelInfo]] = ()
) -> Verification:
    """Check a run folder in one language.

    Args:
        path: The folder; nothing is written there.
        fingerprint: Sha256 that its SHA256SUMS must have; empty: any.
        models: Models that were opened to be held against the evidence, as what they were typed.

    Raises:
        RunError: it is no run folder, or has no SHA256SUMS.
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
    """Each listed file as it was, and none beside."""
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
    """Settings, set and protocol against the answers; each cell against its key."""
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
    """The copies of set and protocol are those that run.yaml names."""
    for file, key, digest in (
        ("set.yaml", "set_sha256", materials.statements.sha256),
        ("protocol.yaml", "protocol_sha256", materials.recipe.sha256),
    ):
        if run.get(key) != digest:
            yield Discrepancy(
                "settings", file, f"its content has {key} {digest}, run.yaml says otherwise"
            )


def _models(folder: Folder, models: Sequence[tuple[ModelSpec, ModelInfo]]) -> Iterator[Discrepancy]:
    """The models at hand are those that were asked."""
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
    """Each table that the answers come to, against the file."""
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
    """Where a table first differs from the one made again."""
    rows = zip(file.read_bytes().splitlines(), again.splitlines(), strict=False)
    differing = next((n for n, (old, new) in enumerate(rows, 1) if old != new), None)
    where = f"line {differing}" if differing else "its length"
    return f"{where} is not what the answers come to"


def _named_file(folder: Folder, error: ProbesError) -> str:
    """The file of the folder that an error begins with, if it names one."""
    begin = str(error).partition(": ")[0]
    root = f"{folder.path}/"
    return begin.removeprefix(root) if begin.startswith(root) else ""
