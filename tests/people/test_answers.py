"""Files of people's answers: however a spreadsheet writes them, the same people come out."""

import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from probes.errors import SetError
from probes.instruments import sets
from probes.people import people_table
from probes.people.answers import PeopleAnswers, read_answers
from probes.people.options import scale
from probes.people.positions import people_positions, support, topic_positions
from probes.people.rows import PeopleColumns
from probes.people.sheets import SheetOptions
from probes.people.validation import validate
from probes.types import Axis, Scoring, Statement, StatementSet
from probes.validity.people import points

STATEMENTS = (
    Statement("tax", "Taxes should fall.", {"x": 1.0}, topic="money", mirror="Taxes should rise."),
    Statement("rent", "Rents, all of them, should be capped.", {"x": -2.0}, topic="money"),
    Statement("law", "Laws should be strict.", {"y": 1.0}, topic="order"),
)
AXES = (Axis("x", "low", "high"), Axis("y", "down", "up"))
MINI = StatementSet("mini", "Mini", "en", "CC0-1.0", AXES, STATEMENTS)
COLUMNS = PeopleColumns("who", "party", "w")
PLAIN = """who,party,w,tax,rent,law,age
pé1,red,1.5,5,1,3,40
p2,blue,0.5,1,5,,50
p3,,0.25,NA,2,4,60
"""
LONG = """who,party,w,statement,answer
pé1,red,1.5,tax,5
p2,blue,0.5,tax,1
pé1,red,1.5,rent,1
p3,,0.25,rent,2
p2,blue,0.5,"Rents, all of them, should be capped.",5
pé1,red,1.5,law,3
p3,,0.25,law,4
p2,blue,0.5,law,
"""


def workbook(text: str) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for line in text.splitlines():
        cells = [float(c) if c.replace(".", "").isdigit() else c or None for c in line.split(",")]
        book.active.append(cells)
    book.save(out)
    return out.getvalue()


def with_commas(text: str) -> str:
    """As a German or Finnish spreadsheet writes it."""
    return text.replace(",", ";").replace(".", ",")


FILES = {
    "commas.csv": (PLAIN.encode(), {}),
    "marked.csv": (b"\xef\xbb\xbf" + PLAIN.replace("\n", "\r\n").encode(), {}),
    "utf16.csv": (PLAIN.replace(",", "\t").encode("utf-16"), {}),
    "utf32.csv": (PLAIN.encode("utf-32"), {}),
    "unmarked.csv": (PLAIN.encode("utf-16-le"), {"encoding": "utf-16-le"}),
    "cp1252.csv": (with_commas(PLAIN).encode("cp1252"), {"encoding": "cp1252"}),
    "semicolons.csv": (with_commas(PLAIN).encode(), {}),
    "named.csv": (PLAIN.replace(",", "|").encode(), {"delimiter": "|"}),
    "excel.csv": (b"sep=;\n" + with_commas(PLAIN).encode(), {}),
    "book.xlsx": (workbook(PLAIN), {}),
    "texts.csv": (
        PLAIN.replace("rent", '"Rents, all of them, should be capped."').encode(),
        {},
    ),
    "long.csv": (LONG.encode(), {}),
}


@pytest.mark.parametrize("name", FILES)
def test_the_same_people_come_out_of_every_kind_of_file(name: str, tmp_path: Path) -> None:
    """Answers, groups, weights and names, with accents and decimal commas."""
    content, how = FILES[name]
    (tmp_path / name).write_bytes(content)
    read = read_answers([tmp_path / name], MINI, COLUMNS, "1..5", SheetOptions(**how))
    assert list(read.person) == ["pé1", "p2", "p3"]
    assert list(read.group) == ["red", "blue", ""]
    assert list(read.weight) == [1.5, 0.5, 0.25]
    expected = [[1, -1, 0], [-1, 1, np.nan], [np.nan, -0.5, 0.5]]
    np.testing.assert_array_equal(read.matrix, np.array(expected, dtype=np.float32))
    assert read.mirrors is None
    assert read.passed_over == (() if name == "long.csv" else ("age",))


