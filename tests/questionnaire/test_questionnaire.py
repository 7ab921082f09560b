"""What is asked, files for survey software, how answers come back, and every fault's sentence."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml
from pyxform.xls2xform import convert

from probes.errors import ProbesError
from probes.instruments import sets
from probes.instruments.codes import codes
from probes.people.answers import read_answers
from probes.questionnaire import limesurvey, xlsform
from probes.questionnaire.content import FormChoices, Questionnaire, build, halves, rounds
from probes.questionnaire.questions import AnswerChoice, Question
from probes.questionnaire.words import SHIPPED
from tests.run_folders import MARKUP, instrument

ROOT = Path(__file__).parent.parent.parent
LANGUAGES = ("en", "de", "fr", "es", "ja")
COUNTS = "1=-1,2=-0.5,3=0,4=0.5,5=1"


@pytest.fixture(scope="module")
def compass() -> Questionnaire:
    return build("compass", FormChoices(languages="en,de", place=True, party="SPD,CDU"))


def rows(questionnaire: Questionnaire) -> list[dict[str, str]]:
    """As LimeSurvey reads the structure: tabs, double quotes, names in the first line."""
    text = limesurvey.structure(questionnaire).decode()
    head, *rest = csv.reader(io.StringIO(text, newline=""), delimiter="\t")
    names = [name.strip() for name in head]
    return [dict(zip(names, row, strict=True)) for row in rest]


def test_every_language_has_the_same_sentences_with_the_same_gaps() -> None:
    words = yaml.safe_load(SHIPPED.read_text("utf-8"))
    assert set(words) == set(LANGUAGES)
    for language in LANGUAGES:
        assert list(words[language]) == list(words["en"])
        assert list(words[language]["answers"]) == list(words["en"]["answers"])
        for key, text in words["en"].items():
            if isinstance(text, str):
                gaps = text.split("{")[1:]
                other = words[language][key]
                assert isinstance(other, str), (language, key)
                for gap in gaps:
                    assert "{" + gap.split("}")[0] + "}" in other, (language, key)


def test_either_half_of_the_compass_has_as_many_texts_for_each_pole() -> None:
    """Of each axis: what forms 1 and 2 show pulls as often to either side."""
    questionnaire = build("compass", FormChoices())
    of = {s.id: s for s in questionnaire.first.statements}
    assert sorted(n for group in halves(questionnaire.first) for n in group) == list(range(80))
    for form in "12":
        shown = [text for text in rounds(questionnaire)[0] if text.form == form]
        assert len(shown) == 80
        for axis in ("economic", "social"):
            pulls = [of[t.statement].effects.get(axis, 0) * (-1) ** t.mirror for t in shown]
            assert sum(pulls) == 0


@pytest.mark.parametrize(("sides", "texts"), [("split", 80), ("both", 160), ("statements", 80)])
def test_every_text_that_is_shown_has_one_column(sides: str, texts: int) -> None:
    questionnaire = build("compass", FormChoices(sides=sides))
    columns = [text.code for texts_of in rounds(questionnaire) for text in texts_of]
    assert questionnaire.texts_shown == texts
    assert len(set(columns)) == len(columns) == (160 if sides == "split" else texts)
    if sides == "both":
        first, second = rounds(questionnaire)
        assert [t.statement for t in first] == [t.statement for t in second]


@pytest.mark.parametrize("name", sets.names())
def test_names_for_survey_software_are_short_plain_and_unique(name: str) -> None:
    made = codes(sets.outline(name))
    assert len({code.lower() for code in made}) == len(made)
    assert all(code.isalnum() and code.isascii() and code[0].isalpha() for code in made)
    assert max(map(len, made)) <= 20


def test_names_that_would_clash_are_made_of_the_number_instead() -> None:
    content = instrument(axes=1, statements=6)
    ids = ["a-b", "a.b", "ab-mirror", "\u6c11", "1", "token"]
    for statement, name in zip(content["statements"], ids, strict=True):
        statement["id"] = name
    made = codes(sets.parse(yaml.safe_dump(content).encode(), "made"))
    statements = [code for code, (_, mirror) in made.items() if not mirror]
    assert statements == ["ab", "s2", "s3", "s4", "s5", "s6"]
    assert {name for name, _ in made.values()} == set(ids)


def test_limesurvey_gets_the_same_groups_questions_and_answers_in_each_language(
    compass: Questionnaire,
) -> None:
    """One random number a person, of which every statement and its mirror depend in turn."""
    read = rows(compass)
    keys = ("class", "type/scale", "name", "relevance", "mandatory")
    by_language = {
        language: [
            tuple(row[key] for key in keys if not (row["class"] == "G" and key == "name"))
            for row in read
            if row["language"] == language and row["class"] in "GQA"
        ]
        for language in ("en", "de")
    }
    assert by_language["en"] == by_language["de"]
    questions = {
        row["name"]: row for row in read if row["class"] == "Q" and row["language"] == "en"
    }
    assert questions["form"]["text"] == "{if(is_empty(form), rand(1, 2), form)}"
    shown = [questions[name]["relevance"] for name in ("taxbreaks", "taxbreaksMirror")]
    assert sorted(shown) == ['form.NAOK == "1"', 'form.NAOK == "2"']
    groups = {
        row["random_group"] for name, row in questions.items() if name in codes(compass.first)
    }
    assert groups == {"statements"}
    assert [name for name, row in questions.items() if row["hidden"]] == ["form"]
    further = [row for row in read if row["class"] == "Q" and row["language"] == "de"]
    assert not any(row["random_group"] or row["hidden"] for row in further)  # once a question
    assert len(questions) == 160 + 4
    answers = [row["text"] for row in read if row["class"] == "A" and row["language"] == "de"]
    assert answers[:2] == ["stimme nicht zu", "stimme eher nicht zu"]
    assert all(len(row["name"]) <= 5 for row in read if row["class"] == "A")
    settings = {row["name"]: row["text"] for row in read if row["class"] == "S"}
    assert (settings["language"], settings["additional_languages"]) == ("en", "de")
    assert (settings["anonymized"], settings["ipaddr"]) == ("Y", "N")


def test_limesurvey_can_guess_the_encoding_from_the_first_thousand_bytes() -> None:
    """It cuts them anywhere, and half a character is no UTF-8."""
    data = limesurvey.structure(build("compass", FormChoices(languages="ja")))
    assert data[:1000].isascii()
    assert "政府は、大企業を呼び込むために".encode() in data


@pytest.mark.parametrize("sides", ["split", "both", "statements"])
def test_pyxform_takes_the_workbook_without_a_warning(tmp_path: Path, sides: str) -> None:
    questions = tmp_path / "questions.yaml"
    questions.write_text(
        "introduction: Hello\n"
        "questions:\n"
        "  - {id: age, kind: number, text: Age, least: 16}\n"
        "  - {id: why, kind: text, text: Why}\n"
    )
    choices = FormChoices(
        languages="en,ja", sides=sides, place=True, party="A B,C/D", questions=questions
    )
    path = tmp_path / "form.xlsx"
    path.write_bytes(xlsform.workbook(build("compass", choices)))
    made = convert(str(path))
    assert made.warnings == []
    assert "政府は、大企業を呼び込むために" in made.xform
    assert ("random()" in made.xform) == (sides == "split")


def test_texts_of_a_set_are_neither_markup_nor_formulas_nor_expressions(tmp_path: Path) -> None:
    said = f' {MARKUP} {{rand(1, 2)}} ${{consent}}\t"\n'
    content = instrument(axes=1, statements=6, said=said)
    for statement in content["statements"]:
        statement["text"] = "=1+1" + statement["text"]
    content["title"] = f"=2+2{said[:70]}"
    path, workbook = tmp_path / "made.yaml", tmp_path / "form.xlsx"
    path.write_text(yaml.safe_dump(content))
    questionnaire = build(str(path), FormChoices())
    for row in rows(questionnaire):
        assert not set("<>\t\n") & set(row["text"])
        assert "{" not in row["text"] or row["name"] == "form"
    workbook.write_bytes(xlsform.workbook(questionnaire))
    convert(str(workbook))
    book = openpyxl.load_workbook(workbook)
    cells = [cell for sheet in book for row in sheet for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    label = next(c.value for c in cells if str(c.value).startswith("=1+1"))
    assert "${" not in label


HOSTILE = (
    "He said \"no\" & 'yes'; <b>bold</b>",
    "${consent} {rand(1, 2)} {{7 * 7}} {% raw %}",
    "one\nline\n\n  two\tand three",
    "=1+1",
    "@SUM(A1)",
    "\\n \\ \\t %s &amp; &#123;",
    "</script><!-- ]]>",
    "NA",
    "a" * 1500,
    "\u00e9 \U0001f600 \u6c11",
)


@pytest.mark.slow
def test_five_hundred_hostile_texts_are_texts_in_every_file(tmp_path: Path) -> None:
    """A row a text, a name each; nothing of them is markup, an expression or another row."""
    content = instrument(axes=1, statements=6)
    first = content["statements"][0]
    content["statements"] = [
        {**first, "id": f"q{n}", "text": f"{HOSTILE[n % len(HOSTILE)]} {n}", "mirror": f"Not {n}."}
        for n in range(500)
    ]
    path = tmp_path / "made.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    questionnaire = build(str(path), FormChoices())
    read = [row for row in rows(questionnaire) if row["class"] == "Q" and row["name"] != "form"]
    assert len({row["name"] for row in read}) == 1 + 2 * 500
    assert not any(set("<>{}\t\n") & set(row["text"]) for row in read)
    (tmp_path / "form.xlsx").write_bytes(xlsform.workbook(questionnaire))
    book = openpyxl.load_workbook(tmp_path / "form.xlsx")
    assert {c.data_type for sheet in book for row in sheet for c in row if c.value} == {"s"}
    made = convert(str(tmp_path / "form.xlsx"))
    assert made.warnings == []
    assert made.xform.count("<select1 ") == 2 * 500 + 1


@pytest.mark.parametrize("name", ["compass", "sapply"])
def test_what_survey_software_exports_is_read_as_it_is(tmp_path: Path, name: str) -> None:
    """A column a text by its short name, answers by number, what was not shown empty."""
    of = sets.outline(name)
    shown = [code for code, (_, mirror) in codes(of).items() if mirror == (name == "compass")]
    path = tmp_path / "export.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "consent", "form", *codes(of), "party"])
        for person in ("1", "2"):
            cells = [str(1 + n % 5) if c in shown else "" for n, c in enumerate(codes(of))]
            writer.writerow([person, "Y", "2", *cells, "SPD"])
    answers = read_answers([path], of, options=COUNTS)
    found = answers.mirrors if name == "compass" else answers.matrix
    assert found is not None
    assert found.shape == (2, len(of.statements))
    assert found[0, 0] == (-0.5 if name == "compass" else -1)
    assert set(answers.passed_over) == {"id", "consent", "form", "party"}


@pytest.mark.parametrize(
    ("steps", "label", "value"), [(2, "disagree", -1), (5, "somewhat agree", 0.5)]
)
def test_the_answers_of_a_form_count_what_its_readers_take_them_for(
    tmp_path: Path, steps: int, label: str, value: float
) -> None:
    questionnaire = build("compass", FormChoices(steps=steps))
    assert questionnaire.answers[label] == value
    path = tmp_path / "answers.csv"
    path.write_text(
        "person,statement,answer\n"
        + "".join(f"p{n},tax-breaks,{word}\n" for n, word in enumerate(questionnaire.answers))
    )
    column = read_answers([path], questionnaire.first).matrix[:, 0]
    assert column.tolist() == list(questionnaire.answers.values())


def test_a_set_with_answers_of_its_own_is_asked_in_them(tmp_path: Path) -> None:
    content = instrument(axes=1, statements=6)
    options = {"nope": -2.0, "meh": 0.0, "agree": 1.0}
    content["scoring"] = {"kind": "effects", "options": options}
    path = tmp_path / "made.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    questionnaire = build(str(path), FormChoices())
    assert dict(questionnaire.answers) == {"nope": -1.0, "meh": 0.0, "agree": 0.5}
    assert [questionnaire.answer(a, "de") for a in options] == ["nope", "meh", "stimme zu"]


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        (["-2", "-1"], ["m2", "m1"]),
        (["-2", "0", "2"], ["m2", "0", "2"]),
        (["0.5", "1.5"], ["1", "2"]),
        (["100000", "200000"], ["1", "2"]),
        (["Left", "Far left"], ["Left", "Farle"]),
        (["Con", "con"], ["1", "2"]),
        (["民", "主"], ["1", "2"]),
    ],
)
def test_codes_for_survey_software_make_no_number_of_another(
    values: list[str], codes: list[str]
) -> None:
    """A sign, a point or a digit that is lost would be read as an answer that nobody gave."""
    choices = [AnswerChoice(value=value) for value in values]
    assert Question(id="q", kind="choice", text="x", choices=choices).codes == codes


def test_a_scale_below_zero_keeps_its_signs_in_survey_software(tmp_path: Path) -> None:
    path = tmp_path / "questions.yaml"
    path.write_text("questions: [{id: q, kind: scale, text: x, least: -3, most: -1}]")
    questionnaire = build("compass", FormChoices(questions=path))
    last = rows(questionnaire)[-3:]
    assert [(row["name"], row["text"]) for row in last] == [
        ("m3", "-3"),
        ("m2", "-2"),
        ("m1", "-1"),
    ]
    (tmp_path / "f.xlsx").write_bytes(xlsform.workbook(questionnaire))
    sheet = openpyxl.load_workbook(tmp_path / "f.xlsx")["choices"]
    assert [row[1] for row in sheet.iter_rows(values_only=True)][-3:] == ["m3", "m2", "m1"]


Call = Callable[..., tuple[int, str, str]]
FORM = ("sets", "form")
BARE = instrument(axes=1, statements=6)
for _statement in BARE["statements"]:
    _statement.pop("mirror")
NAMED = instrument(axes=1, statements=6)
NAMED["statements"][0]["id"] = "answer"
CLASHING = instrument(axes=1, statements=6)
CLASHING["statements"][0]["id"] = "par-ty"
RESPONDENTS = instrument(axes=0, respondents=[{"name": "A", "answers": {"x0": "agree"}}])
OUT = ("-o", "form.html")
FAULTS: list[tuple[Any, tuple[str, ...], str]] = [
    ("compass", (), "nothing to write"),
    ("compass", ("-o", "form.txt"), "form.txt: a file for html ends in .html"),
    ("compass", ("--xlsform", "f.xls"), "ends in .xlsx"),
    ("compass", ("-o", "gone/form.html"), "gone/form.html: cannot be written"),
    ("compass", ("-o", "there.html"), "there.html: is there already; --force replaces it"),
    ("compass", ("-o", "dir.html", "--force"), "dir.html: cannot be written"),
    ("compass", (*OUT, "--language", "en,it"), "--language it: "),
    ("compass", (*OUT, "--language", "en,en"), "en stands twice"),
    ("compass", (*OUT, "--language", "English"), "is no language code"),
    ("compass", (*OUT, "--sides", "mirror"), "--sides mirror: should be one of split, both"),
    ("compass", (*OUT, "--steps", "7"), "--steps 7: should be one of 2, 3, 4, 5"),
    ("compass", (*OUT, "--party", "A,,B"), "--party 'A,,B': should be names"),
    ("compass", (*OUT, "--text", "x", "--language", "de"), "--text: goes with a set"),
    ("compass", (*OUT, "--party", f"A,{'B' * 101}"), "is longer than 100 letters"),
    ("compass", (*OUT, "--party", ",".join(map(str, range(301)))), "301 names, and at most 300"),
    ("compass", (*OUT, "--party", "A,NA"), "the name 'NA' is read as no answer"),
    ("compass", (*OUT, "--party", "A,B\x07"), "the name 'B\\x07' is read as no answer"),
    ("8values", OUT, "the texts of 8values are not on this machine: fetch them"),
    ("8values", (*OUT, "--language", "en"), "are not on this machine: fetch them"),
    ("compas", OUT, "did you mean 'compass'?"),
    (BARE, (*OUT, "--sides", "split"), "has no mirrors; use --sides statements"),
    (BARE, (*OUT, "--sides", "both"), "has 0 statements with a mirror"),
    (NAMED, OUT, "the statement id 'answer' is also a column of the answers file"),
    (CLASHING, (*OUT, "--party", "A"), "the question 'party' has the name"),
    (RESPONDENTS, (*OUT, "--feedback"), "has no axis to show a person's dot on"),
]


@pytest.fixture
def probes(monkeypatch: pytest.MonkeyPatch, command: Call, tmp_path: Path) -> Call:
    monkeypatch.chdir(tmp_path)
    Path("there.html").write_text("mine")
    Path("dir.html").mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return command


@pytest.mark.parametrize(("content", "options", "sentence"), FAULTS)
def test_every_mistake_is_one_sentence_and_nothing_is_written(
    probes: Call, content: Any, options: tuple[str, ...], sentence: str
) -> None:
    name = content
    if not isinstance(content, str):
        Path("made.yaml").write_text(yaml.safe_dump(content))
        name = "./made.yaml"
    before = sorted(Path().iterdir())
    status, _, said = probes(*FORM, name, *options)
    assert status == 2, said
    assert sentence in said
    assert len(said.splitlines()) == 1
    assert sorted(Path().iterdir()) == before
    assert Path("there.html").read_text() == "mine"


QUESTION = "{id: age, kind: number, text: Age}"
FILES = [
    ("title: {en: Hello}", "title: has no text in de: add it, or leave de out"),
    ("titel: Hello", "did you mean 'title'?"),
    (
        "questions: [{id: Age, kind: number, text: Age}]",
        "questions: Age: id: String should match pattern",
    ),
    (f"questions: [{QUESTION}, {QUESTION}]", "question 2 (age): id: stands a second time"),
    ("questions: [{id: order, kind: text, text: x}]", "is a column of the answers file"),
    ("questions: [{id: place, kind: text, text: x}]", "stands a second time"),
    ("questions: [{id: a, kind: choice, text: x}]", "'choices' are for kind 'choice'"),
    (
        "questions: [{id: a, kind: choice, text: x, choices: [{value: b}, {value: b}]}]",
        "'choices' has a value twice",
    ),
    ("questions: [{id: a, kind: scale, text: x, least: 0, most: 99}]", "of at most 21 steps"),
    ("questions: [{id: a, kind: number, text: x, least: 9, most: 1}]", "'least' should be below"),
    ("questions: [{id: a, kind: text, text: x, least: 1}]", "are for kinds 'scale' and 'number'"),
    ("questions: [{id: a, kind: text, text: x, low: y}]", "are for kind 'scale'"),
    ("questions: [{id: a, kind: choice, text: {en: x}, choices: [{value: b}]}]", "no text in de"),
    (
        "questions: [{id: a, kind: choice, text: x, choices: [{value: NA}, {value: b}]}]",
        "the value 'NA' is read as no answer",
    ),
    (f"title: {'x' * 5001}", "title: String should have at most 5000 characters"),
    ("title: {english: x}", "title: english: String should match pattern"),
    ("questions: [{id: a, kind: rank, text: x}]", "kind"),
    ("title: [", "questions.yaml"),
]


@pytest.mark.parametrize(("content", "sentence"), FILES)
def test_every_fault_of_a_file_of_questions_is_named(
    tmp_path: Path, content: str, sentence: str
) -> None:
    path = tmp_path / "questions.yaml"
    path.write_text(content)
    choices = FormChoices(languages="en,de", place=True, questions=path)
    with pytest.raises(ProbesError) as fault:
        build("compass", choices)
    assert sentence in str(fault.value)
    assert str(fault.value).startswith(str(path))
    assert len(str(fault.value).splitlines()) == 1


def test_the_file_of_questions_in_the_docs_is_taken(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "how-to" / "ask-people.md").read_text("utf-8")
    path = tmp_path / "questions.yaml"
    path.write_text(page.partition("```yaml\n")[2].partition("```")[0])
    made = build("compass", FormChoices(languages="en,de", questions=path))
    assert [question.id for question in made.questions] == ["age", "interest", "town"]
    assert made.title("de") == "What should be done?"


def test_where_one_file_cannot_be_written_none_is(probes: Call) -> None:
    before = sorted(Path().iterdir())
    targets = ("-o", "a.html", "--xlsform", "nowhere/a.xlsx", "--limesurvey", "a.txt")
    status, _, said = probes(*FORM, "compass", *targets)
    assert status == 2
    assert "nowhere/a.xlsx: cannot be written: No such file or directory" in said
    assert sorted(Path().iterdir()) == before


def test_one_command_writes_all_three_and_says_how_to_read_them(probes: Call) -> None:
    targets = ("-o", "f.html", "--limesurvey", "f.txt", "--xlsform", "f.xlsx")
    status, out, said = probes(*FORM, "compass", *targets, "--language", "ja")
    assert status == 0, said
    assert f"--options {COUNTS}" in out
    assert "f.html: 80 statements a person, in ja" in out
    assert probes(*FORM, "compass", *targets)[0] == 2
    assert probes(*FORM, "compass", *targets, "--force")[0] == 0


def test_a_language_without_words_of_its_own_is_said(probes: Call) -> None:
    content = instrument(axes=1, statements=6)
    content["language"] = "fi"
    Path("made.yaml").write_text(yaml.safe_dump(content))
    status, out, _ = probes(*FORM, "./made.yaml", *OUT)
    assert status == 0
    assert "buttons and headings are in English" in out
