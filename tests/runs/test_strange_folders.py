"""A run folder may be a stranger's: odd values are refused in a sentence, and names are text."""

import csv
import json
import math
import random
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.agreement.table import agreement
from probes.downstream import conclude as downstream
from probes.errors import ProbesError, RunError
from probes.evidence import answers, arrow
from probes.output import tables as papertable
from probes.replies import stance_file
from probes.report import load
from probes.report.evidence import Templates, read_answers
from probes.runs import compare, parquet, read_back
from probes.runs.folder import Folder
from probes.tables import stored
from tests.run_folders import instrument, run

pytestmark = pytest.mark.usefixtures("pictureless")

PROTOCOL = """\
name: short
title: Short
method: choice
wordings:
  "1":
    ask: "{statement}"
    answer: "I {slot} with this."
    options:
      agree: {side: agree, forms: [agree, support]}
      disagree: {side: disagree, forms: [disagree, oppose]}
  "NA":
    ask: "{statement}"
    answer: "I {slot} that."
    options:
      agree: {side: agree, forms: [like]}
      disagree: {side: disagree, forms: [dislike]}
blanks: ["N/A"]
"""
NAMES = ["NA", "null", "01", "1", "1e3", "1000", "True"]
ODD = [
    *(None, True, [], {}, {"a": 1}, ["x", 1], 2**64, -(2**64), "", "\x1b[2J", "\0", "\ud800"),
    *(-1, 0, 1.5, 40_000, 1e308, -1e308, math.nan, math.inf, 10**400, "01", {"a": {"b": None}}),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models, axes, statements, topics and wordings that look like numbers or like nothing."""
    here = tmp_path_factory.mktemp("strange")
    (here / "short.yaml").write_text(PROTOCOL)
    content = instrument(2, statements=4) | {"language": "en"}
    text = json.dumps(content).replace('"a": ', '"NA": ').replace('"b": ', '"1": ')
    content = json.loads(text)
    content["axes"]["NA"]["positive"], content["axes"]["1"]["positive"] = "yes", "null"
    for n, statement in enumerate(content["statements"]):
        statement["id"], statement["topic"] = ["NA", "1", "01", "nan", "1e3", "x", "y", "z"][n], "1"
    models = {name: f"planted:NA={n - 3},noise=0.5" for n, name in enumerate(NAMES)}
    return run(here / "run", models, content, protocol=str(here / "short.yaml"))


def test_names_that_look_like_numbers_or_nothing_are_text_everywhere(folder: Path) -> None:
    """In every table that is read back, in what is pasted, exported, compared and reported."""
    tables = read_back.tables(folder)
    for name in ("models", "placements", "agreement", "statements", "wordings", "topics"):
        assert list(dict.fromkeys(sorted(getattr(tables, name)["model"]))) == sorted(NAMES), name
    assert set(tables.placements["axis"]) == {"NA", "1"}
    assert {"NA", "1", "01", "nan", "1e3"} <= set(tables.agreement["statement"])
    assert set(tables.agreement["wording"]) == {"NA", "1"}
    assert set(tables.topics["topic"]) == {"1"}
    assert [row["model"] for row in papertable.summary(tables)] == NAMES
    found = compare.several(folder, [("NA", "null"), ("01", "1")])
    assert found.pairs == (("NA", "null"), ("01", "1"))
    data = load.source(folder)
    assert [shown.header.model.name for shown in data.answered] == NAMES


def test_names_are_text_in_parquet_too(folder: Path, tmp_path: Path) -> None:
    import pandas as pd

    files = {file.stem: file for file in parquet.parquet(folder, tmp_path / "out")}
    assert list(pd.read_parquet(files["placements"])["model"].unique()) == NAMES
    assert {"NA", "1"} == set(pd.read_parquet(files["agreement"])["wording"])


# --- tables --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def alone(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same run, of one model."""
    copy = tmp_path_factory.mktemp("alone") / "run"
    shutil.copytree(folder, copy)
    content = yaml.safe_load((copy / "run.yaml").read_text("utf-8"))
    content["models"] = content["models"][:1]
    (copy / "run.yaml").write_text(yaml.safe_dump(content))
    return copy


def _altered(path: Path, change: Callable[[list[list[str]]], object]) -> None:
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    change(rows)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def _cell(column: str, value: str) -> Callable[[list[list[str]]], object]:
    return lambda rows: rows[1].__setitem__(rows[0].index(column), value)


def _without(at: int, rows: list[list[str]]) -> None:
    for row in rows:
        del row[at]


ALTERED = {
    "a number that is none": ("placements", _cell("position", "left"), "'position' should hold"),
    "infinite": ("placements", _cell("low", "inf"), "'low' should hold numbers"),
    "beyond all numbers": ("agreement", _cell("lam", "9" * 400), "'lam' should hold numbers"),
    "a flag that is none": ("placements", _cell("placed", "1"), "'placed' should hold True"),
    "half a count": ("placements", _cell("asked", "1.5"), "'asked' should hold numbers"),
    "no count": ("placements", _cell("answered", ""), "'answered' is empty"),
    "no name": ("models", _cell("model", ""), "'model' is empty"),
    "another model": ("placements", _cell("model", "other"), "no model 'other'"),
    "another axis": ("wordings", _cell("axis", "other"), "no axis 'other'"),
    "a cell twice": ("agreement", lambda rows: rows.append(rows[1]), "two rows of the same"),
    "twice": ("models", lambda rows: rows.append(rows[1]), "two rows of the same model"),
    "more cells": ("models", lambda rows: [row.append("x") for row in rows[1:]], "more cells than"),
    "ragged": ("models", lambda rows: rows[-1].append("x"), "cannot be read"),
    "nothing at all": ("topics", lambda rows: rows.clear(), "cannot be read"),
}


@pytest.mark.parametrize(("name", "change", "part"), ALTERED.values(), ids=ALTERED)
def test_an_altered_table_is_named_in_a_sentence(
    folder: Path,
    tmp_path: Path,
    name: str,
    change: Callable[[list[list[str]]], object],
    part: str,
) -> None:
    """With the file, what is wrong, and the command that mends it."""
    shutil.copytree(folder, tmp_path / "run")
    _altered(tmp_path / "run" / f"{name}.csv", change)
    with pytest.raises(RunError, match=part) as error:
        read_back.tables(tmp_path / "run")
    assert f"{name}.csv" in str(error.value)
    assert "probes place" in str(error.value)


def test_every_column_of_every_table_is_missed(folder: Path, tmp_path: Path) -> None:
    """Whichever is not there."""
    for name in (*read_back.TABLES, *read_back.LATER):
        text = (folder / f"{name}.csv").read_text(encoding="utf-8")
        for at, column in enumerate(stored.COLUMNS[name]):
            (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
            _altered(tmp_path / f"{name}.csv", partial(_without, at))
            with pytest.raises(RunError, match=f"no column '{column}'"):
                stored.read(tmp_path, name)


def test_the_columns_of_text_and_flags_are_those_that_are_described() -> None:
    """`TEXT` and `FLAGGED` hold for every table alike."""
    described = yaml.safe_load(Path("docs/reference/columns.yaml").read_text("utf-8"))
    others = (
        "people_",
        "answers.parquet",
        "link",
        "published",
        *(f"{name}.csv" for name in downstream.COLUMNS),
    )
    of_runs = {n: of for n, of in described.items() if not n.startswith(others)}
    for name, table in of_runs.items():
        for column, entry in table["columns"].items():
            text = entry["unit"] in ("text", "YYYY-MM")
            assert (column in stored.TEXT) == text, (name, column)
            if not name.startswith(("across", "corpora", "dose")):  # these are not read back
                assert (column in stored.FLAGGED) == (entry["unit"] == "boolean"), (name, column)


# --- run.yaml -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        *({"seed": value} for value in ("x", None, 1.5, True, [1])),
        *({"models": value} for value in (None, "m", {"name": "m"}, [{}], ["m"], [{"name": 5}])),
        {"models": [{"name": "m"}, {"name": "m"}]},
    ],
    ids=str,
)
def test_odd_values_in_run_yaml_are_one_sentence(tmp_path: Path, change: dict[str, object]) -> None:
    """Whichever command reads it."""
    (tmp_path / "run.yaml").write_text(yaml.safe_dump({"seed": 0, "models": []} | change))
    with pytest.raises(RunError, match=r"not written by `probes run`, or damaged"):
        Folder(tmp_path).run()