def test_a_split_ballot_in_a_file_a_person(tmp_path: Path) -> None:
    """As a form saves it: statement or mirror is answered, and people go by file and row."""
    (tmp_path / "a.csv").write_text("tax,tax:mirror,law\nagree,,agree\n")
    (tmp_path / "b.csv").write_text("Taxes should rise.,law\nagree,disagree\n")
    read = read_answers([tmp_path / "a.csv", tmp_path / "b.csv"], MINI)
    assert list(read.person) == ["a.csv line 2", "b.csv line 2"]
    table = people_positions(MINI, read)
    at = table.set_index(["person", "axis"])["position"]
    assert at["a.csv line 2", "y"] == 10
    assert at["b.csv line 2", "y"] == -10
    # tax has one third of the weight of x: too little to be placed by
    assert np.isnan(at["a.csv line 2", "x"])
    topics = topic_positions(MINI, read)
    assert len(topics) == 4
    shares = support(MINI, read).set_index(["statement", "role", "group"])["share"]
    assert shares["tax", "statement", ""] == 1
    assert shares["tax", "mirror", ""] == 1
    assert shares["law", "statement", ""] == 0.5


def test_people_of_weight_0_are_in_no_number(tmp_path: Path) -> None:
    """Every table is as if they were not in the file; how many they are is said."""
    rows = [
        f"p{n},{'ab'[n % 2]},{1 + n % 3},{n % 5 + 1},{n % 4 + 1},{n % 3 + 1}" for n in range(40)
    ]
    nobody = [f"z{n},{'ac'[n % 2]},0,5,5,5" for n in range(30)]
    head = "who,party,w,tax,rent,law"
    (tmp_path / "with.csv").write_text("\n".join([head, *rows, *nobody]) + "\n")
    (tmp_path / "without.csv").write_text("\n".join([head, *rows]) + "\n")
    read = [
        read_answers([tmp_path / f"{name}.csv"], MINI, COLUMNS, "1..5")
        for name in ("with", "without")
    ]
    assert [of.weightless for of in read] == [30, 0]
    assert {len(of.person) for of in read} == {40}
    counted, plain = (validate(MINI, of) for of in read)
    assert counted.about.groups == plain.about.groups == {"a": 20, "b": 20}
    assert counted.about.caption == plain.about.caption.replace("without", "with")
    for name, table in plain.tables.items():
        assert counted.tables[name].equals(table), name
    said = next(p for p in points.findings(counted).points if p.name == "people").sentence
    assert said.endswith("; 30 more of weight 0 are not counted")
    (tmp_path / "none.csv").write_text(f"{head}\np1,a,1,,,\nz1,a,0,5,5,5\n")
    with pytest.raises(SetError, match="nobody with a weight above 0 answered any statement"):
        read_answers([tmp_path / "none.csv"], MINI, COLUMNS, "1..5")


def people(matrix: list[list[float]], mirrors: list[list[float]] | None = None) -> PeopleAnswers:
    count = len(matrix)
    return PeopleAnswers(
        np.array([f"p{n}" for n in range(count)], dtype=object),
        np.array([""] * count, dtype=object),
        np.ones(count),
        np.array(matrix, dtype=np.float32),
        tuple(s.id for s in STATEMENTS),
        {},
        None if mirrors is None else np.array(mirrors, dtype=np.float32),
    )


def test_positions_are_the_weighted_mean_of_keyed_answers() -> None:
    """x = (1 x tax - 2 x rent) / 3 of what was answered, if that is half of the weight; `centred`
    gives either key direction one half, and yes-bias is what it leaves out."""
    nan = np.nan
    table = people_positions(MINI, people([[1, 1, 0.5], [1, nan, nan], [nan, -0.5, -1]]))
    x, y = (table[table["axis"] == name] for name in "xy")
    np.testing.assert_allclose(x["position"], [-10 / 3, nan, 5], atol=1e-6)
    np.testing.assert_allclose(x["centred"], [0, nan, nan], atol=1e-6)
    np.testing.assert_allclose(x["yes_bias"], [1, nan, nan], atol=1e-6)
    np.testing.assert_allclose(y["position"], [5, nan, -10])
    assert list(x["answered"]) == [2, 1, 1]
    assert set(x["items"]) == {2}


def test_a_mirror_counts_for_the_other_pole_and_a_pair_once() -> None:
    """Yes to statement and mirror is no position and all yes-bias."""
    nan = np.nan
    both = people([[1, nan, nan], [1, 1, nan]], [[1, nan, nan], [-1, nan, nan]])
    only_tax = replace(
        MINI, statements=(replace(STATEMENTS[0], effects={"x": 5.0}), *STATEMENTS[1:])
    )
    table = people_positions(only_tax, both)
    x = table[table["axis"] == "x"]
    np.testing.assert_allclose(x["position"], [0, 10 * (5 * 1 - 2) / 7], atol=1e-6)
    assert x["yes_bias"].iloc[0] == 1


