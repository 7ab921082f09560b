"""People beside the models of a run folder: what is written, kept, refused, and never written."""

import csv
import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from probes import report
from probes.cli import app
from probes.errors import ProbesError, RunError
from probes.files import sums
from probes.instruments import sets
from probes.people import people_table
from probes.people.answers import read_answers
from probes.people.rows import PeopleColumns
from probes.phrases import speaking
from probes.runs import conclude, read_back
from probes.runs.folder import Folder
from tests.run_folders import LEFT, RIGHT, core, instrument, run, words

SIZE = 8
NAMES = ("people", "people_spread", "people_outlines")


def answers(path: Path, columns: Mapping[str, object] | None = None, *, axes: str = "ab") -> Path:
    """Sixty people: who is in group low agrees with what pulls there, four times of five."""
    rng = np.random.default_rng(3)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        names = [f"{axis}{n}" for axis in axes for n in range(SIZE)]
        writer.writerow(["person", "group", *names, *(columns or {})])
        for person in range(60):
            low = person % 2 == 0
            cells = [
                "agree" if (n % 2 == 0) == (low == (rng.random() < 0.8)) else "disagree"
                for _ in axes
                for n in range(SIZE)
            ]
            group = "low" if low else "high"
            writer.writerow([f"secret-{person}", group, *cells, *(columns or {}).values()])
    return path


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return answers(tmp_path_factory.mktemp("answers") / "answers.csv")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, people: Path) -> Path:
    """A run of two models beside these people."""
    out = tmp_path_factory.mktemp("beside") / "run"
    given = {"left": LEFT.replace("a=", "b=-3,a="), "right": RIGHT.replace("a=", "b=5,a=")}
    return run(out, given, instrument(statements=SIZE), people=str(people))


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "run"))


def invoke(*typed: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(word) for word in typed])
    assert result.exception is None or isinstance(result.exception, SystemExit | ProbesError)
    return result.exit_code, f"{result.output} {result.exception or ''}"


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {f"{name}.csv": (folder / f"{name}.csv").read_bytes() for name in NAMES}


def test_a_model_of_a_groups_opinions_is_nearest_to_it(folder: Path) -> None:
    table = read_back.tables(folder).people
    assert table is not None
    nearest = table[table["axis"].isna()].set_index(["model", "group"])["nearest"]
    assert nearest["left", "low"] > 0.95
    assert nearest["right", "high"] > 0.95


def test_no_person_is_in_the_folder_and_run_yaml_says_whose_answers_they_were(
    folder: Path, people: Path
) -> None:
    for path in folder.rglob("*"):
        assert path.is_dir() or b"secret" not in path.read_bytes()
    about = yaml.safe_load((folder / "run.yaml").read_text("utf-8"))["people"]
    assert about["source"] == ["answers.csv"]
    assert (about["n"], about["weighted"]) == (60, False)
    assert re.fullmatch("[0-9a-f]{64}", about["sha256"][0])
    assert "n = 60, no weights; answers.csv" in about["caption"]
    assert str(people.parent) not in (folder / "run.yaml").read_text("utf-8")


@pytest.mark.slow
def test_placed_again_the_same_bytes_with_the_people_and_without(copy: Path, people: Path) -> None:
    before, settings = bytes_of(copy), (copy / "run.yaml").read_bytes()
    for typed in (None, str(people)):
        conclude.conclude(copy, people=typed)
        assert bytes_of(copy) == before
        assert (copy / "run.yaml").read_bytes() == settings


