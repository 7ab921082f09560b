"""A run in a folder: its files, going on after a kill, and who may write in it."""

import contextlib
import random
import signal
import time
from pathlib import Path

import pandas as pd
import pytest
import yaml

from probes.errors import ProbesError, RunError
from probes.runs import conclude as conclusions
from probes.runs import read_back, session
from probes.types import LoadOptions, ModelSpec
from tests.asking.test_loop import MINI
from tests.forked import Command

BLANKLESS = """\
name: short
title: Short
method: choice
wordings: [agree, support, yes-no]
controls: controls
blanks: ["N/A", "..."]
"""
COLUMNS = (
    "model,set,protocol,axis,position,low,high,minimum,maximum,direction,decisiveness,raw,mirrored,"
    "blank_corrected,asked,answered,mass,yes_bias,yes_bias_min,yes_bias_max,opposition,sided,"
    "content,control,consistency,sign_stability,reliability,split_half,"
    "official,trial,failures,placed,reason"
)


@pytest.fixture
def materials(tmp_path: Path) -> Path:
    (tmp_path / "mini.yaml").write_text(MINI)
    (tmp_path / "short.yaml").write_text(BLANKLESS)
    return tmp_path


def request(folder: Path, *models: str, **changes: object) -> session.Request:
    specs = [ModelSpec(f"m{i}", text, "planted") for i, text in enumerate(models)]
    fields: dict[str, object] = {
        "models": specs,
        "set": str(folder / "mini.yaml"),
        "protocol": str(folder / "short.yaml"),
    }
    return session.Request(**{**fields, **changes})  # type: ignore[arg-type]


def tables(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.glob("*.csv"))}


def test_a_run_leaves_what_the_format_names(materials: Path) -> None:
    """Evidence, settings, every table; and each column of placements in its place."""
    out = materials / "out"
    session.probe(request(materials, "economic=-6,yes=1", "economic=4,noise=1"), out)
    assert {p.name for p in (out / "answers").iterdir()} == {"m0.jsonl", "m1.jsonl"}
    assert {f"{name}.csv" for name in read_back.TABLES} <= {p.name for p in out.iterdir()}
    assert (out / "placements.csv").read_text().splitlines()[0] == COLUMNS
    assert list(pd.read_csv(out / "placements.csv")["model"]) == ["m0", "m1"]
    ran = yaml.safe_load((out / "run.yaml").read_text())
    assert ran["set"] == "mini"
    assert [m["name"] for m in ran["models"]] == ["m0", "m1"]
    assert all(m["weights"] for m in ran["models"])
    assert ran["sessions"][0]["versions"]["numpy"]


def test_placing_again_from_the_answers_gives_the_same_bytes(materials: Path) -> None:
    """No model, and no file outside the folder, is needed for the numbers."""
    out = materials / "out"
    session.probe(request(materials, "economic=-6,noise=1"), out)
    before = tables(out)
    for path in out.glob("*.csv"):
        path.unlink()
    (materials / "mini.yaml").unlink()
    conclusions.conclude(out)
    assert tables(out) == before


def test_a_model_can_be_added(materials: Path) -> None:
    """The evidence of the first stays as it was; the tables hold both."""
    out = materials / "out"
    session.probe(request(materials, "economic=-6"), out)
    first = (out / "answers" / "m0.jsonl").read_bytes()
    session.probe(request(materials, "economic=-6", "economic=5"), out)
    assert (out / "answers" / "m0.jsonl").read_bytes() == first
    assert list(pd.read_csv(out / "placements.csv")["model"]) == ["m0", "m1"]


def test_a_finished_run_asks_nothing_again(materials: Path) -> None:
    """The same command twice is the same bytes, evidence included."""
    out = materials / "out"
    session.probe(request(materials, "economic=-6,noise=1"), out)
    before = tables(out), (out / "answers" / "m0.jsonl").read_bytes()
    session.probe(request(materials, "economic=-6,noise=1"), out)
    assert (tables(out), (out / "answers" / "m0.jsonl").read_bytes()) == before


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"seed": 1}, "seed 0, not 1"),
        ({"limit": 2}, "holds a whole run, and --limit 2 asks less"),
        ({"batch_size": 3}, "batch size 'auto', not 3"),
        ({"protocol": "default"}, "protocol 'short', not 'default'"),
        ({"load": LoadOptions(dtype="bfloat16")}, "dtype 'auto', not 'bfloat16'"),
    ],
)
def test_other_settings_in_the_same_folder_are_refused(
    materials: Path, changes: dict[str, object], part: str
) -> None:
    """One folder, one run; nothing in it is touched."""
    out = materials / "out"
    session.probe(request(materials, "economic=-6"), out)
    before = {p: p.read_bytes() for p in out.rglob("*") if p.is_file()}
    with pytest.raises(RunError, match=part):
        session.probe(request(materials, "economic=-6", **changes), out)
    assert {p: p.read_bytes() for p in out.rglob("*") if p.is_file()} == before


