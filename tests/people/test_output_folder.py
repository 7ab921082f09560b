"""Where `sets validate` writes: everything or nothing, and over no file but its own."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from probes.cli import app
from probes.errors import ProbesError, RunError
from probes.people import people_table

SET = """
name: mini
title: Mini
language: en
licence: CC0-1.0
axes: {x: {negative: low, positive: high}}
statements:
  - {id: q0, text: The first number should rise., agree: high}
  - {id: q1, text: The second number should fall., agree: low}
  - {id: q2, text: The third number should rise., agree: high}
"""
Validate = Callable[..., str]


@pytest.fixture
def validate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Validate:
    """Runs the command on six people, with more words; what it says, the refusal included."""
    (tmp_path / "set.yaml").write_text(SET)
    rows = ["agree,disagree,agree", "disagree,agree,disagree", "agree,agree,disagree"] * 2
    (tmp_path / "a.csv").write_text("q0,q1,q2\n" + "\n".join(rows) + "\n")
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> str:
        result = CliRunner().invoke(app, ["sets", "validate", "./set.yaml", "a.csv", *words])
        assert result.exception is None or isinstance(result.exception, ProbesError | SystemExit)
        return f"{result.output} {result.exception or ''}"

    return run


def everything(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("people.json", '{"people": ["mine"]}'),
        ("people.json", "not json"),
        ("people.json", "[" * 100_000),
        ("people.json", "[1]"),
        ("people_groups.csv", "name,email\nA,a@example.org\n"),
        ("people_positions.csv", ""),
    ],
)
def test_files_that_something_else_wrote_are_never_replaced(
    name: str, content: str, validate: Validate, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_text(content)
    before = everything(tmp_path)
    assert f"out/{name}: was not written by `probes sets validate`" in validate("--out", "out")
    assert everything(tmp_path) == before


def test_its_own_files_are_replaced_also_where_a_kill_left_half_of_them(
    validate: Validate, tmp_path: Path
) -> None:
    validate("--out", "out")
    made = everything(tmp_path / "out")
    (tmp_path / "out" / "people.json").unlink()
    validate("--out", "out")
    assert everything(tmp_path / "out") == made


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--json", "nowhere/v.json"), "nowhere/v.json: cannot be written: there is no folder"),
        (("--json", "sub"), "sub: cannot be written: is a folder"),
        (("--json", "out/people_groups.csv"), "is the name of a table in --out"),
    ],
)
def test_a_json_file_that_cannot_be_is_noticed_before_anything_is_written(
    words: tuple[str, ...], sentence: str, validate: Validate, tmp_path: Path
) -> None:
    (tmp_path / "sub").mkdir()
    before = everything(tmp_path)
    assert sentence in validate("--out", "out", *words)
    assert everything(tmp_path) == before
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("target", ["v.json", "out/v.json"])
def test_tables_and_json_are_written_together_or_not_at_all(
    target: str, validate: Validate, tmp_path: Path
) -> None:
    """In the folder of the tables or elsewhere; where tables cannot be, there is no JSON either."""
    (tmp_path / "out").write_text("a file")
    before = everything(tmp_path)
    assert "out: is a file" in validate("--out", "out", "--json", "v.json")
    assert everything(tmp_path) == before
    (tmp_path / "out").unlink()
    validate("--out", "out", "--json", target)
    assert json.loads((tmp_path / target).read_text())["points"]
    assert (tmp_path / "out" / "people.json").exists()


def test_any_table_of_the_folder_stands_for_it(validate: Validate, tmp_path: Path) -> None:
    from probes.instruments import sets
    from probes.referents.sample import read_people

    validate("--out", "out")
    of, names = sets.load("./set.yaml"), [p.name for p in (tmp_path / "out").iterdir()]
    assert len(names) == 13
    for name in names:
        assert read_people(tmp_path / "out" / name, of).about.n == 6


@pytest.mark.parametrize(
    ("table", "old", "new"),
    [
        ("people_positions.csv", "line 2,,1.0,", "line 2,,inf,"),
        ("people_positions.csv", "line 2,,1.0,", "line 2,,1e300,"),
        ("people_positions.csv", "line 2,,1.0,", "line 2,,-1,"),
        ("people_positions.csv", "line 2,,1.0,", "line 2,,,"),
        ("people_positions.csv", "line 2,,1.0,", "line 3,,1.0,"),
        ("people_positions.csv", "x,10.0,", "x,inf,"),
        ("people_support.csv", "q0,statement,,6,0.6666666666666666,", "q0,statement,,6,7,"),
        ("people_support.csv", "q0,statement,,6,", "q0,statement,,-6,"),
    ],
)
def test_tables_with_impossible_numbers_are_damaged_also_where_their_hashes_fit(
    table: str, old: str, new: str, validate: Validate, tmp_path: Path
) -> None:
    validate("--out", "out")
    out = tmp_path / "out"
    people_table.read(out)
    text = (out / table).read_text()
    assert old in text
    (out / table).write_text(text.replace(old, new, 1))
    about = json.loads((out / "people.json").read_text())
    about["tables"][table] = hashlib.sha256((out / table).read_bytes()).hexdigest()
    (out / "people.json").write_text(json.dumps(about))
    with pytest.raises(RunError, match="damaged"):
        people_table.read(out)


def test_hashes_that_are_left_out_do_not_let_a_table_through(
    validate: Validate, tmp_path: Path
) -> None:
    validate("--out", "out")
    about = json.loads((tmp_path / "out" / "people.json").read_text())
    (tmp_path / "out" / "people.json").write_text(json.dumps({**about, "tables": {}}))
    with pytest.raises(RunError, match="damaged"):
        people_table.read(tmp_path / "out")


def test_one_group_alone_is_said_and_is_not_called_alike(
    validate: Validate, tmp_path: Path
) -> None:
    rows = ["agree,disagree,agree,A", "disagree,agree,disagree,A"] * 6
    (tmp_path / "b.csv").write_text("q0,q1,q2,party\n" + "\n".join(rows) + "\n")
    (tmp_path / "a.csv").unlink()
    (tmp_path / "b.csv").rename(tmp_path / "a.csv")
    said = validate("--group", "party")
    assert "hardly differ" not in said
    assert "one group" in said
