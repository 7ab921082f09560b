"""Answers as columns: whichever way they are read, the same to the bit."""

import builtins
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from pyarrow import parquet

from probes import answers, columnfile, conclusions, loop
from probes.agreement import agreement
from probes.columns import WORDS, Columns
from probes.errors import RunError
from probes.types import Answer, Header
from tests import runs
from tests.test_loop import MATERIALS, respondent

MODEL = respondent("economic=-6,noise=1,abstain=.2,yes=.5")
PLAN = loop.plan(MODEL, MATERIALS, batch_size=16)
GIVEN = [answer for batch in loop.ask(MODEL, PLAN) for answer in batch.answers]
ODD = 'rent "caps"\u2028\N{SNOWMAN}, \\ and more'


def written(path: Path, given: list[Answer], header: Header = PLAN.header) -> Path:
    path.write_bytes(answers.line(header) + b"".join(map(answers.line, given)))
    return path


def same(one: Columns, other: Columns) -> None:
    """To the bit; labels that nothing was scored for do not count."""
    for name in WORDS:
        assert getattr(one, name).words == getattr(other, name).words
        assert np.array_equal(getattr(one, name).codes, getattr(other, name).codes)
    assert np.array_equal(one.order, other.order)
    assert one.mass.tobytes() == other.mass.tobytes()
    assert one.unseen.tobytes() == other.unseen.tobytes()
    nothing = np.full(len(one), np.nan)
    for label in one.logprobs.keys() | other.logprobs.keys():
        found = (side.logprobs.get(label, nothing) for side in (one, other))
        assert np.array_equal(*found, equal_nan=True), label


GIVEN_ODDLY: Mapping[str, list[Answer]] = {
    "planted": GIVEN,
    "none": [],
    "odd names": [replace(a, statement=ODD, reply=ODD, reason=ODD) for a in GIVEN[:20]],
    "choices": [
        replace(a, choice=c) for a, c in zip(GIVEN, ("agree", None, "yes", "no"), strict=False)
    ],
    "fills": [replace(a, fills=(("a", -1.0), ("b", -2.5))) for a in GIVEN[:10]],
    "whole numbers": [replace(a, mass=1, logprobs={"agree": 0, "disagree": -3}) for a in GIVEN[:9]],
    "no mass": [replace(a, mass=None) for a in GIVEN[:9]],
    "repeated": [replace(a, seed=seed) for a in GIVEN for seed in range(3)],
}


@pytest.mark.parametrize("kind", GIVEN_ODDLY)
@pytest.mark.parametrize("block", [columnfile.BLOCK, 5_000])
def test_pyarrow_reads_what_is_read_line_by_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, block: int
) -> None:
    path = written(tmp_path / "m.jsonl", GIVEN_ODDLY[kind])
    header, lines = answers.read(path)
    slow = Columns.of(lines)
    monkeypatch.setattr(columnfile, "BLOCK", block)
    same(slow, columnfile.read(path)[1])
    if GIVEN_ODDLY[kind]:
        monkeypatch.setattr(Columns, "of", None)  # the other way is not taken
        same(slow, columnfile.read(path)[1])
    assert columnfile.read(path)[0] == header if GIVEN_ODDLY[kind] else True


def test_without_pyarrow_it_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "m.jsonl", GIVEN)
    fast, real = columnfile.read(path)[1], builtins.__import__

    def missing(name: str, *args: object) -> object:
        if name.split(".", maxsplit=1)[0] == "pyarrow":
            raise ModuleNotFoundError(name)
        return real(name, *args)

    monkeypatch.setattr(builtins, "__import__", missing)
    assert columnfile._fast(path, PLAN.header, keep=False) is None
    same(fast, columnfile.read(path)[1])


def test_agreement_of_columns_is_that_of_answers(tmp_path: Path) -> None:
    path = written(tmp_path / "m.jsonl", GIVEN)
    one = agreement(PLAN.header, GIVEN, MATERIALS.recipe)
    other = agreement(PLAN.header, columnfile.read(path)[1], MATERIALS.recipe)
    assert_frame_equal(one, other, check_exact=True)


def test_a_torn_last_line_is_left_out(tmp_path: Path) -> None:
    path = written(tmp_path / "m.jsonl", GIVEN)
    path.write_bytes(path.read_bytes()[:-20])
    assert len(columnfile.read(path)[1]) == len(GIVEN) - 1


