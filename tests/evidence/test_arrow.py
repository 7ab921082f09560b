"""Answers as columns: whichever way they are read, the same to the bit."""

import builtins
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from probes.agreement.table import agreement
from probes.asking import loop
from probes.errors import RunError
from probes.evidence import answers, arrow, sound
from probes.evidence.columns import WORDS, AnswerColumns
from probes.types import Answer, Header
from tests import run_folders
from tests.asking.test_loop import MATERIALS, respondent

pytestmark = pytest.mark.usefixtures("pictureless")

MODEL = respondent("economic=-6,noise=1,abstain=.2,yes=.5")
PLAN = loop.plan(MODEL, MATERIALS, batch_size=16)
GIVEN = [answer for batch in loop.ask(MODEL, PLAN) for answer in batch.answers]
ODD = 'rent "caps"\u2028\N{SNOWMAN}, \\ and more'


def written(path: Path, given: list[Answer], header: Header = PLAN.header) -> Path:
    path.write_bytes(answers.line(header) + b"".join(map(answers.line, given)))
    return path


def same(one: AnswerColumns, other: AnswerColumns) -> None:
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
@pytest.mark.parametrize("block", [arrow.BLOCK, 5_000])
def test_pyarrow_reads_what_is_read_line_by_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, block: int
) -> None:
    path = written(tmp_path / "m.jsonl", GIVEN_ODDLY[kind])
    header, lines = answers.read(path)
    slow = AnswerColumns.of(lines)
    monkeypatch.setattr(arrow, "BLOCK", block)
    same(slow, arrow.read(path)[1])
    if GIVEN_ODDLY[kind]:
        monkeypatch.setattr(AnswerColumns, "of", None)  # the other way is not taken
        same(slow, arrow.read(path)[1])
    assert arrow.read(path)[0] == header if GIVEN_ODDLY[kind] else True


def test_without_pyarrow_it_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "m.jsonl", GIVEN)
    fast, real = arrow.read(path)[1], builtins.__import__

    def missing(name: str, *args: object) -> object:
        if name.split(".", maxsplit=1)[0] == "pyarrow":
            raise ModuleNotFoundError(name)
        return real(name, *args)

    monkeypatch.setattr(builtins, "__import__", missing)
    assert arrow._by_pyarrow(path, PLAN.header) is None
    same(fast, arrow.read(path)[1])


def test_agreement_of_columns_is_that_of_answers(tmp_path: Path) -> None:
    path = written(tmp_path / "m.jsonl", GIVEN)
    one = agreement(PLAN.header, GIVEN, MATERIALS.recipe)
    other = agreement(PLAN.header, arrow.read(path)[1], MATERIALS.recipe)
    assert_frame_equal(one, other, check_exact=True)


def test_a_torn_last_line_is_left_out(tmp_path: Path) -> None:
    path = written(tmp_path / "m.jsonl", GIVEN)
    path.write_bytes(path.read_bytes()[:-20])
    assert len(arrow.read(path)[1]) == len(GIVEN) - 1


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
        answers.line(GIVEN[0]).rstrip().replace(b'"seed":0', b'"seed":18446744073709551616'),
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
        arrow.read(path)


NUMBERS = (
    st.floats(sound.LEAST, sound.MOST)
    | st.sampled_from([0.0, -0.0, 5e-324, sound.LEAST, sound.MOST])
    | st.none()
)
LINES = st.lists(
    st.fixed_dictionaries(
        {
            "statement": st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
            "role": st.sampled_from(sound.ROLES),
            "status": st.sampled_from(sound.STATUSES),
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


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=LINES)
def test_whatever_the_lines_say_both_ways_are_the_same(
    tmp_path: Path, made: list[Mapping[str, Any]]
) -> None:
    path = tmp_path / "m.jsonl"
    path.write_bytes(answers.line(PLAN.header) + b"".join(map(raw, made)))
    header, rows = answers.read(path)
    slow, fast = AnswerColumns.of(rows), arrow.read(path)[1]
    same(slow, fast)
    with np.errstate(all="ignore"):  # no logarithm of a probability is above 0; these may be
        one, other = (agreement(header, c, MATERIALS.recipe) for c in (slow, fast))
    assert_frame_equal(one, other, check_exact=True)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 400])
@pytest.mark.parametrize("field", ['"mass":', '"logprobs":{"[^"]*":', '"order":'])
def test_numbers_that_are_none_are_refused_however_they_are_read(
    tmp_path: Path, field: str, value: str
) -> None:
    """pyarrow takes most of them."""
    path = written(tmp_path / "m.jsonl", GIVEN)
    changed, count = re.subn(f"({field})[^,}}]*", rf"\g<1>{value}", path.read_text(), count=1)
    assert count == 1
    path.write_text(changed)
    with pytest.raises(RunError, match="line 2 is damaged"):
        arrow.read(path)


def test_a_run_keeps_no_columns_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers come from the evidence alone: nothing beside it, and nothing in the user's cache."""
    monkeypatch.setenv("PROBES_CACHE", str(tmp_path / "cache"))
    out = run_folders.run(tmp_path / "run", {"a": run_folders.LEFT}, run_folders.instrument())
    assert not (tmp_path / "cache").exists()
    assert not list(out.rglob("*.parquet"))