@pytest.mark.slow
def test_a_model_that_has_moved_loses_its_rows_until_people_are_given_again(
    copy: Path, people: Path
) -> None:
    before = bytes_of(copy)
    evidence = copy / "answers" / "left.jsonl"
    lines = evidence.read_bytes().splitlines(keepends=True)
    evidence.write_bytes(b"".join(lines[: len(lines) // 3]))
    code, said = invoke("place", copy)
    assert code == 0
    assert "left, among people: not placed where they stand now; give --people FILE again" in said
    kept = read_back.tables(copy).people
    assert kept is not None
    assert set(kept["model"]) == {"right"}
    evidence.write_bytes(b"".join(lines))
    conclude.conclude(copy, people=str(people))
    assert bytes_of(copy) == before


def test_none_takes_people_away(copy: Path) -> None:
    tables = conclude.conclude(copy, people="none")
    assert tables.people is None
    assert "untested on people" in tables.caption
    assert not any((copy / f"{name}.csv").exists() for name in NAMES)
    assert "people" not in Folder(copy).run()


@pytest.mark.slow
def test_a_damaged_table_of_people_says_what_mends_it(copy: Path, people: Path) -> None:
    """Placing the folder alone keeps people as they are, so that is no advice."""
    (copy / "people.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(RunError, match=r"cannot be read as a table; .*--people none"):
        conclude.conclude(copy)
    conclude.conclude(copy, people=str(people))
    assert (copy / "people.csv").read_bytes()[:5] == b"model"


@pytest.mark.parametrize("cell", ["", "1.5", "x"])
@pytest.mark.parametrize("table", ["people", "people_spread"])
def test_a_number_of_people_that_is_none_is_refused(copy: Path, table: str, cell: str) -> None:
    """By whatever reads the folder."""
    path = copy / f"{table}.csv"
    rows = list(csv.reader(path.read_text().splitlines()))
    rows[1][rows[0].index("n")] = cell
    path.write_text("\n".join(",".join(row) for row in rows) + "\n")
    with pytest.raises(RunError, match=rf"{table}\.csv: .*'n'"):
        read_back.tables(copy)


@pytest.mark.slow
def test_a_report_of_people_shows_an_interval_that_is_not_there_as_none(copy: Path) -> None:
    """A stranger's table may have a percentile, or an agreement, and no ends of it."""
    path = copy / "people.csv"
    rows = list(csv.reader(path.read_text().splitlines()))
    row = dict(zip(rows[0], rows[1], strict=True))
    ends = ("percentile_low", "percentile_high", "agreement_low", "agreement_high")
    row |= {"agreement": "0.5", **dict.fromkeys(ends, "")}
    rows[1] = [row[name] for name in rows[0]]
    path.write_text("\n".join(",".join(cells) for cells in rows) + "\n")
    report.report(copy, copy / "report.html")
    text = words((copy / "report.html").read_text())
    assert f"{float(row['percentile']):.0f} none" in text


@pytest.mark.slow
def test_figures_and_report_take_people_without_writing_them(
    copy: Path, people: Path, tmp_path: Path
) -> None:
    conclude.conclude(copy, people="none")
    left = sorted(path.name for path in copy.iterdir())
    for figure in ("compass", "axes"):
        code, said = invoke(
            "plot", figure, copy, "--people", people, "-o", tmp_path / f"{figure}.svg"
        )
        assert code == 0, said
        drawn = (tmp_path / f"{figure}.svg").read_text("utf-8")
        said = " ".join(words(drawn).split())  # in the language of the set
        assert "n = 60, ohne Gewichte" in said
        assert re.search(r"a und b korrelieren unter ihnen mit 0\.\d\d", said)
    report.report(copy, tmp_path / "with.html", str(people))
    page = (tmp_path / "with.html").read_text("utf-8")
    assert "n = 60, no weights; answers.csv" in words(page)
    caption = words(page.partition('id="people-caption"')[2].partition("</span>")[0])
    assert "n = 60, ohne Gewichte; answers.csv" in caption
    assert "Schattiert: die Hälfte" in caption
    assert "weights" not in caption
    assert re.search(r"a and b correlate at 0\.\d\d among them", words(page))
    assert {group["group"] for group in core(page)["people"]["groups"]} == {"", "low", "high"}
    assert "secret" not in page
    assert sorted(path.name for path in copy.iterdir()) == left


@pytest.mark.slow
def test_what_is_printed_names_the_people_and_the_nearest_group(folder: Path, copy: Path) -> None:
    code, said = invoke("place", copy)
    assert code == 0
    assert "among people: unnamed people, date unknown; n = 60, no weights; answers.csv" in said
    assert re.search(r"left\s+all\s+low\s+100 %", said)


def test_who_the_people_are_is_read_back_in_any_language(folder: Path) -> None:
    """English in `run.yaml`, whichever language is spoken while it is read."""
    with speaking("de"):
        tables = read_back.tables(folder)
        said = [str(part) for part in tables.people_parts]
    assert said[:2] == ["ungenannte Menschen, Datum unbekannt", "n = 60, ohne Gewichte"]
    assert tables.people_caption.startswith("unnamed people, date unknown; n = 60, no weights")


@pytest.mark.slow
def test_a_run_of_a_model_that_is_not_placed_is_read_again(tmp_path: Path, people: Path) -> None:
    """By figures and report; also where an earlier version left the number of statements empty."""
    given = {"left": LEFT.replace("a=", "b=-3,a="), "lost": "planted:a=0,b=0"}
    out = run(tmp_path / "run", given, instrument(statements=SIZE), people=str(people))
    rows = list(csv.DictReader((out / "people.csv").read_text("utf-8").splitlines()))
    assert {row["statements"] for row in rows if row["model"] == "lost"} == {"0"}
    text = (out / "people.csv").read_text("utf-8")
    for cells in (text, text.replace(",0,not placed", ",,not placed")):
        (out / "people.csv").write_text(cells, "utf-8")
        table = read_back.tables(out).people
        assert table is not None
        assert "lost" in set(table["model"])
        report.report(out, tmp_path / "report.html")
        assert "not placed" in words((tmp_path / "report.html").read_text())


# --- what is refused ---------------------------------------------------------------------------


def refusal(typed: Path, folder: Path) -> str:
    """The sentence; nothing in the folder may have changed."""
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(ProbesError) as found:
        conclude.conclude(folder, people=str(typed))
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return str(found.value)


def test_people_of_another_set_are_refused(copy: Path, tmp_path: Path, people: Path) -> None:
    """By their statements; of raw answers no column is one."""
    other = tmp_path / "other"
    text = people.read_text("utf-8").replace(",a0,", ",z0,")
    (tmp_path / "z.csv").write_text(text, "utf-8")
    set_ = instrument(statements=SIZE)
    set_["statements"][0]["id"] = "z0"
    (tmp_path / "other.yaml").write_text(yaml.safe_dump(set_), "utf-8")
    of = sets.load(str(tmp_path / "other.yaml"))
    persons = read_answers([tmp_path / "z.csv"], of, PeopleColumns("person", "group"))
    other.mkdir()
    people_table.write(other, of, persons, people_table.about(of, persons))
    assert "it has no statement 'z0'" in refusal(other, copy)
    assert "it has no statement 'z0'" in refusal(other / "people_positions.csv", copy)
    (tmp_path / "none.csv").write_text("person,x\n1,agree\n", "utf-8")
    said = refusal(tmp_path / "none.csv", copy)
    assert "no column is a statement of the set" in said
    assert "probes sets validate" in said


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("person,group,weight,a0\n1,x,heavy,agree\n", "'heavy' is no weight"),
        ("person,group,weight,a0\n1,x,-1,agree\n", "'-1' is no weight"),
        ("person,group,weight,a0\n1,x,1e200,agree\n", "'1e+200' is no weight"),
        ("person,group,weight,a0\n1,x,1e-200,agree\n", "'1e-200' is no weight"),
        ("person,a0\n1,3\n", "is no declared answer"),
        ("person,a0\n1,agree\n1,agree\n", "a person has one row"),
        ("person,a0\n1,agree\n", "nobody answered half of the statements of any axis"),
        ("", "the file is empty"),
    ],
)
def test_answers_that_cannot_be_read_are_one_sentence(
    content: str, sentence: str, copy: Path, tmp_path: Path
) -> None:
    path = tmp_path / "answers.csv"
    path.write_text(content, "utf-8")
    said = refusal(path, copy)
    assert sentence in said
    assert "\n" not in said


@pytest.mark.slow
def test_a_party_is_the_group_where_there_is_no_other(copy: Path, tmp_path: Path) -> None:
    """As a form of ours asks for it, whose file has a row an answer."""
    with answers(tmp_path / "wide.csv").open(encoding="utf-8", newline="") as file:
        wide = [*csv.DictReader(file)]
    head = ("person", "set", "language", "statement", "order", "status", "answer", "party")
    with (tmp_path / "form.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        for row in wide:
            for n, name in enumerate(k for k in row if k not in {"person", "group"}):
                order = ("made", "en", name, n + 1, "answered", row[name])
                writer.writerow([row["person"], *order, row["group"]])
    by_party = conclude.conclude(copy, people=str(tmp_path / "form.csv")).people
    by_group = conclude.conclude(copy, people=str(tmp_path / "wide.csv")).people
    assert by_party is not None
    assert by_party.equals(by_group)


def test_a_refusal_names_what_can_be_typed(copy: Path, tmp_path: Path) -> None:
    """Options of `sets validate` are said to be that command's: `run` and `place` have none."""
    path = tmp_path / "likert.csv"
    path.write_text("person,a0\n1,3\n", "utf-8")
    said = refusal(path, copy)
    assert said.endswith(
        f"are those of `probes sets validate SET {path} --out DIR`; then --people DIR)"
    )


def test_a_file_that_is_not_there_and_a_folder_of_something_else_are_refused(
    copy: Path, tmp_path: Path
) -> None:
    assert "people" in refusal(tmp_path / "nowhere.csv", copy)
    (tmp_path / "empty").mkdir()
    assert "no folder of `probes sets validate --out`" in refusal(tmp_path / "empty", copy)


def test_before_anything_is_asked_people_are_read(tmp_path: Path) -> None:
    with pytest.raises(ProbesError):
        run(tmp_path / "run", {"left": LEFT}, instrument(), people=str(tmp_path / "nowhere"))
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_an_axis_that_people_lack_and_a_group_of_one_are_said(copy: Path, tmp_path: Path) -> None:
    path = answers(tmp_path / "answers.csv", axes="a")
    path.write_text(path.read_text("utf-8").replace("secret-0,low", "secret-0,loner"), "utf-8")
    tables = conclude.conclude(copy, people=str(path))
    assert "1 group of fewer than 10 left out" in tables.people_caption
    assert "loner" not in tables.people_caption
    assert tables.people is not None
    on_b = tables.people[tables.people["axis"] == "b"]
    assert set(on_b["reason"]) == {"fewer than 10 people have a position on this axis"}


@pytest.mark.parametrize("figure", ["topics", "statements"])
def test_figures_without_people_refuse_them(figure: str, folder: Path, people: Path) -> None:
    code, said = invoke("plot", figure, folder, "--people", people)
    assert code != 0
    assert "people stand in the figures axes and compass" in said


def test_a_folder_that_does_not_say_whose_answers_they_are_is_refused(copy: Path) -> None:
    """No percentile without a caption."""
    content = yaml.safe_load((copy / "run.yaml").read_text("utf-8"))
    content["people"] = {"n": 60}
    (copy / "run.yaml").write_text(yaml.safe_dump(content), "utf-8")
    with pytest.raises(ProbesError, match="people: should say whose answers"):
        read_back.tables(copy)


@pytest.mark.slow
def test_of_a_file_a_person_neither_names_nor_hashes_are_kept(copy: Path, tmp_path: Path) -> None:
    of = sets.load(str(copy / "set.yaml"))
    head, *rows = answers(tmp_path / "all.csv").read_text("utf-8").splitlines()
    files = [tmp_path / f"person{n}.csv" for n in range(len(rows))]
    for file, row in zip(files, rows, strict=True):
        file.write_text(f"{head}\n{row}\n", "utf-8")
    persons = read_answers(files, of, PeopleColumns("person", "group"))
    (tmp_path / "made").mkdir()
    people_table.write(tmp_path / "made", of, persons, people_table.about(of, persons))
    tables = conclude.conclude(copy, people=str(tmp_path / "made"))
    assert "60 files" in tables.people_caption
    assert "person1" not in tables.people_caption + (copy / "run.yaml").read_text("utf-8")
    about = yaml.safe_load((copy / "run.yaml").read_text("utf-8"))["people"]
    assert len(about["sha256"]) == 1


@pytest.fixture
def validated(copy: Path, people: Path, tmp_path: Path) -> Path:
    """What `sets validate --out` leaves of these people."""
    of, made = sets.load(str(copy / "set.yaml")), tmp_path / "validated"
    made.mkdir()
    persons = read_answers([people], of, PeopleColumns("person", "group"))
    people_table.write(made, of, persons, people_table.about(of, persons))
    return made


@pytest.mark.parametrize("name", [*people_table.FILES])
def test_a_table_that_was_cut_or_is_of_other_people_is_refused(
    copy: Path, validated: Path, name: str
) -> None:
    file = validated / f"{name}.csv"
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:5]))
    assert "not the table that people.json was written with" in refusal(validated, copy)


