"""What one sees on a terminal: tables that fit, progress, help, and what to do next."""

import json
import re
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer.main
import yaml
from rich.cells import cell_len

from probes import __version__, cli, plugins
from probes.cli import _tables
from probes.cli.parts import layout, progress
from probes.cli.parts.command import Command
from probes.cli.parts.examples import EXAMPLES
from probes.cli.parts.pace import Pace, spoken
from probes.output.reservations import decisive
from probes.runs import read_back
from probes.runs.session import Progress
from tests.run_folders import instrument

Call = Callable[..., tuple[int, str, str]]
MODELS = (
    *("--model", "masked-right-authoritarian=planted:economic=6,social=4,noise=0.5"),
    *("--model", "masked-left-libertarian-2024=planted:economic=-6,social=-5,noise=0.5"),
)
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
LISTED = ("sets", "protocols", "wordings", "tasks")
"""Groups whose `list` needs no argument."""


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two models with long names."""
    folder = tmp_path_factory.mktemp("terminal")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(
            sys, "argv", ["probes", "run", "-q", *MODELS, "--limit", "12", "--out", "run"]
        )
        with pytest.raises(SystemExit) as ended:
            cli.main()
    assert not ended.value.code
    return folder / "run"


@pytest.mark.parametrize("width", [40, 80, 100, 120])
@pytest.mark.parametrize(
    "words",
    [
        ("compare", "RUN", "masked-left-libertarian-2024", "masked-right-authoritarian"),
        ("sets", "list"),
        ("models", "--family", "gpt2"),
        ("protocols", "list"),
        ("wordings", "list"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_no_number_or_name_is_cut_or_wrapped_at_any_width(
    command: Call, pair: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], width: int
) -> None:
    """No ellipsis, no line that is too long, and every name and number in one piece."""
    monkeypatch.setenv("COLUMNS", str(width))
    status, out, _ = command(*(str(pair) if word == "RUN" else word for word in words))
    assert status in {0, 1}
    assert ELLIPSIS not in out
    assert max(map(cell_len, out.splitlines())) <= width or width == 40
    monkeypatch.setenv("COLUMNS", "400")
    whole = command(*(str(pair) if word == "RUN" else word for word in words))[1]
    names = {"masked-right-authoritarian", "compass.de", "default.fr", "four-choose"}
    assert [name for name in names if name in whole and name not in out] == []


@pytest.mark.parametrize("width", [80, 120, 150, 160, 175, 200])
def test_texts_are_folded_whole_beside_texts_that_are_short(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int
) -> None:
    """Room that a short text leaves goes to one of the others, once."""
    rows = [
        {
            "name": "one answer from all no to all yes, economic",
            "value": " ".join(f"v{n}" for n in range(30)),
            "verdict": "ok",
            "sentence": " ".join(f"w{n}" for n in range(60)),
        }
    ]
    monkeypatch.setenv("COLUMNS", str(width))
    layout.table(rows)
    out = capsys.readouterr().out
    told = set(out.split())
    assert {f"v{n}" for n in range(30)} | {f"w{n}" for n in range(60)} <= told
    assert max(map(cell_len, out.splitlines())) <= width


def test_at_80_columns_a_model_and_axis_is_one_line(
    pair: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Name, position, interval, placed; and it is said what there was no room for."""
    for width in (40, 80, 100):
        monkeypatch.setenv("COLUMNS", str(width))
        _tables.tables(read_back.tables(pair))
        out = capsys.readouterr().out
        assert max(map(cell_len, out.splitlines())) <= width
        assert ELLIPSIS not in out
        assert "masked-left-libertarian-2024" in out
    monkeypatch.setenv("COLUMNS", "80")
    _tables.tables(read_back.tables(pair))
    out = capsys.readouterr().out
    row = r" masked-right-authoritarian +economic +[+]\d\.\d\d +[+]\d\.\d\d to [+]\d\.\d\d +trial"
    assert re.search(row, out)
    assert "no room for direction" in out
    assert "bounds" not in out  # no answer is missing


def test_a_table_is_as_wide_as_columns_says_also_in_a_pipe(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"name": "a" * 30, "text": "some words of a text that is long " * 4, "n": 1.5}]
    monkeypatch.setenv("COLUMNS", "72")
    layout.table(rows)
    shown = capsys.readouterr().out.splitlines()
    assert max(map(len, shown)) <= 72
    assert any("a" * 30 in line and "1.50" in line for line in shown)
    monkeypatch.setenv("COLUMNS", "20")
    layout.table(rows)
    assert "a" * 30 in capsys.readouterr().out
    monkeypatch.delenv("COLUMNS")
    layout.table(rows)
    assert len(capsys.readouterr().out.splitlines()) == 5  # room for any table