# --- evidence ------------------------------------------------------------------------------------


def _places(value: object, at: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    """Every place in a JSON value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)  # type: ignore[arg-type]
    for key, part in inside:
        yield (*at, key)
        if isinstance(part, dict | list):
            yield from _places(part, (*at, key))


def _put(line: bytes, dice: random.Random) -> bytes:
    """The line with another value somewhere, or without one."""
    whole = json.loads(line)
    *way, last = dice.choice(list(_places(whole)))
    inside = whole
    for key in way:
        inside = inside[key]
    inside[last] = dice.choice(ODD)
    if dice.random() < 0.1:
        del inside[last]
    return json.dumps(whole).encode()


def _refusal(read: Callable[[], object]) -> str:
    """The sentence with which it is refused; empty if it is not; any other error is not caught."""
    try:
        read()
    except ProbesError as error:
        return str(error)
    return ""


@pytest.mark.slow
@settings(max_examples=100, derandomize=True, database=None, deadline=None)
@given(dice=st.randoms(use_true_random=True))
def test_odd_values_in_evidence_are_refused_by_all_or_by_none(
    folder: Path, alone: Path, dice: random.Random
) -> None:
    """`place` and `compare` read columns, `report`, `view` and `export` lines: what one refuses,
    all refuse, in the same sentence; what is taken can be reckoned with, shown and exported."""
    path = alone / "answers" / "NA.jsonl"
    lines = (folder / "answers" / "NA.jsonl").read_bytes().splitlines()[:12]
    at = dice.choice([0, 1, 1, 2, dice.randrange(12)])
    lines[at] = _put(lines[at], dice)
    path.write_bytes(b"\n".join(lines) + b"\n")
    refusal = _refusal(lambda: list(answers.read(path)[1]))
    assert _refusal(lambda: arrow.read(path)) == refusal
    assert _refusal(lambda: parquet.parquet(alone, alone / "out")) == refusal
    if not refusal:
        materials = Folder(alone).materials()
        header, rows = answers.read(path)
        shown = read_answers(header, rows, materials.statements, Templates(), whole=True)
        json.dumps([shown.rows, shown.combinations], allow_nan=False).encode()
        agreement(*arrow.read(path), materials.recipe)


@pytest.mark.parametrize("key", ["step", "parameters"])
def test_a_header_with_numbers_beyond_64_bits_is_refused(
    folder: Path, tmp_path: Path, key: str
) -> None:
    """Else tables would be written that nothing can read."""
    head, *rest = (folder / "answers" / "NA.jsonl").read_bytes().splitlines(keepends=True)
    whole = json.loads(head)
    whole["model"][key] = 2**63
    path = tmp_path / "m.jsonl"
    path.write_bytes(json.dumps(whole).encode() + b"\n" + b"".join(rest))
    assert "line 1 is damaged" in _refusal(lambda: answers.read(path))


LINE = {"key": "k", "logits": {"agree": [1.0, 0.0, -1.0], "disagree": [0, 0, 0]}, "cut": True}
STANCES = [
    {"key": None},
    {"cut": "yes"},
    *({"logits": {"agree": row}} for row in ([1, 2], ["1", "2", "3"], [True, 1, 2], 5, None)),
    *({"logits": {"agree": [0, 0, n]}} for n in (math.nan, math.inf, 10**400, 2**2000)),
    {"logits": [1, 2, 3]},
]


@pytest.mark.parametrize("change", [{}, *STANCES], ids=str)
def test_odd_values_in_stances_are_refused(tmp_path: Path, change: dict[str, object]) -> None:
    """A line without them is taken."""
    head = {"format": 1, "model": {"name": "n", "backend": "stance", "id": "n"}, "premise": "p"}
    head |= {"hypotheses": {}, "plan": "", "replies": 1, "versions": {}}
    path = tmp_path / "m.jsonl"
    path.write_text(f"{json.dumps(head)}\n{json.dumps(LINE | change)}\n")
    refusal = _refusal(lambda: stance_file.read(path))
    assert ("line 2 is damaged" in refusal) == bool(change)