def test_pipes_and_json_without_end_in_a_folder_of_people_are_refused(
    copy: Path, validated: Path
) -> None:
    """Neither waited for nor fallen over."""
    about = validated / people_table.ABOUT
    about.write_text("[" * 100_000)
    assert "damaged" in refusal(validated, copy)
    about.unlink()
    os.mkfifo(about)
    assert "a pipe or a device" in refusal(validated, copy)


def _forged(folder: Path, **facts: object) -> None:
    """Other facts, and hashes that fit the tables as they are now."""
    file = folder / people_table.ABOUT
    content = {**json.loads(file.read_text("utf-8")), **facts}
    content["tables"] = {name: sums.digest(folder / name) for name in content["tables"]}
    file.write_text(json.dumps(content), "utf-8")


@pytest.mark.parametrize(
    "facts", [{"n": "many"}, {"groups": None}, {"source": 3}, {"weighted": []}, {"key": ["a"]}]
)
def test_facts_of_other_types_are_refused(
    copy: Path, validated: Path, facts: dict[str, object]
) -> None:
    _forged(validated, **facts)
    assert "damaged" in refusal(validated, copy)


@pytest.mark.parametrize(
    ("name", "column"), [("people_positions", "position"), ("people_support", "share")]
)
def test_text_in_a_column_of_numbers_is_refused(
    copy: Path, validated: Path, name: str, column: str
) -> None:
    with (validated / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = [*csv.DictReader(file)]
    rows[0][column] = "abc"
    with (validated / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    _forged(validated)
    assert "damaged" in refusal(validated, copy)


@pytest.mark.slow
def test_people_who_answered_another_key_are_refused(
    copy: Path, validated: Path, tmp_path: Path
) -> None:
    """The same set and statements, one of them turned round."""
    other = instrument(statements=SIZE)
    other["statements"][0]["effects"] = {"a": 1}
    out = run(tmp_path / "other", {"left": LEFT}, other)
    said = refusal(validated, out)
    assert "another key of made: agreeing with 'a0'" in said
