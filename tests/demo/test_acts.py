"""The acts of `probes demo --paper`: played alone, said on the terminal and in a file."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pandas as pd
import pytest

from probes.demo import acts, paper, rewards
from probes.demo.acts import ActOutcome
from probes.instruments import sets
from probes.types import Tables

Command = Callable[..., tuple[int, str, str]]
LOSSES = ("--act", "losses")
OUTCOME = ActOutcome(
    "tasks",
    [{"holds": True, "number": 0.5}],
    ("a sentence",),
    2,
    2,
    "assertions hold",
    "the way",
    "its size",
    "trail.png",
)


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the acts that were played; the one of the rewards finds less than was planted."""
    names = list[str]()

    def act(name: str, found: int) -> Callable[[Path, object], ActOutcome]:
        def play(out: Path, _: object) -> ActOutcome:
            out.mkdir(exist_ok=True)
            names.append(name)
            return replace(OUTCOME, name=name, found=found)

        return play

    fakes = {name: act(name, 2 - (name == "rewards")) for name in acts.ACTS}
    monkeypatch.setattr(acts, "ACTS", fakes)
    return names


def test_all_acts_in_order_and_the_status_says_that_one_failed(
    played: list[str], command: Command, tmp_path: Path
) -> None:
    """What an act shows and does not show stands beside its number, printed and written."""
    status, out, _ = command("demo", "--paper", "--out", str(tmp_path / "all"))
    assert status == 1
    assert played == ["corpora", "models", "tasks", "losses", "rewards"]
    assert "rewards: 1 of 2 assertions hold." in out
    page = (tmp_path / "all" / "rewards.md").read_text()
    assert "This shows: the way." in out
    assert "It does not show: its size." in out
    for text in ("rewards: 1 of 2", "Shows: the way.", "Does not show: its size.", "| True | 0.50"):
        assert text in page


def test_an_act_alone(played: list[str], command: Command, tmp_path: Path) -> None:
    """Status 0 where all was found; two acts in the order that was typed, each once."""
    out = ["--out", str(tmp_path / "one")]
    assert command("demo", "--act", "tasks", *out)[0] == 0
    assert command("demo", "--paper", *LOSSES, "--act", "corpora", *LOSSES, *out)[0] == 0
    assert played == ["tasks", "losses", "corpora"]


def test_an_unknown_act_and_two_demos_at_once_are_refused(command: Command, tmp_path: Path) -> None:
    """In one sentence, with the nearest name, and without a folder."""
    out = ["--out", str(tmp_path / "none")]
    status, _, err = command("demo", "--act", "corpora", "--act", "task", *out)
    assert (status, "did you mean 'tasks'" in err) == (2, True)
    status, _, err = command("demo", "--downstream", "--act", "tasks", *out)
    assert (status, "demo of its own" in err) == (2, True)
    assert not (tmp_path / "none").exists()


@pytest.mark.slow
def test_corpora_are_found_where_they_were_written_to_stand(tmp_path: Path) -> None:
    """All of them, and silence on axes that they say nothing about; no model is made."""
    rows = paper.corpora(tmp_path / "paper")
    assert len(rows) == 14
    assert all(row["found"] for row in rows), rows
    assert {row["planted"] for row in rows} == {"nothing", -8.0, 0.0, 8.0}
    assert not (tmp_path / "paper" / "models" / "masked-base").exists()


# --- reward models -----------------------------------------------------------------------------


def test_a_planted_reward_is_found_only_where_it_is() -> None:
    """Not at another position, not placed, or with the other taste."""
    scale = sets.load("compass").scale
    row = {"axis": "economic", "low": 0.0, "high": 0.0, "placed": True}
    left = {**row, "model": "left-no", "position": rewards.position(-2, scale), "yes_bias": -0.46}
    right = {**row, "model": "right-yes", "position": rewards.position(2, scale), "yes_bias": 0.46}
    faults = [
        *({**left, "position": -2.0}, {**left, "placed": False}, {**left, "yes_bias": 0.46}),
        {**right, "yes_bias": 0.0},
    ]

    run = SimpleNamespace(placements=pd.DataFrame([left, right, *faults]), scale=scale)
    found = [row["found"] for row in rewards._rows(cast("Tables", run))]
    assert found == [True, True, False, False, False, False]


@pytest.mark.soak
def test_reward_models_are_found_where_they_were_planted(tmp_path: Path) -> None:
    rows = rewards.run(tmp_path / "rewards")
    assert len(rows) == 4
    assert all(row["found"] for row in rows), rows
