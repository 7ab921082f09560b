"""Importers: what a foreign instrument becomes, what stays a gap, and what is refused.

The real files of other projects are read where they lie, and never stored here.
"""

import io
import json
import math
import sys
import zipfile
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from probes import importers, plugins
from probes.errors import ProbesError, RunError, SetError, UsageError
from probes.files import workbooks
from probes.files.yaml import parse_yaml
from probes.importers import _gaps, _tables
from probes.importers.scripts import literals
from probes.instruments import sets

pytestmark = pytest.mark.usefixtures("pictureless")

DATA = Path(__file__).parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not there")

FORMATS = [
    *("javascript", "llm_values_pct", "pairs", "polilean", "qstn", "table", "twinviews"),
    "wahlomat",
]
ENGLISH = {"language": "en"}


def made(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def run(name: str, paths: list[Path], output: Path, **said: str) -> importers.Imported:
    return importers.run(name, paths, ENGLISH | said, output)


def plain(path: Path) -> dict:
    return parse_yaml(path.read_bytes(), path)


def imported(folder: Path, name: str, file: str, content: str | bytes, **said: str) -> dict:
    run(name, [made(folder, file, content)], folder / "mine.yaml", **said)
    return plain(folder / "mine.yaml")


def refused(folder: Path, name: str, file: str, content: str | bytes, **said: str) -> str:
    """The sentence with which a file is refused; nothing is written."""
    return refusal(folder, name, [made(folder, file, content)], **said)


def refusal(folder: Path, name: str, paths: list[Path], **said: str) -> str:
    output = folder / "mine.yaml"
    before = sorted(folder.rglob("*"))
    with pytest.raises((SetError, UsageError)) as error:
        run(name, paths, output, **said)
    assert sorted(folder.rglob("*")) == before
    return str(error.value)


def workbook(**sheets: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    raw = io.BytesIO()
    book.save(raw)
    return raw.getvalue()


# --- the real files ------------------------------------------------------------------------------


@needs_data
def test_8values_comes_in_whole_with_its_weights_and_poles(tmp_path: Path) -> None:
    """The greatest score that its site reckons with on each axis comes out of the weights."""
    done = run("javascript", [DATA / "8values_questions.js"], tmp_path / "mine.yaml")
    found = sets.load(tmp_path / "mine.yaml")
    assert (done.statements, done.gaps) == (70, ())
    most = Counter()
    for statement in found.statements:
        most.update({axis: abs(weight) for axis, weight in statement.effects.items()})
    assert most == {"econ": 195, "dipl": 225, "govt": 320, "scty": 292}
    poles = {a.name: (a.negative, a.positive) for a in found.axes}
    assert poles["econ"] == ("markets", "equality")
    assert poles["scty"] == ("tradition", "progress")


@needs_data
def test_sapply_comes_in_whole_with_its_own_ids(tmp_path: Path) -> None:
    run("javascript", [DATA / "sapply_questions.js"], tmp_path / "mine.yaml")
    found = sets.load(tmp_path / "mine.yaml")
    assert [s.id for s in found.statements] == [str(n) for n in range(46)]
    loads = Counter(axis for s in found.statements for axis in s.effects)
    assert loads == {"right": 15, "auth": 15, "prog": 16}
    assert {a.name: a.positive for a in found.axes} == {
        "right": "right",
        "auth": "authoritarian",
        "prog": "progressive",
    }
    assert found.statements[3].text.count('"') == 2


@needs_data
def test_two_projects_hold_the_same_statements_but_one(tmp_path: Path) -> None:
    """PoliLean's JSON and the CSV of llm-values-pct, in the same order; the fiftieth was replaced
    between the two."""
    run("polilean", [DATA / "polilean_example.jsonl"], tmp_path / "a.yaml")
    propositions = DATA / "llm_values_pct" / "propositions.csv"
    importers.run("llm_values_pct", [propositions], {}, tmp_path / "b.yaml")
    a, b = (plain(tmp_path / f"{name}.yaml")["statements"] for name in "ab")
    assert len(a) == len(b) == 62
    same = [x["text"] == y["text"] for x, y in zip(a, b, strict=True)]
    assert [n for n, equal in enumerate(same, start=1) if not equal] == [50]
    assert (a[61]["id"], b[61]["id"]) == ("61", "pc-62")


@needs_data
def test_propositions_are_found_among_annotated_replies(tmp_path: Path) -> None:
    """Cells that go on over many lines, and statements that stand in many rows."""
    annotated = DATA / "llm_values_pct" / "stance_annotations.csv"
    propositions = DATA / "llm_values_pct" / "propositions.csv"
    run("llm_values_pct", [annotated], tmp_path / "a.yaml")
    run("llm_values_pct", [propositions], tmp_path / "b.yaml")
    a, b = (
        {s["id"]: s["text"] for s in plain(tmp_path / f"{name}.yaml")["statements"]}
        for name in "ab"
    )
    assert len(a) > 30
    assert a.items() <= b.items()


@needs_data
def test_a_wahl_o_mat_comes_in_with_its_parties(tmp_path: Path) -> None:
    """38 statements, 28 parties, 1,064 answers; no axes, and no direction that nobody gave."""
    folder = DATA / "wahlomat_2025"
    importers.run("wahlomat", [folder], {}, tmp_path / "mine.yaml")
    found = plain(tmp_path / "mine.yaml")
    assert found["language"] == "de"
    assert found["axes"] == {}
    assert len(found["statements"]) == 38
    assert all(s["effects"] == {} for s in found["statements"])
    assert len(found["respondents"]) == 28
    opinions = json.loads((folder / "opinion.json").read_text("utf-8"))
    sides = ["agree", "disagree", "neutral"]
    names = [p["name"] for p in json.loads((folder / "party.json").read_text("utf-8"))]
    given = {r["name"]: r["answers"] for r in found["respondents"]}
    assert sum(map(len, given.values())) == len(opinions) == 1064
    for o in opinions:
        assert given[names[o["party"]]][str(o["statement"])] == sides[o["answer"]]
    loaded = sets.load(tmp_path / "mine.yaml")
    assert loaded.axes == ()
    assert {r.name: r.answers for r in loaded.respondents} == given


@needs_data
@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    ("file", "whose"),
    [
        ("8values_questions.js", "javascript"),
        ("polilean_example.jsonl", "polilean"),
        ("llm_values_pct/propositions.csv", "llm_values_pct"),
        ("llm_values_pct/explicit_paraphrase.csv", ""),
        ("wahlomat_2025/statement.json", ""),
    ],
)
def test_a_file_of_another_format_is_refused(
    tmp_path: Path, name: str, file: str, whose: str
) -> None:
    if name != whose:
        said = refusal(tmp_path, name, [DATA / file])
        assert Path(file).name in said
        assert "\n" not in said


@needs_data
@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("javascript", "8values_questions.js"),
        ("javascript", "sapply_questions.js"),
        ("polilean", "polilean_example.jsonl"),
        ("wahlomat", "wahlomat_2025"),
    ],
)
def test_a_real_file_that_is_cut_off_anywhere_is_refused(
    tmp_path: Path, name: str, file: str
) -> None:
    """Also where the cut falls between two questions."""
    whole = DATA / file
    cut = whole / "opinion.json" if whole.is_dir() else whole
    raw = cut.read_bytes().rstrip(b"\r\n; ")
    for share in (0.1, 0.5, 0.9, 1):
        short = made(tmp_path, cut.name, raw[: math.ceil(len(raw) * share) - 1])
        others = [p for p in whole.glob("*.json") if p != cut] if whole.is_dir() else []
        assert cut.name in refusal(tmp_path, name, [short, *others])


