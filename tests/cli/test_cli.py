"""The command: what it prints, what it leaves, and the one sentence of every mistake."""

import inspect
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from probes import cli
from probes.cli import _tables
from probes.cli.downstream.study import run as downstream_run
from probes.cli.train import finetune
from probes.errors import ModelError
from probes.training.classifiers.request import ClassifierOptions
from tests.asking.test_loop import MINI
from tests.checkpoints import build


@pytest.fixture
def probes(
    monkeypatch: pytest.MonkeyPatch, command: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> Callable[..., tuple[int, str, str]]:
    """Run a command line in an empty folder that holds `mini.yaml`: (status, out, err)."""
    (tmp_path / "mini.yaml").write_text(MINI)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    return command


Call = Callable[..., tuple[int, str, str]]
RUN = ("run", "--set", "./mini.yaml", "--out", "out")
PLANTED = "planted:economic=-6,yes=1,noise=.5"


def refused(result: tuple[int, str, str], part: str) -> None:
    """Status 2, one sentence a fault, no traceback, and the part that says what is wrong."""
    status, _, said = result
    assert status == 2, said
    assert part in said
    assert "Traceback" not in said


def test_a_run_prints_where_models_stand_and_writes_the_compass(probes: Call) -> None:
    """A table with intervals; csv, png and svg in the folder."""
    status, out, _ = probes(*RUN, "--model", PLANTED, "--model", "b=planted:economic=5")
    assert status == 0
    assert "95 % interval" in out
    assert "economic" in out
    assert Path("out/placements.csv").exists()
    assert {p.stem for p in Path("out/answers").iterdir()} >= {"b"}


@pytest.mark.slow
def test_a_two_axis_run_draws_the_compass_and_any_figure_again(probes: Call) -> None:
    """png, svg and pdf by suffix, and a figure of one's own by its path."""
    assert probes("run", "--model", "planted:economic=-6,social=3", "--out", "out")[0] == 0
    assert Path("out/compass.png").read_bytes().startswith(b"\x89PNG")
    assert Path("out/compass.svg").read_text().lstrip().startswith("<?xml")
    assert probes("plot", "compass", "out", "-o", "c.pdf")[0] == 0
    assert Path("c.pdf").read_bytes().startswith(b"%PDF")
    assert probes("plot", "axes", "out")[0] == 0
    assert Path("out/axes.png").exists()
    Path("mine.py").write_text(
        "from matplotlib.figure import Figure\n"
        "def draw(tables):\n    figure = Figure()\n    figure.text(0.1, 0.5, tables.caption)\n"
        "    return figure\n"
    )
    assert probes("plot", "./mine.py", "out", "-o", "mine.svg")[0] == 0
    assert Path("mine.svg").exists()


def test_place_makes_the_same_tables_again(probes: Call) -> None:
    """From the answers alone."""
    probes(*RUN, "--model", PLANTED)
    before = Path("out/placements.csv").read_bytes()
    Path("out/placements.csv").unlink()
    assert probes("place", "out")[0] == 0
    assert Path("out/placements.csv").read_bytes() == before


@pytest.mark.slow
def test_sets_and_models_are_listed(probes: Call) -> None:
    """What ships, and what a family has."""
    assert "compass" in probes("sets", "list")[1]
    assert "mirror:" in probes("sets", "show", "./mini.yaml")[1]
    status, out, _ = probes("sets", "check", "./mini.yaml")
    assert status == 0
    assert "keying, economic" in out
    listed = probes("models", "--family", "pythia")[1]
    assert "pythia" in listed
    assert "roberta" not in listed


def test_help_names_every_command(probes: Call) -> None:
    """And exits with 0."""
    status, out, _ = probes("--help")
    assert status == 0
    assert all(name in out for name in ("run", "place", "plot", "sets", "models", "demo"))


USAGE = {
    "unknown model": (("--model", "gpt22"), "gpt2"),
    "missing folder": (("--model", "./nowhere"), "nowhere"),
    "unknown set": (("--model", PLANTED, "--set", "compas"), "did you mean 'compass'"),
    "missing set": (("--model", PLANTED, "--set", "./no.yaml"), "there is no such file"),
    "unknown protocol": (("--model", PLANTED, "--protocol", "defalt"), "did you mean 'default'"),
    "unknown backend": (("--model", "x/y", "--backend", "maskd"), "did you mean 'masked'"),
    "limit 0": (("--model", PLANTED, "--limit", "0"), "at least 1"),
    "limit no number": (("--model", PLANTED, "--limit", "x"), "--limit"),
    "batch size": (("--model", PLANTED, "--batch-size", "0"), "--batch-size 0"),
    "equal names": (("--model", PLANTED, "--model", PLANTED), "NAME=PATH"),
    "planted nonsense": (("--model", "planted:economic"), "NAME=NUMBER"),
    "planted axis": (("--model", "planted:econmic=3"), "did you mean 'economic'"),
    "no model": ((), "--model"),
    "ray before its value": (("--ray",), "--model"),
    "hub id offline": (("--model", "nobody/nothing"), "nobody/nothing"),
}


BARE = ("run", "place", "plot", "report", "table", "export", "compare", "view", "pretrain")
NESTED = (("sets", "check"), ("sets", "import"), ("sets", "show"), ("stance", "judge"))


@pytest.mark.parametrize("words", [*((word,) for word in BARE), *NESTED])
def test_a_command_alone_says_what_it_lacks(probes: Call, words: tuple[str, ...]) -> None:
    """Exit status 2; no traceback."""
    status, _, err = probes(*words)
    assert status == 2
    assert f"probes {' '.join(words)}: say " in err or "say what to probe" in err


def test_a_folder_of_headers_alone_has_no_answers_yet(probes: Call) -> None:
    """As a run leaves it that was killed before the first answer; nothing is written."""
    assert probes(*RUN, "--model", PLANTED)[0] == 0
    for file in Path("out/answers").iterdir():
        file.write_text(file.read_text().splitlines(keepends=True)[0])
    before = {path: path.stat().st_mtime_ns for path in Path("out").rglob("*.csv")}
    refused(probes("place", "out"), "holds no answers yet")
    assert before == {path: path.stat().st_mtime_ns for path in Path("out").rglob("*.csv")}


@pytest.mark.parametrize(("words", "part"), USAGE.values(), ids=USAGE)
def test_a_mistake_is_one_sentence_and_status_2(
    probes: Call, words: tuple[str, ...], part: str
) -> None:
    """And leaves nothing behind."""
    refused(probes(*RUN, *words), part)
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("plot", "compas", "out"), "did you mean 'compass'"),
        (("plot", "axes", "out", "-o", "x.docx"), "docx"),
        (("plot", "axes", "out", "-o", "nowhere/x.png"), "nowhere"),
        (("plot", "compass", "out"), "axes"),
        (("plot", "axes", "."), "run.yaml"),
        (("place", "."), "run.yaml"),
        (("report", "out", "--pdf", "-o", "x.html"), "end its name with .pdf"),
        (("report", "out", "-o", "x.pdf"), "add --pdf"),
        (("place", "nowhere"), "run.yaml"),
        (("sets", "check", "compas"), "did you mean 'compass'"),
        (("models", "--family", "pythja"), "pythia"),
    ],
)
def test_a_mistake_about_a_finished_run_is_one_sentence(
    probes: Call, words: tuple[str, ...], part: str
) -> None:
    """Figure, format, folder."""
    probes(*RUN, "--model", PLANTED)
    refused(probes(*words), part)