def test_reasons_are_said_once_a_model_and_fatal_ones_apart(
    capsys: pytest.CaptureFixture[str],
) -> None:
    import pandas as pd

    said = "hardly prefers either side; low mass: the median is below 0.1 where options are shown"
    row = {"model": "m", "asked": 1, "answered": 1, "placed": False, "failures": 1, "reason": said}
    numbers = dict.fromkeys(
        ("position", "low", "high", "minimum", "maximum", "direction", "yes_bias"), 0.0
    )
    numbers |= dict.fromkeys(("opposition", "control", "official"), 0.5) | {"decisiveness": 0.004}
    other = {"placed": True, "failures": 0, "reason": said.split("; ")[1]}
    frame = pd.DataFrame(
        [{**row, **numbers, "axis": "a"}, {**row, **numbers, "axis": "b", **other}]
    )
    _tables.placements(frame, pd.DataFrame({"model": ["m"]}))
    out = capsys.readouterr().out
    assert out.count("hardly prefers") == 1
    assert out.count("low mass") == 1
    assert "m, not placed: hardly prefers either side (a: mean leaning 0.004)" in out
    assert re.search(r"m +a +– +– +– ", out)  # a number would be read as a claim
    assert re.search(r"m +b +0.00 +0.00 to 0.00", out)
    assert "m, remarks: low mass" in out
    assert "-0.00" not in out


FATAL = {
    "does not oppose claim and counterclaim": "opposition 0.12, chance is 0, p = 0.15",
    "answers do not depend on the statement": "content 0.48, chance is 0, p = 0.02",
    "does not tell true from false": "60 % of control pairs right, chance is 50 %, "
    "95 % interval 36 % to 81 %",
    "hardly prefers either side": "mean leaning 0.004",
    "nothing was asked": "",
}


@pytest.mark.parametrize("sentence", FATAL)
def test_a_reason_is_said_with_the_number_that_it_hangs_on(sentence: str) -> None:
    row = {"opposition": 0.12, "opposition_p": 0.15, "content": 0.48, "content_p": 0.02}
    row |= {"control": 0.6, "control_low": 0.361, "control_high": 0.809, "decisiveness": 0.004}
    assert decisive(sentence, row) == FATAL[sentence]
    assert "content below 0," in decisive(
        "answers do not depend on the statement", row | {"content": -9.3}
    )


def test_a_run_without_its_controls_is_refused_and_keeps_its_tables(
    command: Call, pair: Path, tmp_path: Path
) -> None:
    """Without them nobody would know that the gate of controls is gone."""
    folder = shutil.copytree(pair, tmp_path / "run")
    (folder / "controls.yaml").unlink()
    before = (folder / "placements.csv").read_bytes()
    status, _, err = command("place", str(folder))
    assert status == 2
    assert "controls.yaml: is missing" in err
    assert (folder / "placements.csv").read_bytes() == before


