"""Pipes in the place of files, and numbers and names without bounds: a sentence and status 2."""

import os
import resource
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from probes.cli import _tables
from probes.cli import compare as comparing
from probes.tables import breakdown
from tests.run_folders import instrument, run

pytestmark = pytest.mark.usefixtures("pictureless")

Command = Callable[..., tuple[int, str, str]]
LONG = "a" * 300
OUT = ("--out", "o")
ONE = ("run", "--model", "planted:economic=1", "--limit", "2")
PIPES = {
    "recorded csv": ("r.csv", ("run", "--model", "recorded:{}")),
    "recorded jsonl": ("r.jsonl", ("run", "--model", "recorded:{}")),
    "set": ("s.yaml", ("run", "--model", "planted:x=1", "--set", "{}")),
    "set to check": ("s.yaml", ("sets", "check", "{}")),
    "protocol": ("p.yaml", (*ONE, "--protocol", "{}")),
    "matrix": ("m.yaml", (*ONE, "--stance-matrix", "{}")),
    "table to import": ("t.csv", ("sets", "import", "table", "{}", "-o", "t.yaml")),
    "javascript to import": ("q.js", ("sets", "import", "javascript", "{}", "-o", "t.yaml")),
    "labels": ("l.csv", ("stance", "check", "{}")),
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("name", "words"), PIPES.values(), ids=PIPES)
def test_a_pipe_that_nobody_writes_into_does_not_hang(
    command: Command, name: str, words: tuple[str, ...]
) -> None:
    """Whatever file it stands for."""
    os.mkfifo(name)
    status, _, err = command(*(word.format(f"./{name}") for word in words))
    assert status == 2
    assert "a pipe or a device, not a file" in err


def test_a_pipe_as_models_file_does_not_hang(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo("models.yaml")
    monkeypatch.setenv("PROBES_MODELS", "models.yaml")
    status, _, err = command("run", "--model", "mine")
    assert (status, "a pipe or a device" in err) == (2, True)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ((*ONE, "--out", LONG), "File name too long"),
        (("place", LONG), "File name too long"),
        ((*ONE, "--seed", "9" * 30, *OUT), "must lie between"),
        (("run", "--model", "planted:economic=1,noise=1e308", *OUT), "'noise' is out of range"),
        (("run", "--model", "planted:economic=1,delay=1e18", *OUT), "'delay' is out of range"),
        (("run", "--model", "planted:economic=1,yes=-1e308", *OUT), "'yes' is out of range"),
        *(
            (("pretrain", "--model", "x", "--corpus", "c", *OUT, option, "9" * 11), option)
            for option in ("--steps", "--batch-size", "--checkpoints", "--seed", "--block")
        ),
    ],
)
def test_what_is_too_long_or_too_much_is_a_sentence(
    command: Command, words: tuple[str, ...], part: str
) -> None:
    """And nothing is written."""
    status, _, err = command(*words)
    said = [line for line in err.splitlines() if not line.endswith(": loading")]
    assert (status, len(said)) == (2, 1), err
    assert part in err
    assert not list(Path().iterdir())


def test_many_pairs_of_models_are_compared_only_if_told_to(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How many there are is said before anything is computed."""
    models = {f"m{n}": f"planted:a={n}" for n in range(3)}
    folder = run(tmp_path / "run", models, instrument(1, statements=2), limit=2)
    monkeypatch.setattr(comparing, "MOST_PAIRS", 2)
    status, out, err = command("compare", str(folder), "--all")
    assert (status, out) == (2, "")
    assert "3 pairs of models" in err
    assert command("compare", str(folder), "--all", "--yes")[0] == 3


def test_leaves_are_turned_only_up_to_so_many_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond that each model still stands once."""
    from scipy.cluster import hierarchy

    grid, asked = np.random.default_rng(0).normal(size=(9, 4)), list[bool]()
    linkage = hierarchy.linkage

    def noted(*args: object, optimal_ordering: bool, **more: object) -> object:
        asked.append(optimal_ordering)
        return linkage(*args, optimal_ordering=optimal_ordering, **more)

    monkeypatch.setattr(hierarchy, "linkage", noted)
    for most in (9, 8):
        monkeypatch.setattr(breakdown, "MOST_TO_TURN", most)
        assert sorted(breakdown.similarity_order(grid, np.ones(4))) == list(range(9))
    assert asked == [True, False]


@pytest.mark.parametrize("megabytes", [150, 450, 1000])
def test_too_little_address_space_is_said_before_libraries_fail_in_it(
    command: Command, monkeypatch: pytest.MonkeyPatch, megabytes: int
) -> None:
    """`ulimit -v`: some of them end in tracebacks, and one asks for memory without end."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (megabytes * 1_000_000, -1))
    status, _, err = command(*ONE, "--out", "o")
    assert (status, Path("o").exists()) == (2, False)
    assert f"may take {megabytes:,} MB of memory (ulimit -v), and needs 1,074 MB" in err
    assert command("run", "--help")[0] == 0


@pytest.mark.parametrize(
    "words", [(*ONE, *OUT), ("place", "o"), ("report", "o"), ("export", "--parquet", "o")]
)
def test_memory_that_ends_is_one_sentence(
    command: Command, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """And leaves what was answered."""
    assert command(*ONE, *OUT)[0] == 0
    kept = Path("o/answers").glob("*.jsonl")
    before = {path: path.read_bytes() for path in kept}

    def full(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("probes.runs.folder.Folder.models", full)
    status, _, err = command(*words)
    assert (status, err.count("probes: out of memory")) == (2, 1), err
    assert {path: path.read_bytes() for path in before} == before


def test_what_is_said_of_many_models_is_said_once_with_their_number(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A sentence of a few models is said of each."""
    rows = [(f"x{i}", "a", "the same") for i in range(30)] + [("n", "y", "b"), ("n", "z", "b")]
    frame = pd.DataFrame(rows, columns=["model", "axis", "reason"])
    numbers = ["position", "low", "high", "minimum", "maximum", "direction", "yes_bias"]
    others = ["answered", "asked", "opposition", "control", "official", "placed", "failures"]
    frame = frame.reindex(columns=[*frame.columns, *numbers, *others], fill_value=0.0)
    _tables.placements(frame, frame[["model"]].drop_duplicates())
    said = [line for line in capsys.readouterr().out.splitlines() if ": " in line]
    assert said == ["x0 and 29 models more, remarks: the same", "n, remarks: b"]


def test_who_is_not_placed_is_said_before_all_remarks(capsys: pytest.CaptureFixture[str]) -> None:
    """Also before those of models that come first."""
    frame = pd.DataFrame({"model": ["m", "n"], "axis": "a", "reason": ["low", "why; low"]})
    numbers = ["position", "low", "high", "minimum", "maximum", "direction", "yes_bias"]
    others = ["answered", "asked", "opposition", "control", "official", "placed"]
    frame = frame.reindex(columns=[*frame.columns, *numbers, *others], fill_value=0.0)
    _tables.placements(frame.assign(failures=[0, 1]), frame[["model"]])
    said = [line for line in capsys.readouterr().out.splitlines() if ": " in line]
    assert said == ["n, not placed: why", "m, remarks: low", "n, remarks: low"]
