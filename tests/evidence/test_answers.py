"""The evidence: what is written is what is read, torn ends are dropped, damage is named."""

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.asking import loop
from probes.errors import RunError
from probes.evidence import answers
from probes.types import Answer, Header
from tests.asking.test_loop import MATERIALS, respondent

PLAN = loop.plan(respondent("economic=-6,noise=1,abstain=.1"), MATERIALS, batch_size=8)
BATCHES = [b.answers for b in loop.ask(respondent("economic=-6,noise=1,abstain=.1"), PLAN)]


def written(path: Path, count: int | None = None) -> Path:
    with answers.AnswerLog(path, PLAN.header, PLAN.keys) as log:
        for batch in BATCHES[log.done : count]:
            log.write(batch)
    return path


def read(path: Path) -> tuple[Header, list[Answer]]:
    header, lines = answers.read(path)
    return header, list(lines)


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    """Header and answers come back equal, floats to the last bit."""
    header, found = read(written(tmp_path / "m.jsonl"))
    assert header == PLAN.header
    assert found == [a for batch in BATCHES for a in batch]


def test_the_header_says_how_answers_came_about(tmp_path: Path) -> None:
    """Versions, set, model, BOS, and each wording's options with label, side and forms."""
    first = json.loads(written(tmp_path / "m.jsonl").read_text().splitlines()[0])
    assert {"set", "set_sha256", "model", "versions", "bos", "protocol", "seed"} <= first.keys()
    option = first["wordings"]["agree"]["options"][0]
    assert {k: option[k] for k in ("label", "side", "forms")} == {
        "label": "agree",
        "side": "agree",
        "forms": [" agree"],
    }


def test_an_answer_is_one_line_with_the_exact_text(tmp_path: Path) -> None:
    """The fields that the format names, and no others."""
    line = json.loads(written(tmp_path / "m.jsonl").read_text().splitlines()[1])
    assert list(line) == [
        "statement", "role", "wording", "order", "seed", "before", "after", "logprobs", "mass",
        "status", "key",
    ]  # fmt: skip


def test_a_file_cut_anywhere_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    """Cut at any byte behind the header, the resumed file is the uninterrupted one."""
    whole = written(tmp_path / "whole.jsonl").read_bytes()
    start = whole.index(b"\n") + 1
    for cut in [0, 10, *range(start, len(whole), len(whole) // 40), len(whole) - 1]:
        path = tmp_path / "cut.jsonl"
        path.write_bytes(whole[:cut])
        assert written(path).read_bytes() == whole


def test_a_resume_keeps_whole_batches_only(tmp_path: Path) -> None:
    """The batch is the unit of evidence."""
    path = written(tmp_path / "m.jsonl", 3)
    with path.open("ab") as file:
        file.write(answers.line(BATCHES[3][0]))
    with answers.AnswerLog(path, PLAN.header, PLAN.keys) as log:
        assert log.done == 3
    assert len(read(path)[1]) == sum(len(b) for b in BATCHES[:3])


def test_a_torn_last_line_is_left_out_of_reading(tmp_path: Path) -> None:
    """A kill may tear the last line; it is asked again."""
    path = written(tmp_path / "m.jsonl")
    path.write_bytes(path.read_bytes()[:-20])
    assert len(read(path)[1]) == PLAN.header.cells - 1


@pytest.mark.parametrize("damage", [b"{", b"[]", b'{"statement": 3}', b"\xff\xfe"])
def test_damage_in_the_middle_is_named_with_file_and_line(tmp_path: Path, damage: bytes) -> None:
    """It is neither skipped nor guessed."""
    path = written(tmp_path / "m.jsonl")
    lines = path.read_bytes().splitlines()
    lines[6] = damage
    path.write_bytes(b"\n".join(lines) + b"\n")
    with pytest.raises(RunError, match=r"m\.jsonl: line 7 is damaged"):
        read(path)
    with pytest.raises(RunError, match=r"m\.jsonl: line 7 is damaged"):
        written(path)


def test_an_answer_of_another_plan_is_refused(tmp_path: Path) -> None:
    """Two lines that changed places are not this plan's evidence."""
    path = written(tmp_path / "m.jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    lines[4], lines[5] = lines[5], lines[4]
    path.write_bytes(b"".join(lines))
    with pytest.raises(RunError, match="line 5 is not what this run's plan has there"):
        written(path)


@pytest.mark.parametrize(
    ("field", "value"), [("seed", 1), ("limit", 2), ("set_sha256", "0" * 64), ("plan", "0" * 64)]
)
def test_another_run_in_the_same_file_is_refused(tmp_path: Path, field: str, value: object) -> None:
    """Set, protocol, seed, limit and plan must be those of the file."""
    from dataclasses import replace

    path = written(tmp_path / "m.jsonl")
    before = path.read_bytes()
    with pytest.raises(RunError, match="use another --out"):
        answers.AnswerLog(path, replace(PLAN.header, **{field: value}), PLAN.keys)
    assert path.read_bytes() == before


def test_a_file_without_header_is_refused(tmp_path: Path) -> None:
    """An answer is no header."""
    path = tmp_path / "m.jsonl"
    path.write_bytes(answers.line(BATCHES[0][0]))
    with pytest.raises(RunError, match="line 1"):
        read(path)
    with pytest.raises(RunError, match="cannot be read"):
        read(tmp_path / "missing.jsonl")


@given(st.binary(max_size=200))
def test_any_bytes_are_answers_or_a_run_error(data: bytes) -> None:
    """Whatever stands behind the header, reading never ends in another error."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.jsonl"
        path.write_bytes(answers.line(PLAN.header) + data)
        with contextlib.suppress(RunError):
            assert all(isinstance(a, Answer) for a in read(path)[1])
