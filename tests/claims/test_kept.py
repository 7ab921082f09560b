"""Claims in a run: kept before anything is asked, judged by every conclusion."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

Command = Callable[..., tuple[int, str, str]]

CLAIMS = """\
claims:
  - {name: left, model: a, axis: economic, direction: left, margin: 2}
  - {name: wrong, model: a, axis: social, direction: libertarian}
  - {name: apart, model: b, against: a, axis: economic, direction: right, margin: 5}
  - {name: not apart, model: a, against: b, axis: economic, direction: right}
  - {name: no opinion, model: b, axis: social, direction: centre, margin: 1}
"""
OUTCOMES = {
    "left": "held",
    "wrong": "failed",
    "apart": "held",
    "not apart": "failed",
    "no opinion": "undecided",
}
MODELS = ("--model", "a=planted:economic=-6,social=3,noise=.5", "--model", "b=planted:economic=4")
RUN = ("run", "--set", "compass", *MODELS)


@pytest.fixture
def claims(tmp_path: Path) -> Path:
    file = tmp_path / "mine.yaml"
    file.write_text(CLAIMS)
    return file


@pytest.mark.slow
def test_claims_are_judged_by_position_and_difference(
    command: Command, claims: Path, tmp_path: Path
) -> None:
    """Also again by `place`, and where the run goes on; other claims are refused then."""
    out = tmp_path / "run"
    status, _, err = command(*RUN, "--out", str(out), "--claims", str(claims))
    assert status == 0, err
    table = pd.read_csv(out / "claims.csv").set_index("claim")
    assert table["outcome"].to_dict() == OUTCOMES
    assert "not placed" in table["reason"]["no opinion"]
    before = {p.name: p.read_bytes() for p in out.iterdir() if p.is_file()}
    assert command("place", str(out))[0] == 0
    assert {p.name: p.read_bytes() for p in out.iterdir() if p.is_file()} == before
    assert command(*RUN, "--out", str(out), "--claims", str(claims))[0] == 0
    claims.write_text(CLAIMS.replace("margin: 5", "margin: 4"))
    status, _, err = command(*RUN, "--out", str(out), "--claims", str(claims))
    assert status == 2
    assert "holds other claims" in err


@pytest.mark.slow
def test_claims_that_were_not_kept_before_are_refused(
    command: Command, claims: Path, tmp_path: Path
) -> None:
    """Newer than the answers: as an option, and as a file put into the folder."""
    out = tmp_path / "run"
    assert command(*RUN, "--limit", "4", "--out", str(out))[0] == 0
    before = (out / "run.yaml").read_bytes()
    status, _, err = command(*RUN, "--limit", "4", "--out", str(out), "--claims", str(claims))
    assert status == 2
    assert "newer than the answers of a" in err
    assert not (out / "claims.yaml").exists()
    assert (out / "run.yaml").read_bytes() == before
    assert b"claims_sha256" not in before
    shutil.copy(claims, out / "claims.yaml")
    status, _, err = command("place", str(out))
    assert status == 2
    assert "not the claims that were kept" in err


def test_a_claim_about_a_model_that_is_not_asked_asks_nobody(
    command: Command, claims: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    words = ("run", *MODELS[:2], "--out", str(out), "--claims", str(claims))
    status, _, err = command(*words)
    assert status == 2
    assert "'b' is not asked" in err
    assert not out.exists()


@pytest.mark.slow
def test_a_trial_run_decides_no_claim(command: Command, claims: Path, tmp_path: Path) -> None:
    """The whole run in the same folder does."""
    out = tmp_path / "run"
    words = (*RUN, "--out", str(out), "--claims", str(claims))
    assert command(*words, "--limit", "20")[0] == 0
    table = pd.read_csv(out / "claims.csv")
    assert set(table["outcome"]) == {"undecided"}
    assert "trial" in table["reason"][0]
    assert command(*words)[0] == 0
    assert pd.read_csv(out / "claims.csv").set_index("claim")["outcome"].to_dict() == OUTCOMES