@pytest.mark.slow
def test_a_move_within_the_margin_is_called_so(
    command: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row and last line agree, and p is not 0."""
    monkeypatch.chdir(tmp_path)
    pair = (
        "--model",
        "a=planted:economic=2,social=2,noise=1",
        "--model",
        "b=planted:economic=2,social=2.1,noise=1",
    )
    command("run", *pair, "--out", "out")
    status, out, _ = command("compare", "out", "a", "b")
    assert status == 0
    assert "within the margin" in out
    assert " moved" not in out.replace("not moved", "").split("Statements that")[0]
    assert "0.00 " not in out.split("Statements that")[0] or "< 0.001" in out


@pytest.mark.slow
def test_what_compare_saved_is_kept_by_place(
    command: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same pairs and margin, made again; then the figure can be drawn."""
    monkeypatch.chdir(tmp_path)
    names = [
        w
        for n, at in (("a", 2), ("b", 5))
        for w in ("--model", f"{n}=planted:economic={at},social=1,noise=.5")
    ]
    command("run", *names, "--limit", "12", "--out", "out")
    assert not Path("out/differences.csv").exists()
    command("compare", "out", "a", "b", "--margin", "2", "--save")
    before = Path("out/differences.csv").read_bytes(), Path("out/shifts.csv").read_bytes()
    assert command("place", "out")[0] == 0
    assert (Path("out/differences.csv").read_bytes(), Path("out/shifts.csv").read_bytes()) == before
    assert command("plot", "shift", "out")[0] == 0
    Path("out/differences.csv").write_text("damaged")
    assert command("place", "out")[0] == 0
    assert not Path("out/differences.csv").exists()


def test_view_says_what_it_lacks_before_an_address(
    command: Call, pair: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "plotly", None)
    monkeypatch.setitem(sys.modules, "plotly.offline", None)
    status, out, err = command("view", str(pair), "--no-browser")
    assert (status, out) == (2, "")
    assert "needs plotly" in err


# --- progress ----------------------------------------------------------------------------------


def test_without_a_terminal_progress_is_a_line_every_so_often(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The beginning soon, then one a half minute, with the time left; and the end."""
    now = [-progress.SOON]
    lines = progress.Lines(clock=lambda: now[0])
    lines.show("m", "1/1 m: loading", 0, None)
    assert capsys.readouterr().err == ""
    now[0] = 0.0
    lines.show("m", "1/1 m: loading", 0, None)
    for done in range(0, 1001, 10):
        now[0] = done / 2
        lines.show("m", "1/1 m", done, 1000)
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "1/1 m: loading"
    assert said[-1] == "1/1 m, 1000/1000"
    assert 15 <= len(said) <= 20
    assert "about 4 min left" in " ".join(said)
    lines = progress.Lines(quiet=True)
    lines.show("m", "1/1 m", 1, 2)
    assert capsys.readouterr().err == ""


@pytest.mark.slow
def test_a_run_without_a_terminal_says_that_it_loads_and_what_to_do_next(
    command: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(progress, "SOON", 0.0)
    run = ("run", "--model", "m=planted:economic=3,social=1", "--limit", "4", "--out", "a b")
    _, out, err = command(*run)
    assert err.splitlines()[0] == "1/1 m: loading"
    assert "probes report 'a b'" in err
    assert "goes on to all statements" in err
    _, out, err = command(*run, "-v", "--json")
    assert "m: planted on cpu" in err
    assert json.loads(out)["placements"][0]["trial"] is True
    _, out, err = command(*run, "-q")
    assert (out, err) == ("", "")


@pytest.mark.parametrize(
    ("name", "rate"),
    [
        ("steady", lambda t: 1.0),
        ("faster and faster", lambda t: 0.5 + t / 600),
        ("slow at first, as where a server warms up", lambda t: 0.1 if t < 60 else 1.0),
        ("in bursts", lambda t: 3.0 if int(t) % 30 < 10 else 0.0),
    ],
)
def test_the_time_left_is_within_a_factor_of_two_from_a_third_on(
    name: str, rate: Callable[[float], float]
) -> None:
    """Of 600 answers that come at this rate, told second by second by an injected clock."""
    total, done, told, t = 600, 0.0, list[tuple[float, float]](), 0.0
    pace = Pace()
    while done < total:
        pace.tell(t, int(done))
        if total / 3 <= done <= 0.9 * total and (left := pace.left(total)) is not None:
            told.append((t, left))
        done, t = done + rate(t), t + 1
    assert told
    worst = max(max(left / (t - at), (t - at) / left) for at, left in told)
    assert worst <= 2, (name, worst)


def test_times_are_spoken() -> None:
    assert spoken(None) == ""
    assert spoken(12.2) == "about 12 s left"
    assert spoken(300) == "about 5 min left"
    assert spoken(3 * 3600) == "about 3.0 h left"


def test_what_was_found_and_warned_of_stays_on_the_screen(
    capsys: pytest.CaptureFixture[str],
) -> None:
    import logging

    with progress.running() as tell:
        tell(Progress("m", 1, 1, 0, 0, "planning", "m gives text: replies read"))
        logging.getLogger("probes.endpoint").warning("m: no reply within %g seconds", 3)
    err = capsys.readouterr().err
    assert "m gives text: replies read" in err
    assert "m: no reply within 3 seconds" in err


# --- help --------------------------------------------------------------------------------------


def every_command() -> dict[str, Command]:
    root = typer.main.get_command(cli.app)
    found = dict[str, Command]()
    for name, one in root.commands.items():  # type: ignore[attr-defined]
        inner = getattr(one, "commands", None)
        found |= {f"{name} {n}": c for n, c in inner.items()} if inner else {name: one}
    return found


COMMANDS = every_command()


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_examples_that_its_options_know(name: str) -> None:
    """And no word for a type in its help: values have names."""
    assert EXAMPLES[name]
    options = {flag for p in COMMANDS[name].params for flag in (*p.opts, *p.secondary_opts)}
    for example in EXAMPLES[name]:
        assert example.startswith(f"probes {name}")
        typed = [w for w in shlex.split(example.partition("   ")[0]) if w.startswith("-")]
        assert set(typed) <= options, example
    shown = [p.metavar for p in COMMANDS[name].params if not getattr(p, "is_flag", True)]
    assert None not in shown


def test_the_overview_shows_whole_sentences(command: Call) -> None:
    out = command("-h")[1]
    assert "..." not in out.split("Commands:")[1].split("Examples:")[0]


def test_help_names_what_ships(command: Call) -> None:
    """Protocols, figures and sets, as far as they are not editions in a language."""
    said = " ".join(command("run", "-h")[1].split())
    for name in plugins.names("protocols", ".yaml"):
        assert name in said or (name[-3:-2] == "." and f".{name[-2:]}" in said)
    assert all(name in said for name in ("compass", "pct62", "8values", "sapply"))
    said = " ".join(command("plot", "-h")[1].split())
    assert [name for name in plugins.names("plots") if name not in said] == []


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_bare_command_ends_with_a_sentence(
    command: Call, monkeypatch: pytest.MonkeyPatch, name: str, tmp_path: Path
) -> None:
    """Status 2 and one sentence that says what is missing, or, where nothing is, its result."""
    if name in {"demo", "models", *(f"{group} list" for group in LISTED)}:
        return
    monkeypatch.chdir(tmp_path)
    status, out, err = command(*name.split())
    assert (status, out) == (2, "")
    assert err.startswith("probes: ")
    assert "Traceback" not in err
    assert len(err.strip().splitlines()) == 1


def test_version_and_completion(command: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    assert command("--version")[:2] == (0, f"probes {__version__}\n")
    monkeypatch.setenv("_PROBES_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "probes sets ")
    monkeypatch.setenv("COMP_CWORD", "2")
    monkeypatch.setattr(sys, "argv", ["probes"])
    _, out, _ = command()
    assert {"list", "show", "sheet", "check"} <= set(out.split())


@pytest.mark.parametrize(
    "words", [("sets", "list"), ("models",), ("protocols", "list"), ("wordings", "list")]
)
def test_lists_are_json_for_scripts(command: Call, words: tuple[str, ...]) -> None:
    rows = json.loads(command(*words, "--json")[1])
    assert len(rows) > 3
    assert all(isinstance(row, dict) for row in rows)


# --- protocols, wordings, sheets ----------------------------------------------------------------


def test_protocols_and_wordings_are_shown_and_checked(command: Call, tmp_path: Path) -> None:
    assert "four-choose" in command("protocols", "show", "default")[1]
    assert "thresholds: answered 0.8" in command("protocols", "show", "default")[1]
    assert "no fault; 4 wordings" in command("protocols", "check", "open")[1]
    assert "I {slot} this view." in command("wordings", "show", "support")[1]
    status, _, err = command("wordings", "show", "suport")
    assert (status, "did you mean 'support'" in err) == (2, True)
    status, _, err = command("protocols", "check", "defalt")
    assert (status, "did you mean 'default'" in err) == (2, True)


@pytest.mark.parametrize("wordings", ["[{mine: {ask: a}}]", "agree", "3"])
def test_wordings_of_another_shape_are_one_sentence_with_an_example(
    command: Call, tmp_path: Path, wordings: str
) -> None:
    """The example that it gives is right."""
    path = tmp_path / "mine.yaml"
    head = "name: mine\ntitle: Mine\nmethod: choice\nwordings: "
    path.write_text(f"{head}{wordings}\n")
    status, _, err = command("protocols", "check", str(path))
    assert status == 2
    assert len(err.strip().splitlines()) == 1
    example = err.split("as in ")[2].strip()
    path.write_text(f"{head}{example}\n")
    assert command("protocols", "check", str(path))[0] == 0


@pytest.mark.slow
def test_a_sheet_goes_out_and_its_replies_come_back(
    command: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every statement and mirror is in it; filled in, all of them are answered."""
    import pandas as pd

    monkeypatch.chdir(tmp_path)
    assert command("sets", "sheet", "compass", "-o", "sheet.csv", "--model", "web")[0] == 0
    sheet = pd.read_csv("sheet.csv", dtype=str)
    assert len(sheet) == 160
    assert sheet["statement"].str.endswith(":mirror").sum() == 80
    assert sheet["ask"].str.contains("strongly disagree, disagree, agree or strongly agree").all()
    sheet["reply"] = ["Agree." if n % 3 else "I strongly disagree." for n in range(len(sheet))]
    sheet.to_csv("sheet.csv", index=False)
    status, out, _ = command("run", "--model", "recorded:sheet.csv", "--out", "out")
    assert status == 0
    assert out.count("40/40") == 2
    status, _, err = command("sets", "sheet", "compass", "-o", "sheet.csv")
    assert (status, "--force" in err) == (2, True)


# --- studies -----------------------------------------------------------------------------------

STUDY = {
    "models": ["a=planted:economic=-6,social=3,noise=0.5", "b=planted:economic=2,social=1"],
    "sets": ["compass", "compass.de"],
    "out": "study",
    "limit": 4,
}


@pytest.mark.slow
def test_a_study_is_a_folder_a_set_and_protocol(
    command: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dry run shows the plan and writes nothing; what is typed goes before the file."""
    monkeypatch.chdir(tmp_path)
    Path("study.yaml").write_text(yaml.safe_dump(STUDY))
    status, out, err = command("run", "study.yaml", "--dry-run")
    assert status == 0
    Path("told.yaml").write_text(yaml.safe_dump(STUDY | {"conditions": ["neutral", "terse"]}))
    assert command("run", "told.yaml", "--dry-run")[2].count("--condition=terse") == 2
    assert err.count("probes run --set=compass") == 2
    assert out.count("runs here: sends nothing") == 4
    assert not Path("study").exists()
    assert command("run", "study.yaml", "-q")[0] == 0
    assert {p.name for p in Path("study").iterdir()} == {"compass", "compass.de"}
    ran = yaml.safe_load(Path("study/compass.de/run.yaml").read_text())
    assert (ran["limit"], ran["protocol"]) == (4, "default.de")
    assert [m["name"] for m in ran["models"]] == ["a", "b"]
    assert command("run", "study.yaml", "-q", "--limit", "6", "--out", "other")[0] == 0
    assert yaml.safe_load(Path("other/compass/run.yaml").read_text())["limit"] == 6


@pytest.mark.slow
def test_a_second_set_lies_beside_the_first(
    command: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A study of one run has a folder for it, too; the folder of a run is none of a study."""
    monkeypatch.chdir(tmp_path)
    Path("study.yaml").write_text(yaml.safe_dump({**STUDY, "sets": ["compass"]}))
    assert command("run", "study.yaml", "-q")[0] == 0
    before = Path("study/compass/answers/a.jsonl").read_bytes()
    Path("study.yaml").write_text(yaml.safe_dump(STUDY))
    assert command("run", "study.yaml", "-q")[0] == 0
    assert {p.name for p in Path("study").iterdir()} == {"compass", "compass.de"}
    assert Path("study/compass/answers/a.jsonl").read_bytes() == before
    status, _, err = command("run", "study.yaml", "-q", "--out", "study/compass")
    assert status == 2
    assert "study/compass is the folder of a run" in err
    assert "moving its files to study/compass/compass" in err


@pytest.mark.parametrize(
    ("said", "part"),
    [
        ({"limt": 3}, "limt: unknown key; did you mean 'limit'?"),
        ({"set": "compass"}, "set: unknown key; did you mean 'sets'?"),
        ({"models": []}, "models: say what to probe"),
        ({"models": [{"a": 1}]}, "models: should be a name or a list of names"),
        ({"limit": {"a": 1}}, "limit: should be one value"),
        ({"limit": "x"}, "--limit"),
        ({"trust_remote_code": True}, "runs code"),
        ({"method": "./mine.py"}, "runs code"),
        ({"backend": "./mine.py"}, "runs code"),
        ({"ray": "elsewhere.example:10001"}, "runs code"),
        ({"ray": "ray://elsewhere.example:10001"}, "runs code"),
        ({"ray": ["local"]}, "runs code"),
        ({"out": "/tmp/elsewhere"}, "should be a folder below this one"),
        ({"out": "../elsewhere"}, "should be a folder below this one"),
        ({"dry_run": True}, "dry_run: unknown key"),
    ],
)
def test_a_study_that_is_wrong_is_refused_in_a_sentence(
    command: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: object, part: str
) -> None:
    """With the file's name; and nothing is written."""
    monkeypatch.chdir(tmp_path)
    Path("study.yaml").write_text(yaml.safe_dump({**STUDY, **said}))  # type: ignore[dict-item]
    status, _, err = command("run", "study.yaml")
    assert status == 2
    assert "study.yaml: " in err
    assert part in err
    assert "Traceback" not in err
    assert [p.name for p in tmp_path.iterdir()] == ["study.yaml"]


def test_a_study_writes_nothing_outside_the_folder_where_it_is_run(
    command: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever its sets and protocols are called, and through no link that lies there."""
    here, outside = tmp_path / "here", tmp_path / "outside"
    here.mkdir()
    outside.mkdir()
    monkeypatch.chdir(here)
    Path("runs").symlink_to(outside)
    text = yaml.safe_dump(instrument(1, statements=2) | {"language": "en"})
    names = ("a.YAML", "b.json", "..c", "d.yaml")
    paths = [outside / name for name in names]
    for path in paths:
        path.write_text(text)
    sets = [*map(str, paths), "../outside/b.json"]
    study = {"models": ["planted:a=1"], "sets": sets, "limit": 2, "out": "study"}
    Path("study.yaml").write_text(yaml.safe_dump(study))
    _, _, err = command("run", ".//study.yaml", "--dry-run")
    where = [words.rpartition("--out=")[2] for words in err.splitlines() if "--out=" in words]
    assert where[:1] == ["study/a"]
    assert all(re.fullmatch("study/[^/]+", folder) for folder in where), err
    Path("study.yaml").write_text(yaml.safe_dump({**study, "out": "runs/study"}))
    status, _, err = command("run", "study.yaml")
    assert (status, "should be a folder below this one" in err) == (2, True)
    assert sorted(p.name for p in outside.iterdir()) == sorted(names)


def test_an_entry_of_a_study_is_a_value_and_no_option(
    command: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stranger's file cannot smuggle options in."""
    monkeypatch.chdir(tmp_path)
    Path("study.yaml").write_text(yaml.safe_dump({**STUDY, "models": ["--trust-remote-code"]}))
    status, _, err = command("run", "study.yaml")
    assert status == 2
    assert "--trust-remote-code" in err


@pytest.mark.slow
def test_a_run_that_was_stopped_is_said_to_be_when_it_is_placed(
    command: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the dry run of a model of this machine counts what it is still to be asked."""
    monkeypatch.chdir(tmp_path)
    run = ("run", "--model", "m=planted:economic=3,social=1", "--limit", "4", "--out", "out")
    command(*run, "-q")
    assert "has not ended" not in command("place", "out")[1]
    path = Path("out/answers/m.jsonl")
    whole = path.read_text().splitlines(keepends=True)
    path.write_text("".join(whole[: len(whole) // 2]))
    out = command("place", "out")[1]
    done = len(whole) // 2 - 1
    assert f"this run has not ended: {done} of {len(whole) - 1} answers" in out
    out = command(*run, "--dry-run")[1]
    assert re.search(rf"m +runs here: sends nothing +{len(whole) - 1 - done} ", out)
    assert "The first prompt" in out


def test_what_people_call_a_spreadsheet_is_the_format_table(command: Call) -> None:
    assert command("sets", "import", "csv")[1] == command("sets", "import", "table")[1]


def test_a_record_without_mirrors_names_a_few_of_what_is_missing(
    command: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One short sentence, not the ids of 80 texts."""
    monkeypatch.chdir(tmp_path)
    command("sets", "sheet", "compass", "-o", "sheet.csv")
    import pandas as pd

    sheet = pd.read_csv("sheet.csv", dtype=str)
    sheet = sheet[~sheet["statement"].str.endswith(":mirror")].assign(reply="Agree.")
    sheet.to_csv("sheet.csv", index=False)
    out = command("run", "--model", "recorded:sheet.csv", "--out", "out")[1]
    assert "and 75 more" in out
    assert len(pd.read_csv("out/placements.csv")["reason"][0]) < 400