@pytest.mark.parametrize(
    "damage",
    [
        b"{",
        b"",
        b"[]",
        b'{"statement": 3}',
        b"\xff\xfe",
        bytes(40),
        answers.line(GIVEN[0]).rstrip() + answers.line(GIVEN[1]).rstrip(),
        answers.line(GIVEN[0]).rstrip().replace(b'"order":0', b'"order":"x"'),
        answers.line(GIVEN[0]).rstrip().replace(b'"status":"ok"', b'"status":"fine"'),
        answers.line(GIVEN[0]).rstrip().replace(b'"wording":"', b'"wording":"no such '),
        answers.line(GIVEN[0]).rstrip().replace(b'"logprobs":{', b'"logprobs":"x","more":{'),
    ],
)
def test_damage_is_named_as_ever(tmp_path: Path, damage: bytes) -> None:
    path = written(tmp_path / "m.jsonl", GIVEN)
    lines = path.read_bytes().splitlines()
    lines[6] = damage
    path.write_bytes(b"\n".join(lines) + b"\n")
    with pytest.raises(RunError, match=r"m\.jsonl: line 7 is damaged"):
        columnfile.read(path)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where columns are kept, of small evidence, too."""
    monkeypatch.setenv("PROBES_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(columnfile, "LARGE", 0)
    return tmp_path / "cache" / "columns"


def kept(path: Path) -> Columns:
    return columnfile.read(path, keep=True)[1]


@pytest.mark.parametrize("kind", [k for k in GIVEN_ODDLY if k != "none"])
def test_what_is_kept_is_what_was_parsed(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path = written(tmp_path / "m.jsonl", GIVEN_ODDLY[kind])
    parsed = columnfile.read(path)[1]
    assert not cache.exists()
    same(parsed, kept(path))
    assert [file.name for file in cache.iterdir()] == [f"{sha256(path)}.parquet"]
    monkeypatch.setattr(columnfile, "_parsed", None)
    monkeypatch.setattr(Columns, "of", None)
    same(parsed, kept(path))


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


NUMBERS = (
    st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([0.0, -0.0, 5e-324, -1e308])
    | st.none()
)
LINES = st.lists(
    st.fixed_dictionaries(
        {
            "statement": st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
            "role": st.sampled_from(answers.ROLES),
            "status": st.sampled_from(answers.STATUSES),
            "order": st.integers(0, 3),
            "scores": st.none() | st.tuples(NUMBERS, NUMBERS),
            "mass": NUMBERS,
            "unseen": NUMBERS,
            "choice": st.none() | st.text(max_size=2),
        }
    ),
    min_size=1,
    max_size=12,
)


def raw(made: Mapping[str, Any]) -> bytes:
    """A line of evidence with these values."""
    wording, options = next(iter(PLAN.header.wordings.items()))
    labels = [option.label for option in options][:2]
    pairs = zip(labels, made["scores"] or (), strict=False)
    scores = None if made["scores"] is None else {n: v for n, v in pairs if v is not None}
    given = {name: value for name, value in made.items() if name != "scores"}
    fields = json.loads(answers.line(GIVEN[0])) | given | {"wording": wording, "logprobs": scores}
    return json.dumps(fields).encode() + b"\n"


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=LINES)
def test_with_the_cache_and_without_anything_is_the_same(
    tmp_path: Path, cache: Path, made: list[Mapping[str, Any]]
) -> None:
    path = tmp_path / "m.jsonl"
    path.write_bytes(answers.line(PLAN.header) + b"".join(map(raw, made)))
    header, rows = answers.read(path)
    slow = Columns.of(rows)
    for columns in (columnfile.read(path)[1], kept(path), kept(path)):
        same(slow, columns)
        with np.errstate(all="ignore"):  # no logarithm of a probability is above 0; these may be
            one, other = (agreement(header, c, MATERIALS.recipe) for c in (slow, columns))
        assert_frame_equal(one, other, check_exact=True)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 400])
@pytest.mark.parametrize("field", ['"mass":', '"logprobs":{"[^"]*":', '"order":'])
def test_numbers_that_are_none_are_refused_however_they_are_read(
    tmp_path: Path, cache: Path, field: str, value: str
) -> None:
    """pyarrow takes most of them."""
    path = written(tmp_path / "m.jsonl", GIVEN)
    changed, count = re.subn(f"({field})[^,}}]*", rf"\g<1>{value}", path.read_text(), count=1)
    assert count == 1
    path.write_text(changed)
    with pytest.raises(RunError, match="line 2 is damaged"):
        kept(path)
    assert not cache.exists() or not list(cache.iterdir())


def test_other_evidence_is_parsed_though_size_and_time_are_the_same(
    tmp_path: Path, cache: Path
) -> None:
    path = written(tmp_path / "m.jsonl", GIVEN)
    before, time = kept(path), path.stat().st_mtime_ns
    path.write_bytes(path.read_bytes().replace(b'"mass":0.', b'"mass":1.', 1))
    os.utime(path, ns=(time, time))
    after = kept(path)
    assert after.mass[0] == before.mass[0] + 1
    same(columnfile.read(path)[1], after)


def test_evidence_that_grows_is_parsed_again(tmp_path: Path, cache: Path) -> None:
    path, whole = tmp_path / "m.jsonl", written(tmp_path / "whole.jsonl", GIVEN).read_bytes()
    for size in (len(whole) - 20, len(whole)):  # first with its last line torn
        path.write_bytes(whole[:size])
        same(columnfile.read(path)[1], kept(path))
    assert len(list(cache.iterdir())) == 2


DAMAGE: Mapping[str, Callable[[Path, Path], object]] = {
    "cut": lambda kept, _: kept.write_bytes(kept.read_bytes()[:-100]),
    "empty": lambda kept, _: kept.write_bytes(b""),
    "not Parquet": lambda kept, _: kept.write_bytes(b"x" * 1000),
    "of other evidence": lambda kept, other: shutil.copy(other, kept),
    "another Parquet": lambda kept, _: parquet.write_table(pa.table({"a": [1]}), kept),
    "a folder": lambda kept, _: (kept.unlink(), kept.mkdir()),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_what_is_kept_and_damaged_is_not_taken(tmp_path: Path, cache: Path, kind: str) -> None:
    one, other = (written(tmp_path / f"{n}.jsonl", GIVEN[: 50 * n]) for n in (1, 2))
    for path in (one, other):
        kept(path)
    of_one, of_other = (columnfile.place(sha256(path)) for path in (one, other))
    good = of_one.read_bytes()
    DAMAGE[kind](of_one, of_other)
    same(columnfile.read(one)[1], kept(one))
    assert kind == "a folder" or of_one.read_bytes() == good  # it is mended


def test_no_byte_of_what_is_kept_can_change_a_number(tmp_path: Path, cache: Path) -> None:
    path = written(tmp_path / "m.jsonl", GIVEN)
    parsed = kept(path)
    (file,) = cache.iterdir()
    good = file.read_bytes()
    for at in range(0, len(good), max(1, len(good) // 150)):
        file.write_bytes(good[:at] + bytes([good[at] ^ 0x15]) + good[at + 1 :])
        same(parsed, kept(path))


def test_nothing_is_lost_where_nothing_can_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    path = written(tmp_path / "m.jsonl", GIVEN)
    parsed = columnfile.read(path)[1]
    (tmp_path / "file").touch()
    monkeypatch.setenv("PROBES_CACHE", str(tmp_path / "file"))
    same(parsed, kept(path))
    monkeypatch.delenv("PROBES_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)

    def homeless() -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "home", homeless)
    same(parsed, kept(path))
    assert not cache.exists()


def test_small_evidence_is_not_kept(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "m.jsonl", GIVEN)
    monkeypatch.setattr(columnfile, "LARGE", path.stat().st_size + 1)
    kept(path)
    assert not cache.exists()
    monkeypatch.setattr(columnfile, "LARGE", path.stat().st_size)
    kept(path)
    assert cache.exists()


def test_a_folder_is_placed_again_without_parsing_to_the_same_bytes(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = runs.run(tmp_path / "run", {"a": runs.LEFT, "b": runs.RIGHT}, runs.instrument())
    assert len(list(cache.iterdir())) == 2
    assert not list(out.rglob("*.parquet"))  # a folder may be a stranger's
    before = {file.name: file.read_bytes() for file in out.glob("*.*")}
    monkeypatch.setattr(columnfile, "_parsed", None)
    conclusions.conclude(out)
    assert {file.name: file.read_bytes() for file in out.glob("*.*")} == before
    shutil.rmtree(cache)
    monkeypatch.undo()
    conclusions.conclude(out)
    assert {file.name: file.read_bytes() for file in out.glob("*.*")} == before
