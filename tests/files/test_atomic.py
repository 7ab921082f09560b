"""A power cut: only what was flushed is there afterwards, and it is whole, and the run goes on."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from probes import report
from probes.files import atomic, csv
from probes.files.atomic import write
from probes.files.journal import Journal
from probes.models import registry
from probes.runs import parquet, session

Inode = int
Names = dict[Inode, dict[str, Inode]]
Data = dict[Inode, bytes]


@dataclass
class Platter:
    """What a disk holds for certain of a folder: file contents at their last fsync, names at the
    last fsync of the folder that they stand in."""

    root: Path
    names: Names = field(default_factory=dict)
    data: Data = field(default_factory=dict)
    moments: list[tuple[Names, Data]] = field(default_factory=list)
    """The same after each fsync and each renaming: at any of them the power may go."""
    moved: list[tuple[Inode, str]] = field(default_factory=list)
    """What was renamed to what."""
    kept: list[int] = field(default_factory=list)
    """Open files, so that no number of a file is used again."""

    def flushed(self, descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").resolve()
        if self.root in (path, *path.parents):
            self.kept.append(os.open(path, os.O_RDONLY))
            inode = path.stat().st_ino
            if path.is_dir():
                self.names[inode] = {p.name: p.stat().st_ino for p in path.iterdir()}
                for inner in (p for p in path.iterdir() if p.is_dir()):
                    self.names.setdefault(inner.stat().st_ino, {})
            else:
                self.data[inode] = path.read_bytes()
            self.moment()

    def renamed(self, target: Path) -> None:
        if self.root in target.parents:
            self.moved.append((target.stat().st_ino, target.name))
            self.moment()

    def moment(self) -> None:
        self.moments.append(({k: dict(v) for k, v in self.names.items()}, dict(self.data)))


def restored(place: Path, names: Names, data: Data, folder: Inode) -> None:
    """A folder as it is after a power cut."""
    place.mkdir()
    for name, inode in names.get(folder, {}).items():
        if inode in names:
            restored(place / name, names, data, inode)
        else:
            (place / name).write_bytes(data.get(inode, b""))


@pytest.fixture
def platter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Platter:
    """A disk that is watched while it is written on."""
    watched = Platter(tmp_path / "disk")
    watched.root.mkdir()

    def then(call: Callable[..., None], tell: Callable[[object], None]) -> Callable[..., None]:
        def called(*args: object, **more: object) -> None:
            call(*args, **more)
            tell(args[-1])

        return called

    monkeypatch.setattr(os, "fsync", then(os.fsync, lambda d: watched.flushed(int(str(d)))))
    for name in ("replace", "rename"):
        monkeypatch.setattr(
            os, name, then(getattr(os, name), lambda to: watched.renamed(Path(str(to))))
        )
    yield watched
    for descriptor in watched.kept:
        os.close(descriptor)


def asked(out: Path) -> None:
    ids = ("planted:economic=-6,noise=1", "planted:social=3,noise=1")
    specs = [registry.resolve(f"m{n}={id_}") for n, id_ in enumerate(ids)]
    session.probe(session.Request(specs, "compass", limit=4, batch_size=40, command="run"), out)


def contents(folder: Path) -> dict[str, bytes]:
    """Tables and evidence."""
    files = [*folder.glob("*.csv"), *folder.glob("answers/*.jsonl")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.slow
@pytest.mark.parametrize("cuts", [4, pytest.param(40, marks=pytest.mark.soak)])
def test_whenever_the_power_goes_files_are_whole_and_the_run_goes_on(
    platter: Platter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cuts: int
) -> None:
    """Cuts are closer together at the beginning, where a folder comes into being."""
    out = platter.root / "run"
    asked(out)
    report.report(out, out / "report.html")
    parquet.parquet(out, out / "parquet")
    monkeypatch.undo()
    final = {p.name: p.read_bytes() for p in out.rglob("*") if p.is_file()}
    derived = {name for name in final if not name.endswith(".jsonl") and name != ".lock"}
    assert derived == {name for _, name in platter.moved}, "written in place, or never"
    root = platter.root.stat().st_ino
    versions: dict[str, set[bytes]] = {}
    for names, data in platter.moments:
        for folder in names.values():
            for name, inode in folder.items():
                if name in derived:
                    versions.setdefault(name, set()).add(data.get(inode, b""))
    assert derived - versions.keys() == set(), "its folder was never flushed"
    for name, found in versions.items():
        assert b"" not in found, f"{name} has its name before its bytes"
        assert final[name] in found
        assert name == "run.yaml" or len(found) == 1, f"{name} was there in part"
    whole = contents(out)
    last = len(platter.moments) - 1
    for n in sorted({round(last * share**2) for share in np.linspace(0, 1, cuts)}):
        place = tmp_path / f"after-{n}"
        restored(place, *platter.moments[n], root)
        asked(place / "run")
        assert contents(place / "run") == whole, f"power cut {n} of {last}"


def test_every_batch_is_flushed_before_the_next(platter: Platter) -> None:
    path = platter.root / "answers" / "m.jsonl"
    path.parent.mkdir()
    with journal(path) as log:
        for batch in BATCHES:
            log.append(lines(batch))
            assert platter.data[path.stat().st_ino] == path.read_bytes()
    assert platter.names[path.parent.stat().st_ino] == {"m.jsonl": path.stat().st_ino}


# --- what is torn --------------------------------------------------------------------------------

BATCHES = [["a", "b"], ["c", "d", "e"], ["f", "g"]]


def lines(batch: list[str]) -> bytes:
    return b"".join(f"line {key} \N{SNOWMAN}\n".encode() for key in batch)


def journal(path: Path) -> Journal:
    def key(number: int, raw: bytes) -> str:
        if not raw.startswith(b"line ") or b"\0" in raw:
            raise disk_error(number)
        return raw.decode().split()[1]

    return Journal(path, b"head\n", lambda _: None, key, BATCHES)


def disk_error(number: int) -> Exception:
    from probes.errors import RunError

    return RunError(f"line {number} is damaged")


def finished(path: Path) -> bytes:
    with journal(path) as log:
        for batch in BATCHES[log.done :]:
            log.append(lines(batch))
    return path.read_bytes()


def test_cut_at_every_byte_it_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    whole = finished(tmp_path / "whole")
    for cut in range(len(whole) + 1):
        path = tmp_path / "cut"
        path.write_bytes(whole[:cut])
        assert finished(path) == whole, cut


def test_holes_in_the_last_batch_are_asked_again(tmp_path: Path) -> None:
    """Its pages reach the disk in any order: some are zeros after a power cut."""
    whole = finished(tmp_path / "whole")
    start = whole.index(b"line f")
    for begin in range(start, len(whole)):
        for end in range(begin + 1, len(whole) + 1):
            path = tmp_path / "holes"
            path.write_bytes(whole[:begin] + bytes(end - begin) + whole[end:])
            assert finished(path) == whole, (begin, end)


def test_holes_elsewhere_are_damage(tmp_path: Path) -> None:
    whole = finished(tmp_path / "whole")
    at = whole.index(b"line d")
    path = tmp_path / "damaged"
    path.write_bytes(whole[:at] + bytes(4) + whole[at + 4 :])
    with pytest.raises(Exception, match="line 5 is damaged"):
        finished(path)


# --- what is left over ---------------------------------------------------------------------------


def test_what_a_killed_process_left_goes_and_what_another_writes_stays(tmp_path: Path) -> None:
    dead = os.spawnlp(os.P_NOWAIT, "true", "true")
    os.waitpid(dead, 0)
    names = {f".a.csv.{dead}.part", f".a.csv.{os.getpid()}.part", ".hidden.part", "a.csv.1.part"}
    for name in names:
        (tmp_path / name).touch()
    atomic.remove_leftovers(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == names - {f".a.csv.{dead}.part"}


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt, SystemExit])
def test_whatever_interrupts_a_file_nothing_is_left_of_it(
    tmp_path: Path, error: type[BaseException]
) -> None:
    write(tmp_path / "a.csv", b"old")

    def interrupted() -> None:
        with atomic.replacing(tmp_path / "a.csv") as part:
            part.write_bytes(b"half")
            raise error

    with pytest.raises(error):
        interrupted()
    assert [p.name for p in tmp_path.iterdir()] == ["a.csv"]
    assert (tmp_path / "a.csv").read_bytes() == b"old"


def test_a_folder_takes_its_place_flushed(platter: Platter) -> None:
    partial = platter.root / "partial"
    (partial / "inner").mkdir(parents=True)
    (partial / "inner" / "weights").write_bytes(b"123")
    atomic.move_into_place(partial, platter.root / "model")
    names, data = platter.moments[-1]
    restored(platter.root.parent / "after", names, data, platter.root.stat().st_ino)
    assert (platter.root.parent / "after/model/inner/weights").read_bytes() == b"123"


def test_a_table_is_the_same_text_in_parts_and_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every digit, empty cells, quotes, what a spreadsheet would take for a formula."""
    numbers = np.array([0.1, -0.0, np.nan, 1e-5, 1e16, 1 / 3, 2.0, np.inf, 5e-324, 123456.789])
    table = pd.DataFrame(
        {
            "name": ["a", '"b", c', "=1+1", "-d", None, "\N{SNOWMAN}", "", "x\ny", "'=2", "e"],
            "number": numbers,
            "count": np.arange(10),
            "yes": numbers > 1,
            "mixed": [1, None, True, "text", 2.5, np.nan, False, "-", 3, 4],
        }
    )
    for rows in (3, 10, 100):
        monkeypatch.setattr(csv, "ROWS", rows)
        for part in (table, table.iloc[:0]):
            csv.save(part, tmp_path / "table.csv")
            assert (tmp_path / "table.csv").read_bytes() == csv.text(part).encode()
