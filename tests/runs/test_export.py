"""A run as Parquet equals its evidence and tables, and is whole or not there."""

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from probes.errors import RunError
from probes.evidence import answers
from probes.files.lock import LOCK, held, steady
from probes.runs import conclude as conclusions
from probes.runs import parquet, read_back, session
from probes.tables import stored
from probes.types import ModelSpec

pytestmark = pytest.mark.usefixtures("pictureless")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("export") / "run"
    texts = ["economic=-6,abstain=.2,noise=1", "social=3"]
    specs = [ModelSpec(f"m{i}", text, "planted") for i, text in enumerate(texts)]
    session.probe(session.Request(specs, "compass", limit=5), out)
    return out


def test_every_answer_is_there_as_the_evidence_has_it(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Model by model and in order, also over several row groups; an option without a score stays
    apart from one that scored zero."""
    monkeypatch.setattr(parquet, "ROWS", 100)
    path, *_ = parquet.parquet(run, tmp_path / "p")
    assert pq.ParquetFile(path).num_row_groups > 2
    rows = iter(pq.read_table(path).to_pylist())
    for name in ("m0", "m1"):
        _, lines = answers.read(run / "answers" / f"{name}.jsonl")
        for line in lines:
            row = next(rows)
            assert row["model"] == name
            scores = None if row["logprobs"] is None else dict(row["logprobs"])
            assert scores == line.logprobs
            for field in ("statement", "role", "wording", "order", "seed", "key", "status"):
                assert row[field] == getattr(line, field)
            assert (row["before"], row["after"], row["mass"]) == (
                line.before,
                line.after,
                line.mass,
            )
    assert next(rows, None) is None


@pytest.mark.parametrize("name", ["agreement", "placements", "models", "topics", "variance"])
def test_tables_are_the_runs_own(run: Path, tmp_path: Path, name: str) -> None:
    parquet.parquet(run, tmp_path / "p")
    read = pd.read_parquet(tmp_path / "p" / f"{name}.parquet")
    pd.testing.assert_frame_equal(read, getattr(read_back.tables(run), name), check_dtype=False)


def test_files_say_what_they_are_of(run: Path, tmp_path: Path) -> None:
    for path in parquet.parquet(run, tmp_path / "p"):
        said = pq.read_schema(path).metadata
        assert said[b"probes.set"] == b"compass"
        assert len(said[b"probes.set_sha256"]) == 64


def test_the_command_names_the_files(command, run: Path) -> None:
    done = command("export", str(run), "--parquet")
    assert done[0] == 0
    tables = {path.stem for path in run.glob("*.csv")}
    assert "topics" in tables
    named = {str(run / "parquet" / f"{name}.parquet") for name in {"answers", *tables}}
    assert set(done[1].split()) == named


def test_without_a_format_or_a_place_to_write_there_is_one_sentence(
    command, run: Path, tmp_path: Path
) -> None:
    assert command("export", str(run))[0] == 0  # there is no other format
    (tmp_path / "file").write_text("")
    for bad in (tmp_path / "no" / "such", tmp_path / "file"):
        done = command("export", str(run), "--parquet", "-o", str(bad))
        assert done[0] == 2
        assert str(bad) in done[2]


def test_damaged_evidence_leaves_no_half_file(command, run: Path, tmp_path: Path) -> None:
    file = run / "answers" / "m1.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole[:-200] + b"}\n")
    done = command("export", str(run), "--parquet", "-o", str(tmp_path / "p"))
    file.write_bytes(whole)
    assert done[0] == 2
    assert "m1.jsonl" in done[2]
    assert [path.name for path in (tmp_path / "p").iterdir()] == [LOCK]


def test_two_exports_into_one_folder_are_not_mixed(command, run: Path, tmp_path: Path) -> None:
    """The second of two at a time is refused, and so is one into a folder of which another command
    has the lock; what is there stays as it is."""
    target = tmp_path / "p"
    assert command("export", str(run), "-o", str(target))[0] == 0
    before = {path.name: path.read_bytes() for path in target.iterdir()}
    with held(target, "command"):
        status, _, said = command("export", str(run), "-o", str(target))
    assert (status, "another command is at work in this folder" in said) == (2, True)
    assert {path.name: path.read_bytes() for path in target.iterdir()} == before


def test_a_folder_of_links_may_be_exported_into(command, run: Path, tmp_path: Path) -> None:
    """It was typed, and files are replaced, whatever a name leads to."""
    (tmp_path / "p").mkdir()
    (tmp_path / "mine").write_text("mine")
    for name in ("answers.parquet", "other"):
        (tmp_path / "p" / name).symlink_to(tmp_path / "mine")
    assert command("export", str(run), "-o", str(tmp_path / "p"))[0] == 0
    assert (tmp_path / "mine").read_text() == "mine"
    assert not (tmp_path / "p" / "answers.parquet").is_symlink()


@pytest.mark.parametrize("change", ["replaced", "gone", "new"])
def test_tables_that_are_written_while_they_are_read_are_refused(
    tmp_path: Path, change: str
) -> None:
    """Else some would be those of before, and some those of after."""
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text("a")
    if change != "new":
        second.write_text("b")

    def read() -> None:
        with steady(tmp_path, [first, second]):
            if change == "gone":
                second.unlink()
            else:
                (tmp_path / "part").write_text("b")
                (tmp_path / "part").replace(second)

    with pytest.raises(RunError, match=r"b\.csv was written while it was read"):
        read()
    with steady(tmp_path, [first, second]):
        first.read_text()


def test_a_place_that_comes_between_is_noticed(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever reads the tables of a run folder."""
    read = stored.read

    def interrupted(path: Path, name: str) -> pd.DataFrame:
        if name == "models":
            conclusions.conclude(run)
        return read(path, name)

    with monkeypatch.context() as patched:
        patched.setattr(stored, "read", interrupted)
        with pytest.raises(RunError, match="was written while it was read"):
            read_back.tables(run)
    read_back.tables(run)
