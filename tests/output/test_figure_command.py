"""`probes plot`: any run, options or place to write: a right picture or one clear sentence."""

import os
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from matplotlib.image import imread

from probes import plugins
from probes.errors import SetError
from probes.output import published
from probes.runs import session
from probes.types import ModelSpec

pytestmark = pytest.mark.usefixtures("pictureless")

Command = Callable[..., tuple[int, str, str]]

FIGURES = ("axes", "bias", "compass", "statements", "timeline", "topics", "wordings")
SET = """\
name: small
title: A small set
language: en
licence: CC0-1.0
axes: {AXES}
statements:
"""
LONG = "x" * 100 + "l" * 100
NEEDS = {
    "compass": "axes",
    "timeline": "no model with a position has a release date",
    "bias": "no model has both a position and a yes-bias",
    "topics": "holds no position",
    "wordings": "holds no position",
}
NOTHING = "no model has a position on both axes"
"""What figures say when they cannot be drawn."""


def small(folder: Path, axes: int, statements: int = 8) -> Path:
    """A set with mirrors and topics on so many axes."""
    names = [f"a{i}" for i in range(axes)]
    text = SET.replace(
        "{AXES}",
        "{" + ", ".join(f"{n}: {{negative: {n}-low, positive: {n}-high}}" for n in names) + "}",
    )
    for n in range(statements):
        effects = f"{{{names[n % axes]}: {1 if n // axes % 2 else -1}}}"
        text += f"  - {{id: s{n}, topic: t{n % 4}, text: Claim {n} is right., "
        text += f"mirror: Doubt {n} is fair., effects: {effects}}}\n"
    (folder / "small.yaml").write_text(text, encoding="utf-8")
    return folder / "small.yaml"


def asked(folder: Path, models: dict[str, str], axes: int = 2, limit: int | None = None) -> Path:
    """A run of planted models; the folder."""
    specs = [ModelSpec(name, text, "planted") for name, text in models.items()]
    of = str(small(folder, axes))
    session.probe(session.Request(specs, of, limit=limit), folder / "out")
    return folder / "out"


OPINIONS = {
    "one": "a0=-5,noise=.4",
    "two": "a0=4,noise=.4",
    "three": "a0=1,yes=1,noise=.4",
}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three models on two axes."""
    return asked(tmp_path_factory.mktemp("three"), OPINIONS)


def drawn(command: Command, figure: str, folder: Path, *words: str) -> str:
    """The sentence if there was one, else nothing and a whole picture."""
    target = folder.parent / f"{figure}.png"
    target.unlink(missing_ok=True)
    status, _, said = command("plot", figure, str(folder), "-o", str(target), *words)
    if status == 0:
        assert imread(target).std() > 0.01
        return ""
    assert (status, target.exists()) == (2, False)
    assert said.startswith("probes: ")
    assert "Traceback" not in said
    assert said.count("\n") == 1
    return said


UNLIKE: dict[str, tuple[dict[str, str], int, int | None]] = {
    "one model": ({"one": "a0=-3,noise=.4"}, 2, None),
    "one statement": (OPINIONS, 2, 1),
    "none placed": ({"yes": "yes=3", "silent": "abstain=1"}, 2, None),
    "one axis": (OPINIONS, 1, None),
    "three axes": (OPINIONS, 3, None),
    "odd names": (
        {"模型甲": "a0=-3", "نموذج": "a0=2", LONG[:-1] + "1": "a0=1", LONG: "a0=2"},
        *(2, None),
    ),
}


@pytest.fixture(scope="module")
def unlike(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Runs unlike others; and, made of their tables, many models and one with gaps."""

    @cache
    def made(name: str) -> Path:
        folder = tmp_path_factory.mktemp("run")
        if name in UNLIKE:
            return asked(folder, *UNLIKE[name])
        count, _, _ = name.partition(" ")
        change = gaps if name == "no numbers" else partial(many, int(count))
        return changed(made("odd names"), folder, change)

    return made