def test_another_model_under_the_same_name_is_refused(materials: Path) -> None:
    """Evidence of two models never mixes in one file."""
    out = materials / "out"
    session.probe(request(materials, "economic=-6"), out)
    with pytest.raises(RunError, match="another name"):
        session.probe(request(materials, "economic=-5"), out)


def test_a_foreign_folder_is_left_alone(materials: Path) -> None:
    """A folder that holds something else is refused as it is."""
    with pytest.raises(RunError, match="not the folder of a run"):
        session.probe(request(materials, "economic=-6"), materials)
    assert {p.name for p in materials.iterdir()} == {"mini.yaml", "short.yaml"}


def test_nothing_is_left_of_a_run_that_could_not_begin(materials: Path) -> None:
    """A model that cannot be loaded leaves no folder behind."""
    out = materials / "new" / "out"
    with pytest.raises(ProbesError):
        session.probe(request(materials, "economic=nonsense"), out)
    assert not out.exists()


def test_model_names_stay_inside_the_folder(materials: Path) -> None:
    """Slashes, dots and other letters are spelt out in file names."""
    from probes.runs.folder import Folder

    folder = Folder(materials)
    for name in ("../../x", "/etc/passwd", "..", ".", "a\0b", "org/model", "模型"):
        path = folder.answers(name)
        assert path.parent == materials / "answers"
        assert path.name not in (".", "..")
        assert "\0" not in path.name
    assert folder.answers("a/b") != folder.answers("a%2Fb")


def started(materials: Path, out: Path) -> Command:
    """A run of two slow models, in a process of its own."""
    words = ["run", "--set", str(materials / "mini.yaml"), "--batch-size", "4", "--out", str(out)]
    words += ["--protocol", str(materials / "short.yaml")]
    for name, position in (("m0", -6), ("m1", 3)):
        words += ["--model", f"{name}=planted:economic={position},noise=1,delay=.002"]
    return Command(*words)


def written(out: Path) -> int:
    """Bytes that a run has written so far; a file may be replaced while it is looked at."""
    total = 0
    for path in out.rglob("*") if out.exists() else ():
        with contextlib.suppress(FileNotFoundError):
            total += path.stat().st_size if path.is_file() else 0
    return total


@pytest.mark.slow
@pytest.mark.parametrize("kills", [3, pytest.param(25, marks=pytest.mark.soak)])
def test_killed_at_many_moments_it_ends_with_the_same_bytes(materials: Path, kills: int) -> None:
    """SIGKILL at random moments, then the same command again: not one byte differs."""
    whole, killed = materials / "whole", materials / "killed"
    assert started(materials, whole).end()[0] == 0
    rng = random.Random(0)
    for moment in sorted(rng.uniform(0, written(whole)) for _ in range(kills)):
        process = started(materials, killed)
        while written(killed) < moment and process.running:
            time.sleep(0.0005)
        process.send_signal(signal.SIGKILL)
        process.end()
    assert started(materials, killed).end()[0] == 0
    assert tables(killed) == tables(whole)
    for path in (whole / "answers").iterdir():
        assert (killed / "answers" / path.name).read_bytes() == path.read_bytes()


@pytest.mark.slow
def test_two_runs_in_one_folder_at_once_are_one_too_many(materials: Path) -> None:
    """The second is refused, and the first goes on undisturbed."""
    out = materials / "out"
    first = started(materials, out)
    while not (out / "run.yaml").exists():
        time.sleep(0.01)
    with pytest.raises(RunError, match="another run is at work"):
        session.probe(request(materials, "economic=-6"), out)
    assert first.end()[0] == 0