def spoilt(folder: Path, how: str) -> Path:
    """A copy of a good checkpoint with one thing wrong."""
    folder = build("bert", folder)
    if how == "no config":
        (folder / "config.json").unlink()
    elif how == "no tokenizer":
        for path in folder.glob("*token*"):
            path.unlink()
        (folder / "vocab.txt").unlink(missing_ok=True)
    elif how == "no weights":
        (folder / "model.safetensors").unlink()
    elif how == "truncated":
        weights = folder / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:-1000])
    elif how == "nan":
        tensors = load_file(folder / "model.safetensors")
        tensors["cls.predictions.bias"] = torch.full_like(
            tensors["cls.predictions.bias"], torch.nan
        )
        save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    elif how == "vision":
        (folder / "config.json").write_text(
            '{"model_type": "vit", "architectures": ["ViTForImageClassification"]}'
        )
    return folder


MODELS = {
    "no config": "config.json",
    "no tokenizer": "tokenizer",
    "no weights": "weights",
    "truncated": "truncated or damaged",
    "nan": "finite",
    "vision": "ViTForImageClassification",
}


@pytest.mark.parametrize("how", MODELS)
def test_a_bad_checkpoint_is_one_sentence(probes: Call, tmp_path: Path, how: str) -> None:
    """What is missing or wrong in the model's folder; no run is begun."""
    folder = spoilt(tmp_path / "model", how)
    refused(probes(*RUN, "--model", str(folder)), MODELS[how])
    assert not list(Path("out").glob("*.csv"))


@pytest.mark.slow
def test_a_statement_longer_than_the_context_is_named(probes: Call, tmp_path: Path) -> None:
    """With the model's limit, before anything is asked."""
    model = build("bert", tmp_path / "model")
    long = MINI.replace("Taxes should fall.", "Taxes should fall" + " and fall" * 180 + ".")
    Path("long.yaml").write_text(long)
    refused(
        probes("run", "--set", "./long.yaml", "--model", str(model), "--out", "out"),
        "'tax'",
    )


def test_a_foreign_or_unwritable_folder_is_refused(probes: Call) -> None:
    """Nothing in it is touched."""
    Path("out").mkdir()
    Path("out/thesis.txt").write_text("mine")
    refused(probes(*RUN, "--model", PLANTED), "not empty")
    assert [p.name for p in Path("out").iterdir()] == ["thesis.txt"]
    refused(probes("run", "--set", "./mini.yaml", "--model", PLANTED, "--out", "mini.yaml"), "mini")
    refused(
        probes("run", "--set", "./mini.yaml", "--model", PLANTED, "--out", "/proc/out"), "/proc/out"
    )


