"""Answers as columns: whichever way they are read, the same to the bit."""

import builtins
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pandas.testing import assert_frame_equal

from probes import answers, columns, loop
from probes.agreement import agreement
from probes.columns import Columns, Words
from probes.errors import RunError
from probes.types import Answer, Header
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
    for name in columns.WORDS:
        assert getattr(one, name).words == getattr(other, name).words
        assert np.array_equal(getattr(one, name).codes, getattr(other, name).codes)
    assert np.array_equal(one.order, other.order)
    assert one.mass.tobytes() == other.mass.tobytes()
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
@pytest.mark.parametrize("block", [columns.BLOCK, 5_000])
def test_pyarrow_reads_what_is_read_line_by_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, block: int
) -> None:
    path = written(tmp_path / "m.jsonl", GIVEN_ODDLY[kind])
    header, lines = answers.read(path)
    slow = Columns.of(lines)
    monkeypatch.setattr(columns, "BLOCK", block)
    same(slow, columns.read(path)[1])
    if GIVEN_ODDLY[kind]:
        monkeypatch.setattr(Columns, "of", None)  # the other way is not taken
        same(slow, columns.read(path)[1])
    assert columns.read(path)[0] == header if GIVEN_ODDLY[kind] else True


def test_without_pyarrow_it_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "m.jsonl", GIVEN)
    fast, real = columns.read(path)[1], builtins.__import__

    def missing(name: str, *args: object) -> object:
        if name.split(".", maxsplit=1)[0] == "pyarrow":
            raise ModuleNotFoundError(name)
        return real(name, *args)

    monkeypatch.setattr(builtins, "__import__", missing)
    assert columns._parsed(path, PLAN.header) is None
    same(fast, columns.read(path)[1])


def test_agreement_of_columns_is_that_of_answers(tmp_path: Path) -> None:
    path = written(tmp_path / "m.jsonl", GIVEN)
    one = agreement(PLAN.header, GIVEN, MATERIALS.recipe)
    other = agreement(PLAN.header, columns.read(path)[1], MATERIALS.recipe)
    assert_frame_equal(one, other, check_exact=True)


def test_a_torn_last_line_is_left_out(tmp_path: Path) -> None:
    path = written(tmp_path / "m.jsonl", GIVEN)
    path.write_bytes(path.read_bytes()[:-20])
    assert len(columns.read(path)[1]) == len(GIVEN) - 1


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
        columns.read(path)


def test_words_are_sorted_and_none_is_none_of_them() -> None:
    found = Words.of(["b", None, "a", "b"])
    assert (found.words, found.codes.tolist()) == (("a", "b"), [1, -1, 0, 1])
    assert found.match("b").tolist() == [True, False, False, True]
    assert not found.match("c").any()