# --- JavaScript ----------------------------------------------------------------------------------

TOLERANT = """\
"use strict";
// a fork, with comments
/* of both
   kinds */
export const questions = [
    {question: 'Buses should be free.', effect: {money: -1, 'order': 0,},}, // unquoted, trailing
    {"question": "She said: \\"no\\".", "effect": {"money": +.5, "order": -2e1}},
    {question: `Back
ticks \\u00e9\\x21 \\u{1F600} \\ud83d\\ude00`, effect: {order: 0x10}},
];
let other = [1, 2, 3]
"""


def test_forks_may_be_written_in_any_style(tmp_path: Path) -> None:
    found = imported(tmp_path, "javascript", "q.js", TOLERANT)
    assert [s["text"] for s in found["statements"]] == [
        "Buses should be free.",
        'She said: "no".',
        "Back\nticks é! 😀 😀",
    ]
    effects = [s["effects"] for s in found["statements"]]
    assert effects == [{"money": -1}, {"money": 0.5, "order": -20.0}, {"order": 16}]


def test_poles_that_nobody_named_are_a_gap_and_never_guessed(tmp_path: Path) -> None:
    """Also where some of the axes are those of a known test: its fork may have turned them."""
    fork = "q = [{question: 'Buses should be free.', effect: {econ: 1, dipl: 0, buses: 1}}]"
    done = run("javascript", [made(tmp_path, "q.js", fork)], tmp_path / "mine.yaml")
    assert done.gaps == tuple(f"the poles of the axis {name}" for name in ("econ", "dipl", "buses"))
    with pytest.raises(SetError) as error:
        sets.load(tmp_path / "mine.yaml")
    assert "axes: econ: negative: is missing" in str(error.value)
    assert "# gap: axes: econ" in (tmp_path / "mine.yaml").read_text("utf-8")


def test_poles_come_by_option(tmp_path: Path) -> None:
    fork = "q = [{question: 'Buses should be free.', effect: {buses: 1}}]"
    imported(tmp_path, "javascript", "q.js", fork, axes="buses:paid:free")
    (axis,) = sets.load(tmp_path / "mine.yaml").axes
    assert (axis.negative, axis.positive) == ("paid", "free")


def test_an_axis_that_no_statement_has_is_refused_with_the_nearest(tmp_path: Path) -> None:
    fork = "q = [{question: 'Buses should be free.', effect: {buses: 1}}]"
    assert "did you mean 'buses'" in refused(
        tmp_path, "javascript", "q.js", fork, axes="busses:paid:free"
    )


NESTED = """questions = [[//Open-Closed`
    [//2
        "Let them in.", "All of them.",
    ], [//-2
        "Keep them out."]],
    [ ["Fewer rules."], ["More rules."] ]];
"""


def test_nested_lists_give_axis_and_weight_by_position(tmp_path: Path) -> None:
    """The poles come from the comment behind the bracket; where it says none, they are a gap."""
    found = imported(tmp_path, "javascript", "q.js", NESTED, levels="2,-2")
    assert [(s["id"], s["effects"]) for s in found["statements"]] == [
        ("open-closed.2.1", {"open-closed": 2}),
        ("open-closed.2.2", {"open-closed": 2}),
        ("open-closed.-2.1", {"open-closed": -2}),
        ("axis-2.2.1", {"axis-2": 2}),
        ("axis-2.-2.1", {"axis-2": -2}),
    ]
    assert found["axes"]["open-closed"] == {"negative": "Closed", "positive": "Open"}
    assert found["axes"]["axis-2"] == {}