def changed(run: Path, folder: Path, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Path:
    """A copy of a run without its answers, its tables changed and its models dated."""
    target = folder / "out"
    target.mkdir()
    for path in (path for path in run.iterdir() if path.is_file()):
        (target / path.name).write_bytes(path.read_bytes())
    for path in target.glob("*.csv"):
        table = pd.read_csv(path)
        if "model" in table and path.stem not in {"agreement", "variance"}:
            about = {"released": "2024-05"} if path.stem == "models" else {}
            change(table.assign(**about)).to_csv(path, index=False)
    return target


def many(count: int, table: pd.DataFrame) -> pd.DataFrame:
    """So many models, nearly all with the numbers of one."""
    one = table[table["model"] == LONG]
    return pd.concat([table, *(one.assign(model=f"{LONG}{i}文") for i in range(count - 4))])


def gaps(table: pd.DataFrame) -> pd.DataFrame:
    """One model without any number."""
    numbers = list(table.select_dtypes("float").columns)
    table.loc[table["model"] == LONG, numbers] = float("nan")
    return table


def _pair(name: str, figure: str) -> object:
    """Two figures of every run and every figure of one; the others in long tests."""
    usual = name != "300 models" and (figure in {"compass", "axes"} or name == "odd names")
    return pytest.param(name, figure, marks=[pytest.mark.slow if usual else pytest.mark.soak])


@pytest.mark.parametrize(
    ("name", "figure"),
    [
        _pair(name, figure)
        for name in (*UNLIKE, "60 models", "300 models", "no numbers")
        for figure in FIGURES
    ],
)
def test_a_run_that_is_unlike_others_is_drawn_or_said(
    name: str, figure: str, unlike: Callable[[str], Path], command: Command
) -> None:
    """`axes` and `statements`: always. The others say what they need."""
    sentence = drawn(command, figure, unlike(name))
    assert not sentence or NEEDS[figure] in sentence or NOTHING in sentence
    if figure == "compass":
        assert bool(sentence) == (name in {"one axis", "one statement"})
    if name in {"60 models", "300 models", "no numbers"}:
        assert not sentence


@pytest.mark.parametrize("figure", FIGURES)
def test_a_folder_without_answers_is_one_sentence(
    figure: str, tmp_path: Path, command: Command
) -> None:
    (tmp_path / "out").mkdir()
    assert "not the folder of a run" in drawn(command, figure, tmp_path / "out")


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("picture.docx", "matplotlib has no format '.docx'; valid: "),
        ("picture", "by its suffix; valid: "),
        ("nowhere/picture.png", "there is no folder '"),
        ("folder.png", "cannot be written there: something that is no file is there"),
    ],
)
def test_where_it_cannot_be_saved_is_one_sentence(
    target: str, sentence: str, out: Path, tmp_path: Path, command: Command
) -> None:
    (tmp_path / "folder.png").mkdir()
    status, _, said = command("plot", "axes", str(out), "-o", str(tmp_path / target))
    assert status == 2
    assert sentence in said
    assert said.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["folder.png"]


