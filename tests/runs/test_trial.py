"""Trial runs: a fact in every output, never a claim, and the beginning of the whole run."""

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from probes.backends.planted import Planted
from probes.errors import RunError
from probes.output import tables as papertable
from probes.runs import read_back, session
from probes.types import ModelSpec
from probes.types.reasons import claims, codes
from tests.run_folders import instrument
from tests.runs.test_session import BLANKLESS

DECIDED = "a=6,b=-6,noise=0.5"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "made.yaml").write_text(yaml.safe_dump(instrument(2, statements=12)))
    (tmp_path / "short.yaml").write_text(BLANKLESS)
    return tmp_path


def request(folder: Path, limit: int | None, *models: str) -> session.Request:
    specs = [ModelSpec(f"m{n}", text, "planted") for n, text in enumerate(models or [DECIDED])]
    of, protocol = folder / "made.yaml", folder / "short.yaml"
    return session.Request(specs, str(of), str(protocol), limit=limit)


def answer_lines(out: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (out / "answers/m0.jsonl").read_text().splitlines()]


def test_a_trial_is_said_everywhere_and_claims_nothing(folder: Path) -> None:
    """`run.yaml`, both CSV and column, caption, LaTeX and what figures are drawn by."""
    out = folder / "out"
    made = session.probe(request(folder, 12), out)
    assert made.trial
    assert yaml.safe_load((out / "run.yaml").read_text())["trial"] is True
    written = pd.read_csv(out / "placements.csv")
    assert written["trial"].all()
    assert written["placed"].all()
    assert all("trial" in codes(cell) for cell in written["reason"])
    assert written["reason"].str.startswith("trial run: 12 of 24 statements").all()
    assert not any(claims(made).values())
    assert "trial run: 12 of 24 statements x 3 wordings" in made.caption
    assert made.caption == read_back.tables(out).caption
    assert "trial run: 12 of 24" in papertable.text(made, "latex")


@pytest.mark.slow
def test_a_trial_goes_on_to_the_whole_run_and_asks_nothing_twice(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice extended; the answers stay byte for byte; what comes of it is what a whole run gives,
    and a second start changes nothing."""
    out, asked = folder / "out", list[str]()
    score = Planted.score

    def counted(self: Planted, prompts):  # type: ignore[no-untyped-def]
        asked.extend(p.before + p.after for p in prompts)
        return score(self, prompts)

    session.probe(request(folder, 8), out)
    first = answer_lines(out)
    monkeypatch.setattr(Planted, "score", counted)
    session.probe(request(folder, 16), out)
    second = answer_lines(out)
    assert second[1 : len(first)] == first[1:]
    assert len(asked) < len(second) - len(first) + 16  # and the self-check of the first new batch
    made = session.probe(request(folder, None), out)
    third = answer_lines(out)
    assert third[1 : len(second)] == second[1:]
    assert (third[0]["limit"], len(third) - 1) == (None, third[0]["cells"])
    ran = yaml.safe_load((out / "run.yaml").read_text())
    assert (ran["limit"], ran["trial"], ran["trials"]) == (None, False, [8, 16])
    assert not made.trial
    assert "trial" not in made.caption
    whole = session.probe(request(folder, None), folder / "whole")
    pd.testing.assert_frame_equal(made.placements, whole.placements)
    asked.clear()
    session.probe(request(folder, None), out)
    assert not asked
    assert answer_lines(out) == third


@pytest.mark.slow
def test_a_trial_that_was_stopped_can_be_extended_and_a_new_model_joins(folder: Path) -> None:
    out = folder / "out"
    session.probe(request(folder, 8), out)
    path = out / "answers/m0.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:20]) + b'{"torn')
    made = session.probe(request(folder, None, DECIDED, "a=-3"), out)
    assert list(made.models["model"]) == ["m0", "m1"]
    assert (made.placements["answered"] == made.placements["asked"]).all()


@pytest.mark.parametrize(("first", "then"), [(None, 8), (16, 8)])
def test_nothing_that_was_asked_is_left_out_again(
    folder: Path, first: int | None, then: int
) -> None:
    out = folder / "out"
    session.probe(request(folder, first), out)
    held = "a whole run" if first is None else "a trial run with --limit 16"
    with pytest.raises(RunError, match=f"holds {held}, and --limit 8 asks less"):
        session.probe(request(folder, then), out)


def test_a_limit_that_leaves_nothing_out_is_no_trial(folder: Path) -> None:
    made = session.probe(request(folder, 24), folder / "out")
    assert not made.trial
    assert "trial" not in made.caption


def test_an_interval_as_wide_as_the_scale_is_not_placed(folder: Path) -> None:
    """Three topics, and noise that is as loud as the leaning."""
    content = instrument(1, statements=6)
    for n, statement in enumerate(content["statements"]):
        statement["topic"] = f"t{n // 2}"
    (folder / "made.yaml").write_text(yaml.safe_dump(content))
    made = session.probe(request(folder, None, "a=9,noise=8"), folder / "out")
    row = made.placements.iloc[0]
    assert row["high"] - row["low"] > 18
    assert "wide" in codes(row["reason"])
    assert not row["placed"]
