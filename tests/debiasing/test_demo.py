"""`probes demo --downstream`: its table, and what it refuses."""

from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from probes.cli import app
from probes.demo import shortcut
from probes.errors import RunError, UsageError


def test_the_demos_are_given_one_at_a_time() -> None:
    told = CliRunner().invoke(app, ["demo", "--paper", "--downstream"])
    assert isinstance(told.exception, UsageError)
    assert "leave --paper and --act" in str(told.exception)


def test_the_table_has_means_over_seeds_beside_what_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of classifiers that are not trained here: shares that are right, by seed."""
    shares = {0: 0.84, 1: 0.86, 2: 0.85}
    monkeypatch.setattr(
        shortcut, "accuracies", lambda _, seed: dict.fromkeys(shortcut.TESTS, shares[seed])
    )
    told = CliRunner().invoke(app, ["demo", "--downstream", "--out", str(tmp_path / "out")])
    assert told.exit_code == 0, told.stderr
    assert "6 of 6" in told.stdout
    table = pd.read_csv(tmp_path / "out" / shortcut.TABLE).set_index(["loss", "texts"])
    assert table.loc[("product", "reversed"), ["right", "sd", "target"]].tolist() == [
        0.85,
        0.01,
        0.85,
    ]
    assert table.loc[("plain", "reversed"), "target"] == 0
    assert pd.isna(table.loc[("focal", "reversed"), "target"])
    again = CliRunner().invoke(app, ["demo", "--out", str(tmp_path / "out")])
    assert isinstance(again.exception, RunError)