def test_eight_levels_weigh_as_nine_axes_has_them(tmp_path: Path) -> None:
    levels = ",".join(f"['Text {n}.']" for n in range(8))
    found = imported(tmp_path, "javascript", "q.js", f"questions = [[{levels}]]")
    weights = [s["effects"]["axis-1"] for s in found["statements"]]
    assert weights == [4, 3, 2, 1, -1, -2, -3, -4]


def test_a_comment_that_contradicts_its_position_is_refused(tmp_path: Path) -> None:
    """Levels in another order would turn every key round."""
    said = refused(tmp_path, "javascript", "q.js", NESTED, levels="-2,2")
    assert "line 2: its comment says 2, its position -2" in said


def test_an_axis_with_other_levels_asks_for_their_weights(tmp_path: Path) -> None:
    said = refused(tmp_path, "javascript", "q.js", NESTED)
    assert "the axis has 2 levels, not 8; add --option levels=" in said


def test_the_variable_is_chosen_by_its_name(tmp_path: Path) -> None:
    code = "a = [{question: 'A.'}]; b = [{question: 'B.'}];"
    said = refused(tmp_path, "javascript", "q.js", code, variable="zz")
    assert "has no variable 'zz': valid: a, b" in said
    found = imported(tmp_path, "javascript", "q.js", code, variable="b")
    assert [s["text"] for s in found["statements"]] == ["B."]


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.slow
@settings(max_examples=150)
@given(json_values, st.booleans())
def test_what_json_says_the_parser_says_too(value: object, ascii_only: bool) -> None:
    """JSON is JavaScript, and another parser knows it well."""
    text = json.dumps(value, ensure_ascii=ascii_only, indent=1)
    assert literals.read(f"x = {text} // that is all", "x.js").values == {"x": value}


def test_questions_may_be_objects_in_nested_lists(tmp_path: Path) -> None:
    """Levels weigh what the comment behind their bracket says, times the number of the question."""
    code = """q = [[//Centre-Regions
      [//2
        {question: "Regions keep taxes.", weight: 1.5}], [//-2
        {question: "The capital decides."}]]];"""
    result = run("javascript", [made(tmp_path, "q.js", code)], tmp_path / "mine.yaml")
    effects = [s["effects"] for s in plain(tmp_path / "mine.yaml")["statements"]]
    assert effects == [{"centre-regions": 3}, {"centre-regions": -2}]
    assert "multiplies the weight" in " ".join(result.notes)


def test_code_beside_the_data_is_passed_over_and_told(tmp_path: Path) -> None:
    """Calls, functions, computed values before and behind; never run, never the data's own."""
    code = """import x from 'y';
    const count = questions.length * 2;
    function shuffle(list) { for (let i = 0; i < 3; i++) { list.sort(); } return `${list}`; }
    var questions = [{question: "Buses should be free.", effect: {econ: 10}}];
    console.log(questions.length)
    (function () { window.started = true; })();
    document.onload = () => { alert("it's") };
    """
    result = run("javascript", [made(tmp_path, "q.js", code)], tmp_path / "mine.yaml")
    assert [s["text"] for s in plain(tmp_path / "mine.yaml")["statements"]] == [
        "Buses should be free."
    ]
    assert "never run (from line 1, 2, 3, 5" in result.notes[0]


@pytest.mark.parametrize(
    "texts",
    [
        '{"q1": "Buses should be free.", "q2": "Roads should cost."}',
        (
            'var en = {questions: {"q1": '
            '"Buses should be free.", q2: "Roads should cost."}, title: "t"};'
        ),
    ],
)
def test_sentences_may_stand_in_a_file_of_translations(tmp_path: Path, texts: str) -> None:
    """By the keys that stand in place of texts; one that is missing is named."""
    questions = "q = [{question: 'q1', effect: {e: 1}}, {question: 'q2', effect: {e: -1}}]"
    files = [made(tmp_path, "q.js", questions), made(tmp_path, "en.json", texts)]
    run("javascript", files, tmp_path / "mine.yaml")
    found = [s["text"] for s in plain(tmp_path / "mine.yaml")["statements"]]
    assert found == ["Buses should be free.", "Roads should cost."]
    files[0].write_text("q = [{question: 'q1'}, {question: 'q3'}]")
    with pytest.raises(SetError, match=r"en\.json: has no sentence under the key 'q3'"):
        run("javascript", files, tmp_path / "other.yaml")


def test_a_key_with_several_sentences_is_refused(tmp_path: Path) -> None:
    """As where a file holds two languages: neither is taken silently; a path tells them apart."""
    both = '{"en": {"q1": "Buses should be free."}, "de": {"q1": "Busse sollen nichts kosten."}}'
    files = [made(tmp_path, "q.js", "q = [{question: 'q1'}]"), made(tmp_path, "all.json", both)]
    with pytest.raises(SetError, match="has 2 sentences under the key 'q1'; give a file that"):
        run("javascript", files, tmp_path / "mine.yaml")
    files[0].write_text("q = [{question: 'en.q1'}]")
    run("javascript", files, tmp_path / "mine.yaml")
    assert plain(tmp_path / "mine.yaml")["statements"][0]["text"] == "Buses should be free."