def test_a_folder_that_cannot_be_written_is_one_sentence(
    out: Path, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said by the file system, even where the tests run as root and nothing is read-only."""

    def refused(path: Path, data: bytes) -> int:
        raise PermissionError(13, os.strerror(13), str(path))

    monkeypatch.setattr(Path, "write_bytes", refused)
    status, _, said = command("plot", "axes", str(out), "-o", str(tmp_path / "picture.png"))
    assert status == 2
    assert "cannot be written there: Permission denied" in said
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_options_reach_the_figure(out: Path, tmp_path: Path, command: Command) -> None:
    """--width in inches at 200 pixels each; --x and --y turn the compass round."""
    for name, words in {"a": ("--width", "3.3"), "b": ("--style", "slide"), "c": ()}.items():
        assert (
            command("plot", "axes", str(out), "-o", str(tmp_path / f"{name}.png"), *words)[0] == 0
        )
    widths = [imread(tmp_path / f"{name}.png").shape[1] for name in "abc"]
    assert widths == [660, 2000, 1300]
    turned = tmp_path / "turned.svg"
    words = ("--x", "a1", "--y", "a0", "--font-size", "9")
    assert command("plot", "compass", str(out), "-o", str(turned), *words)[0] == 0
    assert "on the a1 and a0 axes" in turned.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("axes", "--by", "access"), "'axes' takes no --by; it takes --anchors, --style, --width"),
        (("timeline", "--published"), "'timeline' takes no --published; it takes --by, --style"),
        (("compass", "--published"), "nothing is published on the axes a0 and a1 of small"),
        (("compass", "--anchors"), "this set has no respondents"),
        (("timeline", "--by", "size"), "--by size: valid: access, parameters, released"),
        (("compass", "--x", "a9"), "this set has no axis 'a9'"),
        (("axes", "--style", "poster"), "there is no figure style 'poster'"),
        (("axes", "--width", "1"), "width must be 2 to 60 inches"),
        (("axes", "--font-size", "1"), "font size must be 3 to 40 points"),
        (("axis",), "unknown figure 'axis': did you mean 'axes'?"),
    ],
)
def test_what_an_option_cannot_mean_is_one_sentence(
    words: tuple[str, ...], sentence: str, out: Path, command: Command
) -> None:
    figure, *options = words
    status, _, said = command("plot", figure, str(out), *options)
    assert status == 2
    assert sentence in said
    assert said.count("\n") == 1


def test_a_users_figure_takes_the_options_that_it_names(
    out: Path, tmp_path: Path, command: Command
) -> None:
    mine = tmp_path / "mine.py"
    mine.write_text(
        "from __future__ import annotations\n"
        "from dataclasses import dataclass\n"
        "from matplotlib.figure import Figure\n"
        "@dataclass\n"
        "class Dot:\n"
        "    x: float\n"
        "def draw(tables, *, by='nothing'):\n"
        "    figure = Figure()\n"
        "    figure.text(0.5, 0.5, by)\n"
        "    return figure\n"
    )
    target = tmp_path / "mine.svg"
    assert command("plot", str(mine), str(out), "-o", str(target), "--by", "colour")[0] == 0
    status, _, said = command("plot", str(mine), str(out), "--anchors")
    assert (status, "takes no --anchors; it takes --by" in said) == (2, True)


@pytest.mark.slow
@pytest.mark.parametrize("by", ["released", "parameters", "access"])
def test_what_models_yaml_says_reaches_the_timeline(
    by: str, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Date, size, access and parent go from the registry by the evidence into models.csv."""
    about = {"backend": "planted", "id": "a0=2,noise=.4", "family": "f", "access": "gated"}
    base = {**about, "released": "2023-01", "parameters": 1000}
    tuned = {**about, "released": "2023-07", "parameters": 2000, "parent": "base"}
    (tmp_path / "models.yaml").write_text(yaml.safe_dump({"base": base, "tuned": tuned}))
    monkeypatch.setenv("PROBES_MODELS", str(tmp_path / "models.yaml"))
    names = ("--model", "base", "--model", "tuned", "--model", "planted:a0=1,noise=.4")
    of, out = str(small(tmp_path, 1)), str(tmp_path / "out")
    assert command("run", *names, "--set", of, "--out", out)[0] == 0
    told = pd.read_csv(tmp_path / "out" / "models.csv").set_index("model")
    assert told.loc["tuned", ["released", "parameters", "access", "parent"]].to_list() == [
        *("2023-07", 2000, "gated", "base")
    ]
    target = tmp_path / "timeline.svg"
    assert command("plot", "timeline", out, "--by", by, "-o", str(target))[0] == 0
    shown = target.read_text(encoding="utf-8")
    assert "Positions of 2 models" in shown
    assert "from a model to one trained from it" in shown


def test_every_figure_is_found_by_name() -> None:
    assert set(FIGURES) <= set(plugins.names("plots"))


# --- published ---------------------------------------------------------------------------------


@cache
def shipped(name: str) -> dict[str, Any]:
    """What the file of a set that ships holds."""
    path = Path(plugins.data("statements", name, SetError))
    head: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return head


def test_published_placements_are_on_axes_of_sets_that_ship() -> None:
    """Each with its source, within the scale, as many positions on each axis."""
    found = published.load()
    for one in found:
        head = shipped(one.set)
        assert set(one.at) <= set(head["axes"])
        assert one.source
        assert len({len(positions) for positions in one.at.values()}) == 1
        scale = head.get("scale", 10)
        assert all(abs(x) <= scale for positions in one.at.values() for x in positions)
    assert {one.set for one in found} == {"pct62", "8values", "sapply"}


def test_published_numbers_are_as_printed_less_the_centre() -> None:
    """Checked by hand: one of each instrument."""
    at = {(one.model, one.set): one.at for one in published.load()}
    assert at["gpt-4o", "pct62"]["economic"] == (-5.25, -5.38, -5.38)
    assert at["gpt2-xl", "8values"]["econ"] == (11.3,)
    assert at["Grok 4.1 Fast", "sapply"] == {"right": (3.23,), "auth": (-0.97,), "prog": (5.81,)}


def test_a_damaged_file_of_published_placements_says_where(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("a: {source: A, url: u, set: s, axes: [x, y], models: {m: [[1]]}}\n")
    with pytest.raises(SetError, match=r"mine\.yaml: a: .*m: each point needs 2 numbers"):
        published.load(path)
