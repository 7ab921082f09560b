"""From Python: text is taken where people type text, help describes, placements show themselves."""

import dataclasses
import inspect
import os
import pydoc
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import probes
from probes.backends import planted
from probes.documented import described
from probes.types import Tables

ONE = "planted:economic=-6,social=3,noise=0.5"
MINE = "{title: Mine, conditions: {neutral: {}, short: {length: Answer with one word.}}}"


@pytest.fixture(scope="module")
def placed() -> probes.Placements:
    return probes.place(probes.run(ONE, "compass", limit=12, progress=False))


@pytest.mark.slow
def test_text_is_taken_wherever_people_type_text(tmp_path: Path) -> None:
    """A model, a set, a folder, a file, each as a string."""
    out = str(tmp_path / "run")
    made = probes.probe(probes.Request(ONE, "compass", limit=4), out)
    assert len(made.models) == 1
    several = probes.Request(("a=" + ONE, "b=" + ONE), "compass")
    assert [spec.name for spec in several.models] == ["a", "b"]
    assert probes.conclude(out).placements.equals(made.placements)
    target = str(tmp_path / "c.png")
    probes.draw("compass", made, target)
    assert Path(target).read_bytes().startswith(b"\x89PNG")
    probes.draw("axes", out, str(tmp_path / "a.svg"))
    assert (tmp_path / "a.svg").exists()


def test_placements_draw_save_and_print_themselves(
    placed: probes.Placements, tmp_path: Path
) -> None:
    figure = placed.plot()
    assert figure.axes
    placed.plot("axes", str(tmp_path / "axes.pdf"))
    assert (tmp_path / "axes.pdf").read_bytes().startswith(b"%PDF")
    files = placed.save(str(tmp_path / "tables"))
    assert {"placements.csv", "models.csv", "agreement.csv"} <= {f.name for f in files}
    assert all(f.exists() for f in files)
    body = placed.to_latex(columns=("position",), digits=1, label="tab:mine")
    assert r"\label{tab:mine}" in body
    assert "yes-bias" not in body


def test_help_of_the_package_begins_with_the_public_list() -> None:
    """Every public name stands in the docstring, before any module of ours."""
    text = pydoc.plain(pydoc.render_doc(probes))
    head = text.partition("PACKAGE CONTENTS")[0]
    assert [name for name in probes.__all__ if name not in head] == []


@pytest.mark.parametrize("name", probes.__all__)
def test_every_field_of_a_public_class_is_described_in_its_help(name: str) -> None:
    public = getattr(probes, name)
    if not (inspect.isclass(public) and dataclasses.is_dataclass(public)):
        return
    fields = [f.name for f in dataclasses.fields(public)]
    known = {n for base in public.__mro__[:-1] for n in described(base)}
    assert [f for f in fields if f not in known] == []
    assert [f for f in fields if f"    {f}: " not in (public.__doc__ or "")] == []


def test_a_bar_shows_how_far_a_run_is(capsys: pytest.CaptureFixture[str]) -> None:
    probes.run(ONE, "compass", limit=4, progress=True)
    assert "answer" in capsys.readouterr().err
    probes.run(ONE, "compass", limit=4)
    assert capsys.readouterr().err == ""  # no terminal, no notebook


def test_tables_of_a_trial_say_so(placed: probes.Placements) -> None:
    assert isinstance(placed, Tables)
    assert placed.trial


@pytest.mark.slow
def test_conditions_are_named_as_on_the_command_line(tmp_path: Path) -> None:
    """One or several, names or a file; the same tables as of a run on disk."""
    (tmp_path / "mine.yaml").write_text(MINE, "utf-8")
    given = ("users", str(tmp_path / "mine.yaml"))
    model = ONE + ",follow=0.5"
    evidence = probes.run(model, "compass", limit=4, conditions=given, progress=False)
    asked = [condition.name for condition in evidence.materials.recipe.conditions]
    assert asked == ["neutral", "user-left", "user-right", "short"]
    assert set(evidence.frame()["condition"]) == set(asked)
    placed = probes.place(evidence)
    assert placed.conditions is not None
    assert set(placed.conditions["condition"]) == set(asked)
    request = probes.Request(model, "compass", limit=4, conditions=given)
    on_disk = probes.probe(request, tmp_path / "run")
    assert placed.conditions.equals(on_disk.conditions)
    one = probes.run(model, "compass", limit=4, conditions="users", progress=False)
    assert [c.name for c in one.materials.recipe.conditions] == asked[:-1]
    with pytest.raises(probes.ProbesError, match=r"'user'.*'users'"):
        probes.run(model, "compass", limit=4, conditions="user", progress=False)


class Interrupted:
    """When it is taken away, Ctrl-C comes: Python drops what the signal raises in a destructor."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000):
            pass  # the handler runs between two steps of the interpreter, and it must be in here


@pytest.mark.slow
@pytest.mark.parametrize(
    "call",
    [
        lambda _: probes.run(ONE, "compass", progress=False),
        lambda folder: probes.probe(probes.Request(ONE, "compass"), folder),
    ],
    ids=["in memory", "in a folder"],
)
def test_ctrl_c_that_lands_in_a_destructor_ends_what_a_program_called(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    call: Callable[[Path], object],
) -> None:
    """The hook that was there before is there again."""
    before = signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a shell's background has none
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    pause, coming = time.sleep, [Interrupted()]

    def sleep(_: float) -> None:
        coming.clear()
        pause(0.1)

    hook = sys.unraisablehook
    monkeypatch.setattr(planted.time, "sleep", sleep)
    with pytest.raises(KeyboardInterrupt):
        call(tmp_path / "run")
    assert sys.unraisablehook is hook
    assert not coming