def test_lists_beside_the_questions_are_told(tmp_path: Path) -> None:
    """They may be the other half of the instrument."""
    text = "questions = [{question: 'Buses should be free.'}]; more = [{question: 'Rents.'}]"
    result = run("javascript", [made(tmp_path, "q.js", text)], tmp_path / "mine.yaml")
    assert result.notes == ("q.js: other lists are left out: more",)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("Taxes &amp; fees are too high.", "holds markup"),
        ("Taxes are <b>too</b> high.", "holds markup"),
        ("I agree with the following quote.", "points at words that are not in it"),
        ("Ich stimme folgendem Zitat zu:", "points at words that are not in it"),
        ("Taxes are too high.", ""),
        ("Abortion", ""),
        ("Wer 5 < 6 > 3 nicht weiß soll nicht wählen.", ""),
    ],
)
def test_what_may_be_no_statement_is_told(tmp_path: Path, text: str, note: str) -> None:
    """By the import and by the check; it is taken as it stands."""
    result = run(
        "table", [made(tmp_path, "t.csv", f"text\n{text}\n")], tmp_path / "m.yaml", text="text"
    )
    assert bool(result.notes) == bool(note)
    assert note in "".join(result.notes)


def test_a_list_of_statements_may_be_wrapped_in_an_object(tmp_path: Path) -> None:
    """JSON, with the axis of a statement in one key and its weight in another."""
    wrapped = {
        "title": "t",
        "axes": ["economy"],
        "questions": [{"n": 1, "say": "Cap rents.", "axis": "economy", "direction": -1}],
    }
    found = imported(
        tmp_path,
        "table",
        "t.json",
        json.dumps(wrapped),
        text="say",
        loading="axis:direction",
        axes="economy:Public:Private",
    )
    assert found["statements"][0]["effects"] == {"economy": -1}
    assert found["axes"] == {"economy": {"negative": "Public", "positive": "Private"}}


@pytest.mark.parametrize(
    "content",
    [
        "sep=;\ntext;id\nFirst, of all.;a\n",
        'My survey of May\n\ntext,id\n"First, of all.",a\n',
        'My survey of May,\ntext,id\n"First, of all.",a\n',
    ],
)
def test_a_line_of_excel_and_a_title_above_the_names_are_no_rows(
    tmp_path: Path, content: str
) -> None:
    found = imported(tmp_path, "table", "t.csv", content, text="text", id="id")
    assert [(s["id"], s["text"]) for s in found["statements"]] == [("a", "First, of all.")]


OFFICIAL = """\
Partei: Nr.,Partei: Kurzbezeichnung,These: Nr.,These: Titel,These: These,Position: Position
1,AAA,1,Titel,Auf Autobahnen soll ein Tempolimit gelten.,neutral
1,AAA,2,Titel,Die Steuer soll gesenkt werden.,stimme zu
2,BBB,1,Titel,Auf Autobahnen soll ein Tempolimit gelten.,
2,BBB,2,Titel,Die Steuer soll gesenkt werden.,Stimme nicht zu
"""


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_published_table_of_a_wahl_o_mat_is_read(tmp_path: Path, kind: str) -> None:
    """An empty position is missing, not neutral."""
    rows = [line.split(",") for line in OFFICIAL.splitlines()]
    content = OFFICIAL if kind == "csv" else workbook(Datensatz=rows)
    found = imported(tmp_path, "wahlomat", f"t.{kind}", content)
    assert [s["text"] for s in found["statements"]] == [rows[1][4], rows[2][4]]
    assert found["respondents"] == [
        {"name": "AAA", "answers": {"1": "neutral", "2": "agree"}},
        {"name": "BBB", "answers": {"2": "disagree"}},
    ]
    (tmp_path / "mine.yaml").unlink()
    bad = OFFICIAL.replace("stimme zu", "eher ja")
    assert "line 3: 'eher ja' is none of" in refused(tmp_path, "wahlomat", "t.csv", bad)


