"""Task files: read strictly, every fault at once; their texts, folds, groups; what a check says."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from probes.downstream import words
from probes.downstream.task import check, overlap, tasks, texts
from probes.errors import SetError
from probes.files import download
from tests.downstream import planted_task

Command = Callable[..., tuple[int, str, str]]
ROWS = "id,text,label,group\n1,a b,yes,A\n2,b c,no,B\n3,c d,yes,A;B\n4,d e,no,\n"
SEMICOLONS = ROWS.replace(";", "/").replace(",", ";")
TASK: dict[str, object] = {
    "name": "mine",
    "title": "Mine",
    "licence": "CC0-1.0",
    "files": {"all": {"path": "mine.csv"}},
    "format": "csv",
    "text": "text",
    "label": {"column": "label", "values": {"yes": "yes", "no": "no"}, "positive": "yes"},
    "group": {"column": "group", "separator": ";"},
}


@dataclass(frozen=True)
class Mine:
    """A folder with a task."""

    folder: Path

    def write(self, content: str = ROWS, name: str = "mine.csv", **changes: object) -> Path:
        """The task with these keys changed, and its file; None takes a key out."""
        said = {k: v for k, v in (TASK | changes).items() if v is not None}
        (self.folder / name).write_text(content, encoding="utf-8")
        path = self.folder / "mine.yaml"
        path.write_text(yaml.safe_dump(said), encoding="utf-8")
        return path

    def read(self, content: str = ROWS, name: str = "mine.csv", **changes: object) -> list:
        """Its texts."""
        return list(texts.read(tasks.load(self.write(content, name, **changes))).texts)


@pytest.fixture
def mine(tmp_path: Path) -> Mine:
    return Mine(tmp_path)


def test_all_faults_of_a_task_are_named_at_once(mine: Mine) -> None:
    path = mine.write(
        group=None, format="xml", margin=2, files={"all": {"path": "../a.csv"}}, labels={}
    )
    with pytest.raises(SetError) as caught:
        tasks.load(path)
    said = str(caught.value)
    assert all(str(path) in line for line in said.splitlines())
    for part in ("group: is missing", "format: 'xml'", "margin", "is no file beside", "labels"):
        assert part in said


FAULTS = {
    "label given away": ({"forbid": ["group"]}, "group: 'group' is forbidden"),
    "one class": ({"label": {"column": "l", "values": {"a": "x"}, "positive": "x"}}, "one class"),
    "no such positive": (
        {"label": {"column": "l", "values": {"a": "x", "b": "y"}, "positive": "z"}},
        "positive: 'z' is not one of the classes",
    ),
    "address without sum": ({"files": {"all": {"url": "https://example.org/a"}}}, "needs its 'sha"),
    "address within": (
        {"files": {"all": {"url": "http://localhost/a", "sha256": "0" * 64}}},
        "url",
    ),
    "absolute path": ({"files": {"all": {"path": "/etc/passwd"}}}, "is no file beside"),
    "train alone": ({"files": {"train": {"path": "a.csv"}}}, "'train' and 'test'"),
    "label is the text": ({"text": "label"}, "is the column of the text"),
    "bundle of nobody": (
        {"group": {"column": "g", "words": {"A": ["a"]}}, "bundles": {"all": ["C"]}},
        "bundles: all: unknown group 'C'",
    ),
    "one text twice": ({"text": ["text", "text"]}, "text: both texts are the column 'text'"),
    "undeclared forbidden column": (
        {"columns": ["id", "text", "label", "group"], "forbid": ["labl"]},
        "forbid: unknown column 'labl': did you mean 'label'?",
    ),
    "half a sum": (
        {"files": {"all": {"path": "mine.csv", "sha256": "abc"}}},
        "sha256: 'abc': should be 64 hexadecimal digits",
    ),
    "two signs": ({"delimiter": ";;"}, "delimiter: must be one sign, such as ';'"),
    "delimiter of JSON": ({"delimiter": ";", "format": "json"}, "delimiter: is of csv files alone"),
    "undeclared column": ({"columns": ["id", "label", "group"]}, "text: unknown column 'text'"),
}


@pytest.mark.parametrize(("changes", "part"), FAULTS.values(), ids=FAULTS)
def test_a_fault_of_a_task_is_one_sentence(mine: Mine, changes: dict, part: str) -> None:
    with pytest.raises(SetError, match=r"mine\.yaml") as caught:
        tasks.load(mine.write(**changes))
    assert part in str(caught.value)


def test_a_name_that_is_none_is_refused_in_words(mine: Mine) -> None:
    path = mine.write()
    path.write_text(yaml.safe_dump(TASK | {"name": "Läden · 店"}), encoding="utf-8")
    with pytest.raises(SetError, match="name: 'Läden · 店': a name holds letters, digits and - _"):
        tasks.load(path)
    path.write_text(yaml.safe_dump(TASK | {"name": "Läden.店-1"}), encoding="utf-8")
    assert tasks.load(path).name == "Läden.店-1"


REFUSED = {
    "undeclared label": (ROWS.replace("no,B", "maybe,B"), {}, "line 3: the label 'maybe' is not"),
    "no group at all": ("id,text,label,group\n1,a,yes,\n2,b,no,\n", {}, "no text names a group"),
    "one class only": (ROWS.replace(",no,", ",yes,"), {}, "of one class only, 'yes'"),
    "id twice": (
        ROWS.replace("2,b c", "1,b c"),
        {"id": "id"},
        "at 2 texts: line 2, line 3 of mine.csv",
    ),
    "no label": (
        ROWS.replace(",no,B", ",,B"),
        {},
        "line 3: has no label; give it one ('no', 'yes')",
    ),
    "no list of labels": (
        '[{"text": "b c", "labels": [], "group": "A"}]',
        {"format": "json", "label": TASK["label"] | {"column": "labels.*"}},  # type: ignore[operator]
        "entry 1: has no label",
    ),
    "semicolons": (SEMICOLONS, {}, "line 1: its cells seem to be separated by ';', not ','"),
    "quotes and semicolons": (SEMICOLONS.replace("text", '"text"', 1), {}, "say delimiter: ';'"),
    "commas declared as tabs": (ROWS, {"delimiter": "tab"}, "say delimiter: ','"),
    "semicolons without names": (
        SEMICOLONS.partition("\n")[2],
        {"columns": ["id", "text", "label", "group"]},
        "say delimiter: ';'",
    ),
    "semicolons within": (
        SEMICOLONS.replace("b c", "b; c"),
        {"delimiter": ";"},
        "has 5 cells, the first row 4; a cell with semicolons needs quotes",
    ),
    "a tab within": (
        ROWS.replace(",", "\t").replace("b c", "b\tc"),
        {"format": "tsv"},
        "has 5 cells, the first row 4; a cell holds tabs",
    ),
    "no such column": (ROWS, {"unit": "template"}, "has no column 'template'"),
    "quote not closed": (ROWS.replace("b c", '"b c'), {}, "a quote that is never closed"),
    "commas without quotes": (ROWS.replace("b c", "b, c"), {}, "line 3: has 5 cells"),
    "tabs read as commas": (ROWS, {"format": "tsv"}, "has no column 'text'"),
    "empty text": (ROWS.replace("b c", " "), {}, "line 3: the text is empty"),
    "undeclared group": (
        ROWS,
        {"group": {"column": "group", "separator": ";", "names": {"A": ["A"]}}},
        "the group 'B' is not declared",
    ),
    "flag that is none": (ROWS, {"group": {"flags": {"A": "group"}}}, "should be true, false"),
    "two columns of one name": (ROWS.replace("id,", "label,", 1), {}, "'label' stands 2 times"),
    "an object as text": (
        '[{"text": {"b c": 1}, "label": "yes", "group": "A"}]',
        {"format": "json"},
        "entry 1: column 'text': should be text, not an object",
    ),
    "forbidden column of no file": (
        ROWS,
        {"forbid": ["ids"]},
        "mine.csv: did you mean 'id'?",
    ),
    "forbidden key of no object": (
        '[{"text": "b c", "label": "yes"}, {"text": "d", "label": "no", "raters": []}]',
        {
            "format": "json",
            "group": {"column": "text", "words": {"A": ["b"]}},
            "forbid": ["raters.*.x"],
        },
        "forbid: no column 'raters.*.x' in",
    ),
    "half of JSON": ('[{"text": "a"', {"format": "json"}, "not JSON; is the file cut off?"),
}


FAULTS_EACH = {"has no column 'text'": 3, "should be true, false": 3}
"""How many faults there are, where there are several."""


@pytest.mark.parametrize(("content", "changes", "part"), REFUSED.values(), ids=REFUSED)
def test_a_file_at_fault_is_one_sentence(
    mine: Mine, command: Command, content: str, changes: dict, part: str
) -> None:
    path = mine.write(content, **changes)
    status, _, err = command("tasks", "check", str(path))
    assert status == 2
    assert part in err
    lines = err.strip().splitlines()
    assert all("mine." in line for line in lines)
    assert len(lines) == FAULTS_EACH.get(part, 1)
    assert "b c" not in err  # no text of a task in a message


def test_all_faults_of_the_texts_are_named_at_once_with_their_rows(mine: Mine) -> None:
    """The same fault once, however many rows have it; no more than ten faults."""
    header = "id,text,label,group\n"
    bad = [f"{n},t{n},odd,A" for n in range(1, 9)] + ["9,,yes,A", "10,t,,A", "4,u,no,A"]
    with pytest.raises(SetError) as caught:
        mine.read(header + "\n".join(bad), id="id")
    lines = str(caught.value).replace(f"{mine.folder}/", "").splitlines()
    rows = "line 2, line 3, line 4, line 5, line 6 and 3 more"
    label = "has no label; give it one ('no', 'yes'), or remove such rows: none is left out"
    assert lines == [
        f"mine.csv: {rows}: the label 'odd' is not declared; label: values has 'no', 'yes'",
        "mine.csv: line 10: the text is empty",
        f"mine.csv: line 11: {label}",
        "mine.yaml: the id '4' stands at 2 texts: line 5, line 12 of mine.csv",
    ]
    with pytest.raises(SetError, match="and 4 more faults") as caught:
        mine.read(header + "\n".join(f"{n},t,odd{n},A" for n in range(14)))
    assert len(str(caught.value).splitlines()) == 11


def test_cells_may_be_separated_by_another_sign(mine: Mine) -> None:
    expected = [text.texts for text in mine.read()]
    group = {"column": "group", "separator": "/"}
    for sign in (";", "semicolon", "|", "tab"):
        content = SEMICOLONS.replace(";", {"tab": "\t", "semicolon": ";"}.get(sign, sign))
        assert [t.texts for t in mine.read(content, delimiter=sign, group=group)] == expected
    assert [t.texts for t in mine.read("sep=;\n" + SEMICOLONS, group=group)] == expected
    names = {"columns": ["id", "text", "label", "group"], "delimiter": ";"}
    rows = SEMICOLONS.partition("\n")[2]
    assert [t.texts for t in mine.read(rows, group=group, **names)] == expected


def test_a_task_without_a_delimiter_has_the_hash_that_it_had_before_there_was_one() -> None:
    read = texts.read(tasks.load("planted"))
    assert read.sha256.startswith("10cbf85cc91b1aad")


def test_a_forbidden_column_need_not_be_in_every_file_nor_in_every_object(mine: Mine) -> None:
    """Nor is a dot in the name of a declared column the end of it."""
    (mine.folder / "test.csv").write_text(ROWS.replace(",group\n", ",noted\n"), encoding="utf-8")
    files = {"train": {"path": "mine.csv"}, "test": {"path": "test.csv"}}
    said = {"group": {"column": "text", "words": {"A": ["a"]}}, "forbid": ["noted", "group"]}
    assert len(mine.read(files=files, **said)) == 8
    named = {"columns": ["id", "text", "label", "a.b"], "forbid": ["a.b"]}
    assert len(mine.read(ROWS.partition("\n")[2], **said | named)) == 4
    lines = [
        {"text": "a", "label": "yes", "raters": []},
        {"text": "b", "label": "no", "raters": [{"note": None}]},
    ]
    content, said["forbid"] = "\n".join(map(json.dumps, lines)), ["raters.*.note"]
    assert len(mine.read(content, format="jsonl", **said)) == 2


@pytest.mark.parametrize("kind", ["file", "folder", "dangling"])
def test_a_name_beside_a_task_that_leads_elsewhere_is_not_read(
    mine: Mine, command: Command, kind: str
) -> None:
    """A task may be a stranger's: of a file of the user's, a message would tell a cell."""
    (mine.folder / "task").mkdir()
    secret = mine.folder / "secret"
    secret.mkdir()
    (secret / "x.csv").write_text("text,label,group\nmine,SECRET,A\n")
    path = Mine(mine.folder / "task").write(files={"all": {"path": "at/x.csv"}})
    (path.parent / "at").mkdir()
    if kind == "folder":
        (path.parent / "at").rmdir()
        (path.parent / "at").symlink_to(secret)
    else:
        name = "x.csv" if kind == "file" else "nothing"
        (path.parent / "at" / "x.csv").symlink_to(secret / name)
    status, _, err = command("tasks", "check", str(path))
    assert (status, "leads to a file elsewhere" in err, "SECRET" in err) == (2, True, False)
    assert command("tasks", "check", str(path), "--file", str(secret / "x.csv"))[2].count("SECRET")


def test_a_file_with_another_checksum_is_refused(mine: Mine) -> None:
    path = mine.write(files={"all": {"path": "mine.csv", "sha256": "0" * 64}})
    with pytest.raises(SetError, match="is another file than the task says"):
        texts.read(tasks.load(path))


def test_groups_come_from_a_column_from_words_or_from_flags(mine: Mine) -> None:
    of = [text.groups for text in mine.read()]
    assert of == [("A",), ("B",), ("A", "B"), ()]
    said = {"column": "text", "words": {"X": ["a b", "D E"], "Y": ["c"]}}
    assert [t.groups for t in mine.read(group=said)] == [("X",), ("Y",), ("Y",), ("X",)]
    flags = ROWS.replace(",A;B", ",0.7").replace(",A", ",true").replace(",B", ",0.4")
    of = [t.groups for t in mine.read(flags, group={"flags": {"G": "group"}})]
    assert of == [("G",), (), ("G",), ()]


def test_words_are_whole_words(mine: Mine) -> None:
    rows = ROWS.replace("a b", "Foxes on a box").replace("b c", "FOX news")
    of = [t.groups for t in mine.read(rows, group={"column": "text", "words": {"Fox": ["fox"]}})]
    assert of == [(), ("Fox",), (), ()]


def test_a_quote_in_a_tsv_is_a_character(mine: Mine) -> None:
    """A row that begins with a stray quote swallows no other."""
    rows = '1\tyes\t"He said so.\tA\n2\tno\tNobody did.\tB\n3\tno\t"Quoted"\tB\n'
    read = mine.read(rows, format="tsv", columns=["id", "label", "text", "group"])
    assert [text.texts[0] for text in read] == ['"He said so.', "Nobody did.", '"Quoted"']


def test_json_of_several_annotators_gets_the_label_of_most(mine: Mine) -> None:
    """Paths with ``*``; a post without a majority is left out and counted."""
    posts = {
        "p1": (["hate", "hate", "fine"], [["A"], ["A", "B"], []]),
        "p2": (["fine", "fine", "fine"], [[], [], ["None"]]),
        "p3": (["hate", "fine", "odd"], [[], [], []]),
    }
    raw = {
        name: {
            "annotators": [
                {"label": label, "target": target} for label, target in zip(*of, strict=True)
            ],
            "tokens": ["some", "words"],
        }
        for name, of in posts.items()
    }
    path = mine.write(
        json.dumps(raw),
        format="json",
        id="key",
        text="tokens",
        label={
            "column": "annotators.*.label",
            "values": {"hate": "hate", "fine": "fine", "odd": "odd"},
            "positive": "hate",
        },
        group={"column": "annotators.*.target.*", "names": {"A": ["A"], "B": ["B"], "None": []}},
    )
    read = texts.read(tasks.load(path))
    assert [(t.id, t.label, t.groups, t.texts) for t in read.texts] == [
        ("p1", "hate", ("A", "B"), ("some words",)),
        ("p2", "fine", (), ("some words",)),
    ]
    assert read.undecided == 1


def test_a_score_becomes_two_classes(mine: Mine) -> None:
    rows = ROWS.replace(",yes,", ",0.5,").replace(",no,", ",-1.2,")
    label = {"column": "label", "least": 0.5, "positive": "hate", "negative": "none"}
    assert [t.label for t in mine.read(rows, label=label)] == ["hate", "none", "hate", "none"]


def test_two_texts_are_read_and_the_second_alone_is_tried(mine: Mine) -> None:
    rows = "text,second,label,group\n" + "".join(
        f"claim {n},{'yea' if n % 2 else 'nay'} word,{'yes' if n % 2 else 'no'},A\n"
        for n in range(40)
    )
    path = mine.write(rows, text=["text", "second"])
    found = check.baselines(texts.read(tasks.load(path)))
    assert found["second text alone, balanced accuracy"] == 1.0


def test_folds_keep_units_apart_and_do_not_depend_on_the_order() -> None:
    read = texts.read(tasks.load("planted"))
    assert overlap.units_in_two_folds(read.texts) == 0
    turned = texts._dealt([replace(t, fold="all") for t in reversed(read.texts)], 5)
    again = {text.id: text.fold for text in turned}
    assert {again[t.id] for t in read.texts} == {f"fold{n}" for n in range(1, 6)}
    assert texts._dealt([replace(t, fold="all") for t in read.texts], 5) == turned[::-1]


def test_the_hash_of_a_task_is_of_what_it_says_and_of_its_texts(mine: Mine) -> None:
    first = texts.read(tasks.load(mine.write())).sha256
    (mine.folder / "mine.yaml").write_text(
        "# a comment\n" + (mine.folder / "mine.yaml").read_text("utf-8"), encoding="utf-8"
    )
    assert texts.read(tasks.load(mine.folder / "mine.yaml")).sha256 == first
    assert texts.read(tasks.load(mine.write(title="Other"))).sha256 != first
    assert texts.read(tasks.load(mine.write(ROWS + "5,e,no,A\n"))).sha256 != first


def test_every_task_that_ships_is_read_and_pins_its_files() -> None:
    """By a checksum each, addresses at one commit."""
    assert {"hatecheck", "hatecheck.de", "liar", "planted"} <= set(tasks.names())
    for name in tasks.names():
        of = tasks.load(name).file
        assert of.name == name
        assert all(entry.sha256 for entry in of.files.values())
        assert all("/main/" not in e.url and "/master/" not in e.url for e in of.files.values())


def test_the_tasks_of_the_documentation_are_tasks(tmp_path: Path) -> None:
    """Those that one fetches oneself: each is read without a fault."""
    page = Path("docs/how-to/downstream.md").read_text("utf-8")
    found = re.findall(r"```yaml\n(name: .*?)```", page, re.DOTALL)
    assert len(found) == 6
    for number, block in enumerate(found):
        path = tmp_path / f"{number}.yaml"
        path.write_text(block, encoding="utf-8")
        assert tasks.load(path).file.label.classes


def test_the_planted_task_is_what_its_recipe_makes() -> None:
    path = tasks.load("planted").path.with_name("planted.csv")
    assert path.read_text("utf-8") == planted_task.content()
    read = texts.read(tasks.load("planted"))
    assert Counter(text.label for text in read.texts) == {"complaint": 104, "thanks": 104}


def test_words_tell_what_they_tell_and_no_more() -> None:
    """A word that always says the label, out of fold: all right. Labels at chance: half."""
    dice = np.random.default_rng(0)
    positive = np.arange(200) % 2 == 0
    told = [f"{'bad' if p else 'good'} thing {n % 7}" for n, p in enumerate(positive)]
    parts = list(words.deal(np.arange(200), 5))
    assert ((words.words_only(told, positive, parts) > 0) == positive).all()
    chance = words.words_only([f"thing {dice.integers(50)} here" for _ in told], positive, parts)
    assert ((chance > 0) == positive).mean() == pytest.approx(0.5, abs=0.12)


def test_names_of_groups_alone_are_told_by_counts() -> None:
    """A group that is hated nine times in ten, and one that never is."""
    groups = [("A",)] * 100 + [("B",)] * 100
    positive = np.array([n % 10 > 0 for n in range(100)] + [False] * 100)
    found = words.groups_only(groups, positive, list(words.deal(np.arange(200), 5)))
    assert (found[:100] > 0).all()
    assert (found[100:] < 0).all()
    alone = np.arange(200) == 0  # whose fold learns from the other class only
    told = words.groups_only(groups, alone, list(words.deal(np.arange(200), 5)))
    assert np.isfinite(told).all()
    assert told[0] == 0


def test_a_check_says_rows_repeats_groups_and_baselines(mine: Mine, command: Command) -> None:
    path = mine.write(ROWS + "5,A  b,no,A\n")
    status, out, _ = command("tasks", "check", str(path), "--json", "-")
    said = json.loads(out)
    assert status == 0
    assert said["facts"]["texts"] == 5
    assert said["facts"]["repeated texts"] == 1  # case and blanks do not count
    assert said["facts"]["texts with two groups or more"] == 1
    assert 0 <= said["facts"]["words alone, balanced accuracy"] <= 1
    assert [(row["group"], row["positives"], row["negatives"]) for row in said["groups"]] == [
        ("A", 2, 1),
        ("B", 1, 1),
    ]


THREE = {"column": "label", "values": {n: n for n in ("yes", "no", "odd")}, "positive": "yes"}
FOLDS = "text,label,group,fold\na b,yes,A,train\nb c,no,B,train\nc d,yes,A,valid\n"
REMARKS = {
    "a text tested is learnt from": (
        FOLDS + "A  b,yes,A,test\nd e,no,B,test\n",
        {},
        "1 of the 2 texts tested also stands, word for word, among those that are learnt from",
    ),
    "a text is learnt twice": (FOLDS + "A  b,yes,A,valid\nd e,no,B,test\nd f,yes,A,test\n", {}, ""),
    "a class that never occurs": (
        FOLDS + "d e,no,B,test\n",
        {"label": THREE},
        "no text is of the class 'odd', which label: declares; it cannot be learnt",
    ),
    "a class of one fold": (
        FOLDS + "d e,no,B,test\ne f,odd,B,test\n",
        {"label": THREE},
        "all texts of the class 'odd' are of 'test': without it the class cannot be learnt",
    ),
}


@pytest.mark.parametrize(("rows", "changes", "said"), REMARKS.values(), ids=REMARKS)
def test_a_check_says_what_a_classifier_knows_by_heart_or_cannot_learn(
    mine: Mine, command: Command, rows: str, changes: dict[str, object], said: str
) -> None:
    path = mine.write(rows, split={"column": "fold"}, **changes)
    _, out, _ = command("tasks", "check", str(path), "--json", "-")
    remarks = json.loads(out)["remarks"]
    found = [of for of in remarks if re.search("word for word|cannot be learnt", of)]
    assert len(found) == bool(said)
    assert "".join(found).startswith(said)
    assert said in " ".join(command("tasks", "check", str(path))[1].split())


def test_texts_are_shown_only_where_it_is_typed(command: Command) -> None:
    a_text = planted_task.rows()[0][1]
    for words_typed in (["show", "planted"], ["check", "planted"], ["list"]):
        assert a_text not in command("tasks", *words_typed)[1]
    assert a_text in command("tasks", "show", "planted", "--show-texts")[1]


def test_fetching_keeps_a_copy_of_the_very_file_and_no_other(
    mine: Mine, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROBES_CACHE", str(mine.folder / "cache"))
    digest = hashlib.sha256(ROWS.encode()).hexdigest()
    path = mine.write(files={"all": {"url": "https://example.org/a.csv", "sha256": digest}})
    status, _, err = command("tasks", "check", str(path))
    assert (status, "probes tasks fetch" in err) == (2, True)
    other = mine.folder / "other.csv"
    other.write_text(ROWS + "5,e,no,A\n", encoding="utf-8")
    status, _, err = command("tasks", "fetch", str(path), "--file", str(other))
    assert (status, "is another file" in err) == (2, True)
    copy = mine.folder / "mine.csv"
    _, _, err = command("tasks", "fetch", str(path))
    assert "(a copy serves too: --file all=PATH)" in err
    assert tasks.standing(tasks.load(str(path))) == "to be fetched"
    assert command("tasks", "fetch", str(path), "--file", f"all={copy}")[0] == 0
    assert tasks.standing(tasks.load(str(path))) == "fetched"
    assert tasks.standing(tasks.load("planted")) == "beside it"
    assert download.read_cached("https://example.org/a.csv", digest) == ROWS.encode()
    assert command("tasks", "check", str(path))[0] == 0