@pytest.mark.slow
def test_a_full_disk_is_one_sentence_and_the_evidence_is_whole(
    probes: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What reached the disk is kept; the same command goes on when there is room."""
    from probes.evidence import answers

    write, count = answers.AnswerLog.write, []

    def full(self: answers.AnswerLog, batch: list) -> None:
        count.append(1)
        if len(count) == 3:
            raise OSError(28, os.strerror(28))
        write(self, batch)

    monkeypatch.setattr(answers.AnswerLog, "write", full)
    refused(probes(*RUN, "--model", PLANTED, "--batch-size", "4"), "No space left")
    monkeypatch.setattr(answers.AnswerLog, "write", write)
    assert probes(*RUN, "--model", PLANTED, "--batch-size", "4")[0] == 0


@pytest.mark.slow
def test_ctrl_c_exits_with_130_and_can_be_resumed(
    command: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command says so, and going on completes the run."""
    (tmp_path / "mini.yaml").write_text(MINI)
    words = [sys.executable, "-m", "probes", *RUN, "--batch-size", "4", "--limit", "1"]
    words += ["--model", "m=planted:economic=-6,delay=.05"]
    evidence = tmp_path / "out" / "answers" / "m.jsonl"
    process = subprocess.Popen(
        words,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background jobs ignore Ctrl-C, and so would what they start.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    while not evidence.exists() or evidence.read_bytes().count(b"\n") < 10:
        time.sleep(0.01)  # until it is well within the loop
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130
    assert "goes on from here" in said
    monkeypatch.chdir(tmp_path)
    assert command(*words[3:])[0] == 0
    assert (tmp_path / "out" / "placements.csv").exists()


def test_markup_in_names_and_texts_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    """A name such as [red] is printed, not obeyed."""
    _tables.table([{"model": "[red]x[/red]", "position": 1.0}])
    assert "[red]x[/red]" in capsys.readouterr().out


@pytest.mark.slow
def test_a_set_is_asked_in_its_own_language(probes: Call) -> None:
    """Unless a protocol is typed; a folder of its own for each language."""
    assert (
        probes("run", "--set", "compass.de", "--limit", "4", "--model", "planted:social=3")[0] == 0
    )
    assert "name: default.de" in Path("runs/compass.de-default.de/protocol.yaml").read_text()


@contextmanager
def _as_at_start(number: signal.Signals) -> Iterator[None]:
    """The handler that a process begins with: whoever was here before, such as Ray, may have left
    another."""
    ctrl_c = number == signal.SIGINT
    before = signal.signal(number, signal.default_int_handler if ctrl_c else signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(number, before)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_is_not_lost_in_a_destructor(
    monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """Python drops what is raised there, and the command would go on as if nothing had come."""

    class Falling:
        def __del__(self) -> None:
            signal.raise_signal(number)

    def work(**_: object) -> None:
        del_me = Falling()
        del del_me
        time.sleep(10)
        pytest.fail("the command went on")

    monkeypatch.setattr(sys, "argv", ["probes"])
    monkeypatch.setattr(cli, "app", work)
    with _as_at_start(number), pytest.raises((SystemExit, KeyboardInterrupt)) as raised:
        cli.main()
    assert getattr(raised.value, "code", 128 + signal.SIGINT) == 128 + number


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
@pytest.mark.parametrize("kind", [RuntimeError, ImportError, ModelError])
def test_a_signal_of_which_a_library_makes_an_error_ends_the_command(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    number: signal.Signals,
    kind: type[Exception],
) -> None:
    """Also where that error is the cause of one of ours: not what failed is said, but the stop."""

    def work(**_: object) -> None:
        try:
            try:
                signal.raise_signal(number)
            except BaseException as error:
                raise RuntimeError("cannot be imported") from error
        except RuntimeError as error:
            raise kind("its model cannot be loaded") from error

    monkeypatch.setattr(sys, "argv", ["probes"])
    monkeypatch.setattr(cli, "app", work)
    with _as_at_start(number), pytest.raises(SystemExit) as raised:
        cli.main()
    assert raised.value.code == 128 + number
    assert capsys.readouterr().err == "stopped; the same command goes on from here\n"


def test_the_commands_that_train_classifiers_have_the_same_options_and_defaults() -> None:
    """Those of `ClassifierOptions`; but a study trains from several seeds, and with several
    losses."""
    one, many = (inspect.signature(of).parameters for of in (finetune, downstream_run))
    names = {field.name for field in fields(ClassifierOptions)}
    for name in names - {"seed", "loss"}:
        assert one[name].annotation == many[name].annotation, name
        assert one[name].default == many[name].default == getattr(ClassifierOptions(), name), name
    for name in one.keys() & many.keys() - names - {"model", "out"}:
        assert one[name].annotation == many[name].annotation, name
        assert one[name].default == many[name].default, name