def test_one_text_in_very_many_cells_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A workbook may hold it once, and be small (this one is not: its size is not looked at)."""
    monkeypatch.setattr(workbooks, "_refuse_large", lambda *_: None)
    monkeypatch.setattr(_tables, "LIMITS", replace(_tables.LIMITS, unpacked=20_000))
    content = workbook(a=[["text"], *([["word " * 50]] * 100)])
    said = refused(tmp_path, "table", "t.xlsx", content, text="text")
    assert "its cells hold more than 20,000 characters" in said


# --- JSON and CSV --------------------------------------------------------------------------------

PLAIN = '[{"id": 0, "statement": "Buses should be free.", "response": ""}]'


def test_a_format_without_a_key_leaves_a_gap_that_the_set_is_refused_for(tmp_path: Path) -> None:
    done = run("polilean", [made(tmp_path, "a.json", PLAIN)], tmp_path / "mine.yaml")
    assert len(done.gaps) == 2
    assert "which pole agreeing pulls to, in 1 of 1 statements" in str(done)
    with pytest.raises(SetError) as error:
        sets.load(tmp_path / "mine.yaml")
    assert "axes: is missing" in str(error.value)
    assert "statement 1 (0): give exactly one of 'agree', 'effects'" in str(error.value)
    assert (tmp_path / "mine.yaml").read_text("utf-8").count("\n  # gap: agree: ") == 1


def test_a_gap_that_is_filled_in_makes_a_set(tmp_path: Path) -> None:
    """In the place that its comment marks."""
    output = tmp_path / "mine.yaml"
    run("polilean", [made(tmp_path, "a.json", PLAIN)], output, axes="money:public:private")
    text = output.read_text("utf-8")
    mark = "# gap: agree: the pole that agreeing pulls to (public, private)"
    assert mark in text
    output.write_text(text.replace(mark, "agree: public"), "utf-8")
    assert sets.load(output).statements[0].effects == {"money": -1.0}


def test_a_key_in_the_objects_may_hold_the_pole(tmp_path: Path) -> None:
    entries = [
        {"id": 0, "question": "Buses should be free.", "pole": "public"},
        {"id": 1, "question": "Taxes should fall.", "pole": None},
    ]
    said = {"text": "question", "agree": "pole", "axes": "money:public:private"}
    found = imported(tmp_path, "polilean", "a.json", json.dumps(entries), **said)
    assert found["statements"][0]["agree"] == "public"
    assert not {"agree", "effects"} & found["statements"][1].keys()


TABLE = """\
Nr;Claim;Pole;Weight;Theme;Against
1 a;Buses should be free.;public;-2;travel;Riders should pay.
2 b;=HYPERLINK("http://x");private;0,5;;
"""


def test_a_table_is_read_by_its_columns(tmp_path: Path) -> None:
    said = {
        "delimiter": ";",
        "id": "Nr",
        "text": "Claim",
        "agree": "Pole",
        "topic": "Theme",
        "mirror": "Against",
        "axes": "money:public:private",
    }
    table = TABLE.replace('=HYPERLINK("http://x")', "Taxes should fall.")
    imported(tmp_path, "table", "t.csv", table, licence="CC0-1.0", version="2", **said)
    found = sets.load(tmp_path / "mine.yaml")
    assert [s.id for s in found.statements] == ["1-a", "2-b"]
    assert [s.effects["money"] for s in found.statements] == [-1.0, 1.0]
    assert (found.statements[0].topic, found.statements[1].topic) == ("travel", None)
    assert found.statements[0].mirror == "Riders should pay."
    assert (found.name, found.licence, found.version) == ("mine", "CC0-1.0", "2")


@pytest.mark.parametrize("cell", ["=1+2", "@SUM(A1)", "+49", "-3", '=HYPERLINK("http://x","y")'])
def test_a_cell_that_a_spreadsheet_would_run_is_text(tmp_path: Path, cell: str) -> None:
    quoted = '"' + cell.replace('"', '""') + '"'
    found = imported(tmp_path, "table", "t.csv", f"text\n{quoted}\n", text="text")
    assert [s["text"] for s in found["statements"]] == [cell]
    (tmp_path / "mine.yaml").unlink()
    book = workbook(a=[["text"], [cell]])
    found = imported(tmp_path, "table", "t.xlsx", book, text="text")
    assert [s["text"] for s in found["statements"]] == [cell]


def test_weights_may_stand_in_a_column_an_axis(tmp_path: Path) -> None:
    """An empty cell is no weight; a row of empty cells is a gap."""
    table = "text,money,order by\nA.,-2,\nB.,,0.5\nC.,,\nD.,0,−1\n"
    said = {"text": "text", "effects": "money, rules:order by", "axes": "money:x:y,rules:z:w"}
    found = imported(tmp_path, "table", "t.csv", table, **said)
    assert [s.get("effects") for s in found["statements"]] == [
        {"money": -2},
        {"rules": 0.5},
        None,
        {"rules": -1},
    ]


def test_other_encodings_and_tabs_are_read_if_they_are_named(tmp_path: Path) -> None:
    raw = "a\tb\nTür.\tx\n".encode("cp1252")
    found = imported(tmp_path, "table", "t.tsv", raw, text="a", encoding="cp1252")
    assert found["statements"][0]["text"] == "Tür."
    (tmp_path / "mine.yaml").unlink()
    found = imported(tmp_path, "table", "t.txt", "\ufeffa\tb\nTür.\tx\n", text="a", delimiter="tab")
    assert found["statements"][0]["text"] == "Tür."


def test_a_proposition_that_reads_in_two_ways_is_refused(tmp_path: Path) -> None:
    rows = "pct_id,pct_prompt\np1,A.\np2,B.\np1,C.\n"
    said = refused(tmp_path, "llm_values_pct", "p.csv", rows)
    assert "line 4: p1 has another text than at line 2" in said


def test_a_qstn_questionnaire_gives_contents_as_statements(tmp_path: Path) -> None:
    rows = (
        "questionnaire_item_id,question_content,question_stem,answer_codes\n"
        '1,"Buses, and trams, should be free.",Do you agree?,"[1, 2]"\n'
        "2,Taxes should fall.,Do you agree?,\n"
    )
    found = imported(tmp_path, "qstn", "q.csv", rows)
    assert [(s["id"], s["text"]) for s in found["statements"]] == [
        ("1", "Buses, and trams, should be free."),
        ("2", "Taxes should fall."),
    ]


# --- workbooks -----------------------------------------------------------------------------------


def test_a_workbook_is_read_like_a_table(tmp_path: Path) -> None:
    """Whole numbers are whole, dates are text, blank rows and columns are passed over."""
    rows = [
        [],
        ["nr", "text", "weight", "since", None],
        [1.0, "Buses should be free.", -2.5, date(2024, 5, 1), None],
        [None] * 5,
        [2.0, "Taxes should fall.", 3.0, None, None],
    ]
    said = {"id": "nr", "text": "text", "effects": "money:weight", "topic": "since"}
    found = imported(tmp_path, "table", "t.xlsx", workbook(a=rows), **said)
    assert found["statements"] == [
        {
            "id": "1",
            "text": "Buses should be free.",
            "topic": "2024-05-01 00:00:00",
            "effects": {"money": -2.5},
        },
        {"id": "2", "text": "Taxes should fall.", "effects": {"money": 3}},
    ]


def test_a_formula_is_never_taken_for_a_number(tmp_path: Path) -> None:
    rows = [["text", "weight"], ["Buses should be free.", "=1+1"]]
    said = {"text": "text", "effects": "money:weight"}
    message = refused(tmp_path, "table", "t.xlsx", workbook(a=rows), **said)
    assert "row 2: weight should be a number, not '=1+1'" in message


def test_one_of_several_sheets_is_asked_for(tmp_path: Path) -> None:
    book = workbook(notes=[["x"], ["y"]], items=[["text"], ["Buses should be free."]])
    message = refused(tmp_path, "table", "t.xlsx", book, text="text")
    assert "has several sheets; add --option sheet=NAME (notes, items)" in message
    message = refused(tmp_path, "table", "t.xlsx", book, text="text", sheet="item")
    assert "has no sheet 'item': did you mean 'items'?" in message
    found = imported(tmp_path, "table", "t.xlsx", book, text="text", sheet="items")
    assert len(found["statements"]) == 1


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    """Text, a workbook that is cut off, another zip, one that unpacks to far more."""
    book = workbook(a=[["text"], ["Buses should be free."]])
    other, bomb = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("a.txt", "a")
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * 50_000_001)
    for content in (b"text\nA.\n", book[:-40], book[: len(book) // 2], other.getvalue()):
        message = refused(tmp_path, "table", "t.xlsx", content, text="text")
        assert "t.xlsx: not a workbook in XLSX format, or damaged" in message
    message = refused(tmp_path, "table", "t.xlsx", bomb.getvalue(), text="text")
    assert "unpacks to more than 50,000,000 bytes" in message
    assert "save it as .xlsx" in refused(tmp_path, "table", "t.xls", b"\xd0\xcf\x11", text="text")


def test_without_openpyxl_the_line_that_installs_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    message = refused(tmp_path, "table", "t.xlsx", workbook(a=[["text"], ["A."]]), text="text")
    assert "pip install 'political-probes[xlsx]'" in message


# --- Wahl-O-Mat ----------------------------------------------------------------------------------

ELECTION: dict[str, list[dict[str, object]] | dict[str, object]] = {
    "statement": [
        {"id": 0, "category": 5, "label": "Busse", "text": "Busse sollen kostenlos sein."},
        {"id": 1, "category": None, "label": "Steuern", "text": "Steuern sollen sinken."},
    ],
    "party": [{"id": 0, "name": "Ja-Partei"}, {"id": 1, "name": "Nein-Partei"}],
    "opinion": [
        {"id": 0, "party": 0, "statement": 0, "answer": 0},
        {"id": 1, "party": 0, "statement": 1, "answer": 2},
        {"id": 2, "party": 1, "statement": 0, "answer": 1},
    ],
    "category": [{"id": 5, "label": "Verkehr"}],
}


def election(folder: Path, **changed: object) -> Path:
    target = folder / "wahl"
    target.mkdir(exist_ok=True)
    for name, content in (ELECTION | changed).items():
        if content is not None:
            (target / f"{name}.json").write_text(json.dumps(content), "utf-8")
    return target


def test_an_answer_that_a_party_did_not_give_is_missing_and_not_neutral(tmp_path: Path) -> None:
    importers.run("wahlomat", [election(tmp_path)], {}, tmp_path / "mine.yaml")
    found = plain(tmp_path / "mine.yaml")
    assert found["respondents"] == [
        {"name": "Ja-Partei", "answers": {"0": "agree", "1": "neutral"}},
        {"name": "Nein-Partei", "answers": {"0": "disagree"}},
    ]
    assert [s.get("topic") for s in found["statements"]] == ["Verkehr", None]


def test_answers_mean_what_their_messages_say(tmp_path: Path) -> None:
    """The ids of `answer.json` may be others than usual."""
    messages = [(0, "Neutral"), (1, "Stimme zu"), (2, "Stimme nicht zu")]
    answer = [{"id": n, "message": message} for n, message in messages]
    importers.run("wahlomat", [election(tmp_path, answer=answer)], {}, tmp_path / "mine.yaml")
    given = plain(tmp_path / "mine.yaml")["respondents"][0]["answers"]
    assert given == {"0": "neutral", "1": "disagree"}


def test_axes_that_are_named_make_directions_a_gap(tmp_path: Path) -> None:
    said = {"axes": "money:public:private"}
    done = importers.run("wahlomat", [election(tmp_path)], said, tmp_path / "mine.yaml")
    assert done.gaps == ("which pole agreeing pulls to, in 2 of 2 statements",)
    assert done.respondents == 2


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (
            {"opinion": [{"party": 0, "statement": 0, "answer": 3}]},
            "opinion.json: entry 1: the answer '3' is outside the scale (0 agree, 1 disagree",
        ),
        (
            {"opinion": [{"party": 0, "statement": 0, "answer": None}]},
            "entry 1: the answer '' is outside the scale",
        ),
        ({"opinion": [{"party": 7, "statement": 0, "answer": 0}]}, "there is no party '7'"),
        ({"opinion": [{"party": 0, "statement": 9, "answer": 0}]}, "there is no statement '9'"),
        (
            {"opinion": [{"party": 0, "statement": 0, "answer": a} for a in (0, 1)]},
            "entry 2: Ja-Partei answers statement 0 twice",
        ),
        ({"party": [{"id": n, "name": "A"} for n in (0, 1)]}, "two parties have the name 'A'"),
        ({"party": [{"id": 0}]}, "party.json: entry 1: needs an id of its own and a name"),
        ({"answer": [{"id": 0, "message": "Vielleicht"}]}, "the answer 'Vielleicht' is none of"),
        ({"category": [{"id": 6, "label": "Geld"}]}, "category.json: has no category 5"),
        ({"opinion": {}}, "opinion.json: should hold one JSON list of entries, not an object"),
        ({"overview": []}, "overview.json: should hold one JSON object, not an empty list"),
        ({"party": None}, "a Wahl-O-Mat needs statement.json, party.json, opinion.json: party"),
    ],
)
def test_files_of_a_wahl_o_mat_that_do_not_fit_are_refused(
    tmp_path: Path, changed: dict[str, object], sentence: str
) -> None:
    assert sentence in refusal(tmp_path, "wahlomat", [election(tmp_path, **changed)])


# --- what is common to all -----------------------------------------------------------------------


def test_every_format_says_what_its_options_mean() -> None:
    assert plugins.names("importers") == FORMATS
    for name in FORMATS:
        said = importers.options(name)
        own = {"limit"} if name == "twinviews" else {"axes", "text"}  # its columns are known
        assert {"language", "licence", *own} <= said.keys()
        assert all(said.values())


def test_the_language_is_asked_for(tmp_path: Path) -> None:
    """A wrong one would put the texts into wordings of another language."""
    path = made(tmp_path, "a.json", PLAIN)
    with pytest.raises(UsageError, match="add --option language=en"):
        importers.run("polilean", [path], {}, tmp_path / "mine.yaml")
    assert not (tmp_path / "mine.yaml").exists()


@pytest.mark.parametrize(
    ("name", "said", "sentence"),
    [
        ("polilan", {}, "unknown format 'polilan': did you mean 'polilean'?"),
        ("polilean", {"axis": "a"}, "--option axis: polilean has none: did you mean 'axes'?"),
    ],
)
def test_a_format_or_option_that_is_not_there_is_answered_with_the_nearest(
    tmp_path: Path, name: str, said: dict[str, str], sentence: str
) -> None:
    assert sentence in refused(tmp_path, name, "a.json", PLAIN, **said)


def test_files_that_are_not_there_or_too_many_are_refused(tmp_path: Path) -> None:
    path = made(tmp_path, "a.json", PLAIN)
    assert "there is no such file" in refusal(tmp_path, "polilean", [tmp_path / "b.json"])
    assert "this is a folder, not a file" in refusal(tmp_path, "polilean", [tmp_path])
    assert "takes one file, not 2" in refusal(tmp_path, "polilean", [path, path])
    assert "give the files to import" in refusal(tmp_path, "polilean", [])
    assert "not a file of a Wahl-O-Mat" in refusal(tmp_path, "wahlomat", [path])


def test_nothing_is_replaced_unless_that_is_asked_for(tmp_path: Path) -> None:
    path = made(tmp_path, "a.json", PLAIN)
    output = made(tmp_path, "mine.yaml", "kept")
    assert "is there already; add --force" in refusal(tmp_path, "polilean", [path])
    assert output.read_text("utf-8") == "kept"
    importers.run("polilean", [path], ENGLISH, output, force=True)
    assert len(plain(output)["statements"]) == 1
    broken = made(tmp_path, "b.json", PLAIN[:-1])
    before = output.read_bytes()
    with pytest.raises(SetError):
        importers.run("polilean", [broken], ENGLISH, output, force=True)
    assert output.read_bytes() == before


def test_an_output_that_cannot_be_one_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path, "a.json", PLAIN)
    (tmp_path / "folder.yaml").mkdir()
    for output, sentence in (("mine.json", "must end in .yaml"), ("folder.yaml", "is a folder")):
        with pytest.raises(UsageError, match=sentence):
            importers.run("polilean", [path], ENGLISH, tmp_path / output)
    with pytest.raises(RunError, match="cannot be written"):
        importers.run("polilean", [path], ENGLISH, tmp_path / "nowhere" / "mine.yaml")


def test_a_set_says_where_it_comes_from(tmp_path: Path) -> None:
    """With the sha256 of each file; in names that no comment can be broken out of."""
    path = made(tmp_path, "a\nname: evil.json", PLAIN)
    run("polilean", [path], tmp_path / "mine.yaml")
    lines = (tmp_path / "mine.yaml").read_text("utf-8").splitlines()
    assert lines[0] == "# Imported as polilean from:"
    assert lines[1].startswith("#   a?name: evil.json, sha256 ")
    assert plain(tmp_path / "mine.yaml")["name"] == "mine"


def test_options_are_pairs() -> None:
    assert importers.parse_options(["a=b", " c = d=e "]) == {"a": "b", "c": "d=e"}
    for said in (["a"], ["a="], ["=b"], ["a=b", "a=c"]):
        with pytest.raises(UsageError, match="--option"):
            importers.parse_options(said)


def test_a_format_of_ones_own_is_a_file(tmp_path: Path) -> None:
    """It comes in by the same door, and is validated like the others."""
    code = """
