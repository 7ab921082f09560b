"""`probes verify`: a folder as it was made holds; whatever is changed in it is named."""

import contextlib
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from probes.errors import ProbesError, RunError
from probes.files import sums
from probes.output import columns
from probes.output.formats import Row, plain
from probes.output.markup import TableStyle
from probes.output.tables import text as text_of
from probes.runs import read_back
from probes.verification.verify import verify
from tests.run_folders import instrument, run

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two planted models."""
    models = {"one": "planted:a=-6,noise=.5", "other": "planted:a=4"}
    return run(tmp_path_factory.mktemp("made") / "run", models, instrument())


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "run"))


def _flip(file: Path, at: int) -> None:
    """Change one bit, so that text stays text."""
    raw = bytearray(file.read_bytes())
    raw[at % len(raw)] ^= 1
    file.write_bytes(bytes(raw))


@pytest.mark.slow
def test_a_folder_as_it_was_made_holds(folder: Path, command: Command) -> None:
    """Every file is covered; nothing is written; the fingerprint is that of the hashes."""
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    result = verify(folder)
    assert result.findings == []
    assert result.status == 0
    others = {p.relative_to(folder).as_posix() for p in before} - {".lock", sums.NAME}
    assert set(sums.read(folder)) == others
    assert {f"{name}.csv" for name in ("placements", "agreement", "models")} <= {*result.tables}
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before
    status, out, _ = command("verify", str(folder), "--fingerprint", result.fingerprint.upper())
    assert (status, "all holds" in out, result.fingerprint in out) == (0, True, True)
    status, out, _ = command("verify", str(folder), "--fingerprint", "0" * 64)
    assert (status, "sha256 is" in out) == (1, True)


@pytest.mark.slow
@pytest.mark.parametrize("part", [0.0, 0.37, 0.81])
def test_one_flipped_byte_anywhere_is_named(made: Path, folder: Path, part: float) -> None:
    """In each file of the folder, at its begin, in the middle, and towards its end."""
    for name in sums.read(made):
        file = folder / name
        _flip(file, int(part * file.stat().st_size))
        try:
            named = {finding.file for finding in verify(folder).findings}
        except ProbesError as error:  # run.yaml itself cannot be read
            named = {name} if name in str(error) else set()
        assert name in named, name
        shutil.copy(made / name, file)
    _flip(folder / sums.NAME, int(part * 1000))
    with contextlib.suppress(ProbesError):
        assert verify(folder).findings


def test_new_hashes_do_not_hide_numbers_that_the_answers_do_not_come_to(folder: Path) -> None:
    """A table that was altered, and answers of another set, model or cell."""
    table = folder / "placements.csv"
    table.write_text(re.sub(r"-\d\.\d+", "-9.5", table.read_text(), count=1))
    answers = folder / "answers" / "one.jsonl"
    header, first, *rest = answers.read_text().splitlines(keepends=True)
    first = re.sub('"key":"(.)', lambda m: f'"key":"{"0" if m[1] != "0" else "1"}', first)
    answers.write_text("".join([header.replace('"seed":0', '"seed":1'), first, *rest]))
    sums.save(folder, sums.read(folder))
    found = {(finding.code, finding.file) for finding in verify(folder).findings}
    assert ("table", "placements.csv") in found
    assert ("settings", "answers/one.jsonl") in found
    assert ("cell", "answers/one.jsonl") in found
    assert not any(code == "changed" for code, _ in found)


def test_what_is_missing_or_was_added_is_named(folder: Path) -> None:
    (folder / "topics.csv").unlink()
    (folder / "answers" / "third.jsonl").write_text("{}")
    found = {(finding.code, finding.file) for finding in verify(folder).findings}
    assert {("missing", "topics.csv"), ("unlisted", "answers/third.jsonl")} <= found


def test_a_name_may_hold_what_breaks_a_line_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "a\u2028b.yaml").write_text("x")
    sums.save(tmp_path, ["a\u2028b.yaml"])
    assert list(sums.read(tmp_path)) == ["a\u2028b.yaml"]


@pytest.mark.parametrize(
    "line",
    [
        *(
            "0" * 64 + f"  {name}"
            for name in ("../outside", "/etc/passwd", "..\\x", "a\0b", "\x1b[31m")
        ),
        *("0" * 63 + "  run.yaml", "x", ""),
    ],
)
def test_sums_that_lead_out_of_the_folder_are_refused(folder: Path, line: str) -> None:
    (folder / sums.NAME).write_text(f"{line}\n")
    with pytest.raises(RunError, match="line 1"):
        verify(folder)


def test_a_model_is_held_against_the_one_that_was_asked(folder: Path, command: Command) -> None:
    same, other = "one=planted:a=-6,noise=.5", "one=planted:a=-5,noise=.5"
    assert command("verify", str(folder), "--model", same)[0] == 0
    status, out, _ = command("verify", str(folder), "--model", other)
    assert status == 1
    assert "another weights" in out
    status, _, err = command("verify", str(folder), "--model", "none=planted:a=1")
    assert status == 2
    assert "no model 'none'" in err


def test_mistakes_are_one_sentence(folder: Path, tmp_path: Path, command: Command) -> None:
    """No run, no hashes, damaged evidence with a dossier wanted."""
    assert "no run.yaml" in command("verify", str(tmp_path))[2]
    (folder / sums.NAME).rename(tmp_path / "kept")
    status, _, err = command("verify", str(folder))
    assert status == 2
    assert "probes place" in err
    (tmp_path / "kept").rename(folder / sums.NAME)
    (folder / "answers" / "one.jsonl").write_text("{")
    page = tmp_path / "page.html"
    status, out, err = command("verify", str(folder), "-o", str(page))
    assert status == 2
    assert "answers/one.jsonl" in out
    assert "no dossier" in err
    assert not page.exists()


def test_the_dossier_says_what_holds_and_what_was_claimed(folder: Path, tmp_path: Path) -> None:
    """In plain words, with names as text, and without any script."""
    from probes.report import dossier

    page = tmp_path / "page.html"
    dossier.write(page, folder, verify(folder))
    text = page.read_text("utf-8")
    assert "<strong>Yes.</strong>" in text
    assert "No claim was made before asking" in text
    assert "The weights of one were not hashed again" in text
    assert "<script" not in text
    assert '<th scope="col">opposition</th>' in text
    assert "official" not in text
    _flip(folder / "compass.svg", 100)
    dossier.write(page, folder, verify(folder))
    assert "<strong>No.</strong> 1 thing does not hold" in page.read_text("utf-8")


def test_a_dossier_says_what_was_not_measured(tmp_path: Path) -> None:
    """Statements without mirrors have no opposition; a number that is not there is not shown."""
    from probes.report import dossier

    content = instrument(axes=1)
    for statement in content["statements"]:
        del statement["mirror"]
    out = run(tmp_path / "run", {"one": "planted:a=-6,noise=.5"}, content)
    dossier.write(tmp_path / "page.html", out, verify(out))
    text = (tmp_path / "page.html").read_text("utf-8")
    assert "opposition" not in text
    assert ">nan<" not in text
    gaps: list[Row] = [{"model": "a", "x": float("nan")}, {"model": "b", "x": 0.5}]
    shown = columns.measured([columns.Column(n, plain(n)) for n in ("model", "x")], gaps)
    assert [row["x"] for row in shown] == ["not measured", "0.50"]
    note = text_of(read_back.tables(out), "latex", TableStyle(columns=("position", "answered")))
    assert "mirror" not in note
    assert "statements x wordings that were answered" in note.replace("$\\times$", "x")