def test_a_table_key_places_people_by_its_points() -> None:
    """(sum of points + constant) / divisor; answers between two of the four by interpolation."""
    statements = (
        Statement("a", "A.", table={"x": (-4, -1, 1, 4)}),
        Statement("b", "B.", table={"x": (3, 2, 0, -1)}),
        Statement("c", "C.", table={"y": (0, 0, 0, 1)}),
    )
    scoring = Scoring("table", constant={"x": 1}, divisor={"x": 2})
    of = replace(MINI, statements=statements, scoring=scoring)
    values = scale(of).values
    assert values["strongly agree"] == 1
    strong, mild = values["strongly agree"], values["disagree"]
    table = people_positions(of, people([[strong, mild, 1], [0.75, -1, -1]]))
    x = table[table["axis"] == "x"]["position"]
    np.testing.assert_allclose(x, [(4 + 2 + 1) / 2, (2.5 + 3 + 1) / 2])


def test_options_come_from_the_set_or_the_user() -> None:
    """A set's own labels, counted as shares of the strongest; ranges; codes of no answer."""
    of = replace(MINI, scoring=Scoring(options={"No": -2.0, "So so": 0.0, "Yes": 1.0}))
    assert dict(scale(of).values) == {"no": -1.0, "so so": 0.0, "yes": 0.5}
    halves = {"somewhat agree": 0.5, "somewhat disagree": -0.5}
    assert dict(scale(MINI).values) == {"agree": 1.0, "disagree": -1.0, "neutral": 0.0} | halves
    assert dict(scale(MINI, "1..3").values) == {"1": -1.0, "2": 0.0, "3": 1.0}
    typed = scale(MINI, "For=1,Against=-1,9=").values
    assert np.isnan(typed["9"])
    assert typed["against"] == -1


def test_tables_come_back_from_their_files(tmp_path: Path) -> None:
    """In pieces or at once, with people and groups that look like numbers or formulas."""
    (tmp_path / "a.csv").write_text("who,party,w,tax,rent,law\n1,=1+1,1,5,1,3\n02,7,1,1,1,\n")
    read = read_answers([tmp_path / "a.csv"], MINI, COLUMNS, "1..5")
    made = people_table.tables(MINI, read, "two people", "2026")
    assert made.about.caption == "two people, 2026; n = 2, weighted; a.csv"
    people_table.write(tmp_path, MINI, read, made.about)
    back = people_table.read(tmp_path)
    assert back.about == made.about
    for name in ("positions", "topics", "support"):
        left, right = (getattr(of, name).astype(object).fillna("-") for of in (back, made))
        assert left.equals(right), name
    assert list(back.positions["person"]) == ["1", "1", "02", "02"]


LIMIT = """
import resource, sys
from pathlib import Path
from probes.errors import SetError
from probes.instruments import sets
from probes.people.answers import read_answers
from probes.people import people_table
of = sets.load("compass")
answers = read_answers([Path(sys.argv[1])], of, options="1..5")
people_table.write(Path(sys.argv[2]), of, answers, people_table.about(of, answers))
print(len(answers.person), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.soak
def test_a_million_people_fit_into_two_gibibytes(tmp_path: Path) -> None:
    """Read, placed and written, row by row: what 150,000 more of them take is too little to be over
    it at a million."""
    names = [s.id for s in sets.load("compass").statements]
    rows = [",".join(str(1 + (n * 7 + k) % 5) for k in range(len(names))) for n in range(1000)]
    peaks = []
    for thousands in (50, 200):
        with (tmp_path / "a.csv").open("w") as file:
            file.write(",".join(names) + "\n")
            for _ in range(thousands):
                file.write("\n".join(rows) + "\n")
        command = [sys.executable, "-c", LIMIT, str(tmp_path / "a.csv"), str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        people, mebibytes = map(int, done.stdout.split())
        assert people == thousands * 1000
        peaks.append(mebibytes)
    assert peaks[1] + (peaks[1] - peaks[0]) / 150 * 800 < 2048