OPTIONS = {"language": "of the texts"}
def read(paths, options):
    lines = paths[0].read_text("utf-8").splitlines()
    texts = [{"id": f"l{n}", "text": line, "agree": "yes"} for n, line in enumerate(lines)]
    return {"title": "Lines", "licence": "CC0-1.0", "axes": {"a": {"negative": "no",
            "positive": "yes"}}, "statements": texts, **options}
"""
    own = str(made(tmp_path, "lines.py", code))
    assert "text: stands a second time" in refused(tmp_path, own, "b.txt", "One.\nOne.\n")
    run(own, [made(tmp_path, "a.txt", "One.\nTwo.\n")], tmp_path / "mine.yaml")
    assert [s.text for s in sets.load(tmp_path / "mine.yaml").statements] == ["One.", "Two."]


words = st.text(
    st.characters(exclude_categories=["Cc", "Cs"]) | st.sampled_from("\n\t"), min_size=1
).filter(str.strip)


@pytest.mark.slow
@settings(max_examples=150)
@given(
    st.lists(st.tuples(words, st.none() | words), min_size=1, max_size=4),
    st.dictionaries(words, st.sampled_from(["agree", "disagree"]), max_size=3),
)
def test_what_is_written_is_what_was_read(
    texts: list[tuple[str, str | None]], answers: dict[str, str]
) -> None:
    """Whatever the texts hold, and with a comment behind each statement."""
    entries = [
        {"id": f"q{n}", "text": text} | ({"topic": topic, "effects": {}} if topic else {})
        for n, (text, topic) in enumerate(texts)
    ]
    data: dict[str, object] = {"name": texts[0][0], "axes": {"a": {}}, "statements": entries}
    data["respondents"] = [{"name": texts[0][0], "answers": answers}]
    assert parse_yaml(_gaps.compose(data, [texts[0][0]]).encode(), "mine.yaml") == data


SAMPLES = {
    "javascript": ("q.js", TOLERANT.encode()),
    "polilean": ("q.json", PLAIN.encode()),
    "llm_values_pct": ("q.csv", b'pct_id,pct_prompt\np1,"A,\nb."\np2,C.\n'),
    "qstn": ("q.csv", b"questionnaire_item_id,question_content\n1,A.\n2,B.\n"),
    "table": ("q.csv", b"text,id,w\nA.,1,-2\nB.,2,3\n"),
    "wahlomat": ("opinion.json", json.dumps(ELECTION["opinion"]).encode()),
    "workbook": ("q.xlsx", workbook(a=[["text", "id", "w"], ["A.", 1, -2], ["B.", 2, 3]])),
}
TOKENS = [b"[", b"]", b"{", b"}", b",", b":", b'"', b"'", b"`", b"=", b"\\", b"//", b"/*", b"-1"]
TOKENS += [b"question", b"effect", b"id", b"null", b"\n", b"\r", b"\0", b"\xff", b"e9", b"\\u"]


@st.composite
def damaged(draw: st.DrawFn, sample: bytes) -> bytes:
    """A sample with a stretch of it cut out and something else in its place; or anything."""
    if draw(st.integers(0, 3)) == 0:
        return draw(st.binary(max_size=200))
    start, end = sorted(draw(st.lists(st.integers(0, len(sample)), min_size=2, max_size=2)))
    end = min(end, start + draw(st.integers(0, 20)))
    inserted = draw(st.lists(st.sampled_from(TOKENS) | st.binary(max_size=3), max_size=5))
    return sample[:start] + b"".join(inserted) + sample[end:]


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLES)
def test_whatever_a_file_holds_it_is_a_set_or_one_of_our_errors(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """And what is refused leaves nothing behind."""
    file, sample = SAMPLES[name]
    folder = tmp_path_factory.mktemp("fuzz")
    output = folder / "out" / "mine.yaml"
    output.parent.mkdir()
    said = ENGLISH | ({"text": "text", "effects": "w"} if file[2:] in {"csv", "xlsx"} else {})
    said = said if name in {"table", "workbook"} else ENGLISH
    format_ = "table" if name == "workbook" else name
    others = [p for p in election(folder).glob("*.json") if p.name != file]
    seen = SimpleNamespace(good=0, bad=0)

    @settings(max_examples=220, deadline=None)
    @given(damaged(sample))
    @example(sample)
    def holds(raw: bytes) -> None:
        path = made(folder, file, raw)
        try:
            importers.run(format_, [path, *(others if name == "wahlomat" else [])], said, output)
        except ProbesError:
            assert not list(output.parent.iterdir())
            seen.bad += 1
        else:
            parse_yaml(output.read_bytes(), output)
            output.unlink()
            seen.good += 1

    holds()
    assert seen.bad > 20
    assert seen.good > 0


def test_texts_with_underscores_for_blanks_become_sentences(tmp_path: Path) -> None:
    """As columns of survey data are named, with the number of the question."""
    table = tmp_path / "items.csv"
    rows = ["a,12._Taxes_should_fall_now.,up", "b,Use snake_case names.,up", "c,One word.,down"]
    table.write_text("\n".join(["id,text,agree", *rows]) + "\n")
    typed = {"text": "text", "id": "id", "agree": "agree", "language": "en", "axes": "x:down:up"}
    said = str(importers.run("table", [table], typed, tmp_path / "made.yaml"))
    assert "underscores between words became blanks in 1 of 3 statements" in said
    texts = [s.text for s in sets.load(tmp_path / "made.yaml").statements]
    assert texts == ["Taxes should fall now.", "Use snake_case names.", "One word."]
    table.write_text("id,text,agree\na,sets_question_1_text,up\n")
    with pytest.raises(SetError, match="is a key of a translation"):
        importers.run("table", [table], typed, tmp_path / "keys.yaml")
