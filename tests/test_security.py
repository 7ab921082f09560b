"""What strangers' files cannot do: run code, leave the run folder, or be more than text.

One test for each promise of docs/explanation/security.md that is not proven elsewhere
(`report.test_report` has more on pages, `files.test_download` and `report.test_view` on the
network, `test_fuzz` on readers).
"""

import csv
import io
import json
import os
import pickle
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from probes import importers, plugins, report
from probes.asking import protocols
from probes.backends.recordings import recording
from probes.cli import _tables, _terminal
from probes.errors import ModelError, ProbesError, RunError, SetError, UsageError
from probes.evidence import answers
from probes.files import csv as csvfile
from probes.files import escape
from probes.instruments import sets
from probes.models import registry
from probes.output import figures
from probes.output import tables as papertable
from probes.replies import correction
from probes.report import html as rendering
from probes.runs import parquet, read_back
from probes.runs.folder import Folder
from tests import checkpoints
from tests.pictures import run as pictured
from tests.run_folders import MARKUP, block, instrument, run

Build = Callable[..., Path]
Command = Callable[..., tuple[int, str, str]]
ESCAPE = "\x1b]0;owned\x07\x1b[2J"
FORMULA = '=HYPERLINK("http://evil","x")'
SECRET = "hf_aSecretThatNobodyMaySee"


class Touch:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.path}",)


def program(path: Path, marker: Path) -> Path:
    """A Python file that makes a marker when it is run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"open({str(marker)!r}, 'w').close()\ndef load(*_): raise SystemExit\n")
    return path


def recorded(path: Path, replies: Mapping[tuple[str, str], str]) -> Path:
    """A CSV file of replies: (model, statement) -> what was said."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["model", "statement", "reply"])
        writer.writerows([*who, said] for who, said in replies.items())
    return path


def said_by(names: Sequence[str]) -> dict[tuple[str, str], str]:
    """Replies of these models to the statements of `instrument(axes=1)`."""
    return {(n, f"a{i}"): "I agree." if i % 2 else "I disagree." for n in names for i in range(6)}


def asked(tmp_path: Path, command: Command, replies: Path) -> tuple[int, str, str, Path]:
    """`probes run` on a recorded file, in English."""
    content = instrument(axes=1) | {"language": "en"}
    (tmp_path / "set.yaml").write_text(yaml.safe_dump(content))
    out = tmp_path / "runs" / "out"
    words = ("--model", f"recorded:{replies}", "--set", str(tmp_path / "set.yaml"))
    return *command("run", "-q", *words, "--out", str(out)), out


# --- no code runs --------------------------------------------------------------------------------

TAGS = [
    "!!python/object/apply:os.system ['touch MARKER']",
    "!!python/object/new:os.system [touch MARKER]",
    "!!python/name:os.system",
    "!!python/module:this",
    "!<tag:yaml.org,2002:python/object/apply:subprocess.getoutput> ['touch MARKER']",
]
YAMLS = {
    "a set": sets.load,
    "a protocol": protocols.load,
    "models.yaml": registry.load_registry,
    "a matrix": correction.load,
    "run.yaml": lambda path: Folder(path.parent).run(),
}


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("read", YAMLS.values(), ids=YAMLS)
def test_no_tag_of_yaml_makes_an_object(
    tmp_path: Path, read: Callable[[Path], object], tag: str
) -> None:
    """Of whatever file; the same text makes one where YAML is read without care."""
    marker, path = tmp_path / "marker", tmp_path / "run.yaml"
    text = f"models:\n- {tag.replace('MARKER', str(marker))}\n"
    path.write_text(text)
    with pytest.raises(SetError, match="only plain values are"):
        read(path)
    assert not marker.exists()
    if "apply:os.system" in tag:
        yaml.load(text, yaml.UnsafeLoader)
        assert marker.exists()


def test_a_models_file_and_a_model_folder_name_no_program(
    tmp_path: Path, checkpoint: Build, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backend of one's own is run where it is typed; never because a file says so."""
    marker = tmp_path / "marker"
    evil = program(tmp_path / "evil.py", marker)
    entry = f"mine: {{id: ./x, backend: {evil}}}\n"
    (tmp_path / "models.yaml").write_text(entry)
    monkeypatch.setenv("PROBES_MODELS", str(tmp_path / "models.yaml"))
    status, _, err = command("run", "--model", "mine", "--out", str(tmp_path / "out"))
    assert (status, "is run only where it is typed" in err) == (2, True)
    monkeypatch.delenv("PROBES_MODELS")
    folder = checkpoints.copy(checkpoint("bert"), tmp_path / "model")
    (folder / "models.yaml").write_text(entry)
    status, _, err = command("run", "--model", str(folder), "--out", str(tmp_path / "out"))
    assert (status, "is run only where it is typed" in err) == (2, True)
    assert not marker.exists()
    (folder / "models.yaml").unlink()
    command("run", "--model", f"x={folder}", "--backend", str(evil), "--out", str(tmp_path / "o"))
    assert marker.exists()  # it would have worked


def test_a_protocol_and_a_run_folder_name_no_program(tmp_path: Path, command: Command) -> None:
    """Neither as a method, nor as the reader of a set's texts."""
    marker, out = tmp_path / "marker", run(tmp_path / "run", {"m": "planted:a=1"}, instrument())
    evil = program(tmp_path / "evil.py", marker)
    whole = (out / "protocol.yaml").read_text()
    (out / "protocol.yaml").write_text(re.sub(r"method: \w+", f"method: {evil}", whole))
    status, _, err = command("place", str(out))
    assert (status, "unknown method" in err) == (2, True)
    text = yaml.safe_load((tmp_path / "run.yaml").read_text())
    for entry in text["statements"]:
        del entry["text"], entry["mirror"]
    text["text_from"] = {"url": "https://x.org/a", "sha256": "0" * 64, "reader": str(evil)}
    (tmp_path / "set.yaml").write_text(yaml.safe_dump(text))
    with pytest.raises(SetError, match="reader"):
        sets.load(tmp_path / "set.yaml")
    assert not marker.exists()


def _pickled(folder: Path, marker: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Touch(marker)))


def _sharded(folder: Path, marker: Path) -> None:
    """An index of safetensors that names a pickle."""
    (folder / "model.safetensors").unlink()
    (folder / "evil.bin").write_bytes(pickle.dumps(Touch(marker)))
    index = {"metadata": {}, "weight_map": {"bert.embeddings.LayerNorm.bias": "evil.bin"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def _elsewhere(folder: Path, _: Path) -> None:
    """An index that names a file outside the folder."""
    (folder / "model.safetensors").rename(folder.parent / "x.safetensors")
    index = {"weight_map": {"bert.embeddings.LayerNorm.bias": "../x.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def _disguised(folder: Path, marker: Path) -> None:
    (folder / "model.safetensors").write_bytes(pickle.dumps(Touch(marker)))


def _configured(folder: Path, marker: Path) -> None:
    """Code of its own, of an unknown type."""
    program(folder / "modeling_evil.py", marker)
    _edit(
        folder / "config.json",
        model_type="evil",
        auto_map={"AutoConfig": "modeling_evil.C", "AutoModelForMaskedLM": "modeling_evil.M"},
    )


def _kernel(folder: Path, _: Path) -> None:
    _edit(folder / "config.json", attn_implementation="stranger/kernel")


def _kernel_below(folder: Path, _: Path) -> None:
    _edit(folder / "config.json", attn_implementation={"": "eager", "text_config": "a/b@v1"})


def _chatting(folder: Path, marker: Path) -> None:
    """A chat template that leaves the sandbox, if it could."""
    lead = "{{ ''.__class__.__mro__[1].__subclasses__() }}"
    body = f"{{{{ cycler.__init__.__globals__.os.system('touch {marker}') }}}}"
    (folder / "chat_template.jinja").write_text(lead + body)


FOLDERS = {
    "pickled weights": ("bert", _pickled, "pickled"),
    "pickled part": ("bert", _sharded, "names 'evil.bin', which is no .safetensors beside it"),
    "a part elsewhere": ("bert", _elsewhere, "which is no .safetensors beside it"),
    "pickle by another name": ("bert", _disguised, "truncated or damaged"),
    "code of its own": ("bert", _configured, "--trust-remote-code"),
    "a kernel": ("bert", _kernel, "names a kernel on the hub"),
    "a kernel below": ("bert", _kernel_below, "names a kernel on the hub"),
    "a template": ("gpt2", _chatting, "its chat template fails"),
}


def _edit(path: Path, **fields: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


@pytest.mark.parametrize(("name", "spoil", "part"), FOLDERS.values(), ids=FOLDERS)
def test_a_model_folder_runs_nothing(
    checkpoint: Build,
    tmp_path: Path,
    command: Command,
    name: str,
    spoil: Callable[[Path, Path], None],
    part: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is refused in one sentence, and there is no answer."""
    marker, folder = tmp_path / "marker", checkpoints.copy(checkpoint(name), tmp_path / "model")
    spoil(folder, marker)
    capsys.readouterr()  # what saving the model said
    words = ("--model", f"m={folder}", "--limit", "1", "--out", str(tmp_path / "out"))
    status, _, err = command("run", *words)
    assert status == 2
    assert part in err
    assert err.count("\n") == 1
    assert not marker.exists()
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_code_beside_a_model_or_tokenizer_of_a_known_kind_is_left_alone(
    checkpoint: Build, tmp_path: Path, command: Command
) -> None:
    """The library's own is used, though the folder says that it brings another."""
    marker, folder = tmp_path / "marker", checkpoints.copy(checkpoint("bert"), tmp_path / "model")
    program(folder / "evil.py", marker)
    named = {"AutoConfig": "evil.C", "AutoModelForMaskedLM": "evil.M"}
    _edit(folder / "config.json", auto_map=named)
    _edit(folder / "tokenizer_config.json", auto_map={"AutoTokenizer": ["evil.T", "evil.T"]})
    words = ("--model", f"m={folder}", "--limit", "1", "--out", str(tmp_path / "out"))
    status, _, err = command("run", "-q", *words)
    assert (status, err) == (0, "")
    assert not marker.exists()


def test_a_recorded_file_may_be_a_pickle_and_is_only_read(tmp_path: Path) -> None:
    for name in ("r.csv", "r.jsonl", "r.pkl"):
        path = tmp_path / name
        path.write_bytes(pickle.dumps(Touch(tmp_path / "marker")))
        with pytest.raises(ProbesError):
            recording.read(str(path))
    assert not (tmp_path / "marker").exists()


JAVASCRIPT = [
    'questions = [{"question": require("child_process").execSync("touch MARKER")}]',
    'questions = [{"question": `${process.mainModule.require("fs").writeFileSync("MARKER","")}`}]',
    'questions = (() => { require("fs").writeFileSync("MARKER", ""); return [] })()',
    'questions = [{get question() { require("fs").writeFileSync("MARKER", ""); return "A." }}]',
    'import("fs").then(f => f.writeFileSync("MARKER", "")); questions = []',
    '__import__("os").system("touch MARKER")',
]


@pytest.mark.parametrize("code", JAVASCRIPT)
def test_javascript_is_parsed_and_never_run(tmp_path: Path, code: str) -> None:
    """What is more than literals is refused."""
    path = tmp_path / "q.js"
    path.write_text(code.replace("MARKER", str(tmp_path / "marker")))
    with pytest.raises(SetError):
        importers.run("javascript", [path], {"language": "en"}, tmp_path / "mine.yaml")
    assert not (tmp_path / "marker").exists()
    assert not (tmp_path / "mine.yaml").exists()


# --- nothing leaves the run folder ---------------------------------------------------------------

NAMES = [
    *("../../escaped", "/tmp/escaped", "..", ".", ".hidden", "a/b", "a\\b", "C:\\x", "~/x", "-rf"),
    *("CON", "nul", "com1.txt", "LPT9", "aux ", "a:b", "x.", "x ", "\N{FULLWIDTH SOLIDUS}", "%2E"),
]


def test_a_models_name_is_a_file_inside_the_folder_and_nothing_else(
    tmp_path: Path, command: Command
) -> None:
    """Written and read again; no two of these names are one file, whatever the system."""
    before = set(tmp_path.rglob("*")) | {Path("/tmp/escaped.jsonl")}
    path = recorded(tmp_path / "r.csv", said_by(NAMES))
    status, _, _, out = asked(tmp_path, command, path)
    assert status == 0
    made = {p.relative_to(tmp_path) for p in set(tmp_path.rglob("*")) - before}
    assert {p.parts[0] for p in made} == {"r.csv", "set.yaml", "runs"}
    assert [p.name for p in (tmp_path / "runs").iterdir()] == ["out"]
    files = list((out / "answers").iterdir())
    wanted = {name.strip() for name in NAMES}
    assert len({f.name.casefold() for f in files}) == len(files) == len(wanted)
    for file in files:
        assert re.fullmatch(r"[\w %=,+@()\[\]~-][\w. %=,+@()\[\]~-]*\.jsonl", file.name, re.ASCII)
        first = file.name.split(".")[0].rstrip().casefold()
        assert not re.fullmatch(r"con|prn|aux|nul|com\d|lpt\d", first)
    assert {answers.read(f)[0].model.name for f in files} == wanted
    assert not Path("/tmp/escaped.jsonl").exists()


@pytest.mark.parametrize("name", ["a\x00b", "a\x1b[2J", "a\nb", "a\u009bb"])
def test_a_name_of_control_characters_is_refused(
    tmp_path: Path, command: Command, name: str
) -> None:
    """By every door: a recorded file, the command line, an answers file."""
    path = tmp_path / "r.jsonl"
    path.write_text(json.dumps({"model": name, "statement": "a0", "reply": "I agree."}))
    status, _, err, out = asked(tmp_path, command, path)
    assert (status, "holds a control character" in err) == (2, True)
    assert not out.exists()
    with pytest.raises(ModelError, match="holds a control character"):
        registry.resolve(f"planted:{name}")
    there = run(tmp_path / "run", {"m": "planted:a=1"}, instrument())
    file = there / "answers" / "m.jsonl"
    head, *rest = file.read_text("utf-8").splitlines()
    fields = json.loads(head)
    fields["model"]["name"] = name
    file.write_text("\n".join([json.dumps(fields), *rest, ""]), "utf-8")
    with pytest.raises(RunError, match="holds a control character"):
        answers.read(file)


@pytest.mark.slow
def test_run_yaml_names_no_file_outside_the_folder(tmp_path: Path, command: Command) -> None:
    """Of a folder that came from elsewhere: another's file is neither read nor shown."""
    out = run(tmp_path / "run", {"m": "planted:a=1"}, instrument())
    secret = tmp_path / "secret.jsonl"
    shutil.copy(out / "answers" / "m.jsonl", secret)
    text = yaml.safe_load((out / "run.yaml").read_text())
    text["models"][0]["name"] = "../../secret"
    (out / "run.yaml").write_text(yaml.safe_dump(text))
    status, _, err = command("place", str(out))
    assert status == 2
    assert "answers/%2E..%2F..%2Fsecret.jsonl" in err


# --- no secret is printed ------------------------------------------------------------------------


@pytest.mark.slow
def test_no_secret_of_the_environment_reaches_a_file_or_the_terminal(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in a run that ends well, nor in one that fails at the hub."""
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "OPENAI_API_KEY", "MY_KEY"):
        monkeypatch.setenv(name, SECRET)
    said = []
    for model in ("planted:economic=1", "nobody/nothing"):
        words = ("--model", model, "--limit", "4", "--profile", "--out", str(tmp_path / "out"))
        said += command("run", *words)[1:]
    assert "nobody/nothing" in said[-1]
    said += command("report", str(tmp_path / "out"))[1:]
    assert SECRET not in "".join(said)
    for path in (p for p in tmp_path.rglob("*") if p.is_file()):
        assert SECRET.encode() not in path.read_bytes()


# --- names and replies are text ------------------------------------------------------------------

REPLIES = [
    f"I agree. {MARKUP}",
    f"I disagree. {ESCAPE}",
    f"{FORMULA} I agree.",
    "I agree.\n---\n!!python/object/apply:os.system ['touch x']",
    "I disagree. {{ 7 * 7 }} ${7*7} <%= 7*7 %> {statement} {reply}",
    "I agree. \\input{/etc/passwd} $x$ ../../../etc/passwd \u202e gnp.exe",
]


@pytest.fixture
def hostile(tmp_path: Path, command: Command) -> Path:
    """A run of a server's model whose replies are hostile, as its answers file has them."""
    replies = {("m", f"a{n}"): said for n, said in enumerate(REPLIES)}
    path = tmp_path / "r.jsonl"
    rows = [{"model": m, "statement": s, "reply": said} for (m, s), said in replies.items()]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    status, _, err, out = asked(tmp_path, command, path)
    assert (status, err) == (0, "")
    file = out / "answers" / "m.jsonl"
    head, *rest = file.read_text("utf-8").splitlines(keepends=True)
    fields = json.loads(head)
    fields["model"] |= {"backend": "endpoint", "id": f"http://x/{MARKUP}", "family": FORMULA}
    file.write_text(json.dumps(fields) + "\n" + "".join(rest), "utf-8")
    text = yaml.safe_load((out / "run.yaml").read_text())
    text["models"][0] |= {"backend": "endpoint", "id": f"http://x/{MARKUP}"}
    (out / "run.yaml").write_text(yaml.safe_dump(text))
    return out


@pytest.mark.slow
def test_hostile_replies_of_a_server_are_kept_whole_and_harm_nothing(
    hostile: Path, tmp_path: Path, command: Command
) -> None:
    """Placed, exported and reported; every reply is in the evidence to the letter."""
    status, out, err = command("place", str(hostile))
    assert (status, err) == (0, "")
    assert "\x1b" not in out
    _, lines = answers.read(hostile / "answers" / "m.jsonl")
    assert [a.reply for a in lines if a.role == "statement"] == REPLIES
    frame = pd.read_parquet(parquet.parquet(hostile, tmp_path / "parquet")[0])
    assert frame["reply"][frame["role"] == "statement"].tolist() == REPLIES
    report.report(hostile, tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text("utf-8")
    assert page.count("<script>") == len(rendering.SCRIPTS)
    assert "<b>bold" not in page
    assert "<!--" not in page
    assert REPLIES[4] in block(page, "details").decode()  # no template was filled in
    for csv_ in hostile.glob("*.csv"):
        _no_formula(csv_.read_text("utf-8"))


def _no_formula(text: str) -> None:
    """However a spreadsheet splits lines, no cell that is no number begins like a formula."""
    for delimiter in ",;\t":
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            for cell in row:
                if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\uff1d")):
                    float(cell.split(",")[0])


CELLS = st.text(st.sampled_from("=+-@\t\n;'\",ax1 \uff1d"), max_size=12)


@given(st.lists(CELLS, min_size=1, max_size=4), st.floats(allow_nan=False))
def test_no_cell_of_a_csv_is_a_formula_and_all_come_back(cells: list[str], number: float) -> None:
    """Whichever of comma, semicolon and tab the spreadsheet splits at; numbers stay to the bit."""
    cells = [f"{cell}x" for cell in cells]  # blanks and numbers are pandas' business
    table = pd.DataFrame({"name": cells, "value": number, "minus": -1.5})
    text = csvfile.text(table)
    for delimiter in ",;\t":
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            for cell in row:
                first = cell.split(",")[0]
                assert not cell.startswith(("=", "+", "@", "\t", "\uff1d")) or _number(first)
                assert not cell.startswith("-") or _number(first)
    found = pd.read_csv(io.StringIO(text)).map(csvfile._plain)
    assert found["value"].tolist() == [number] * len(cells)
    back = [csvfile._plain(csvfile._escaped(cell)) for cell in cells]
    assert back == cells
    assert csvfile._escaped("\r=1") == "'\r'=1"  # no door lets such a name in


def _number(cell: str) -> bool:
    return re.fullmatch(r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?|-?inf", cell) is not None


@pytest.mark.slow
@pytest.mark.parametrize("start", ["=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "a;=1;b"])
def test_a_name_like_a_formula_goes_through_a_whole_run(
    tmp_path: Path, command: Command, start: str
) -> None:
    """Written as text, read back as it was, in every file and in the page's downloads."""
    path = recorded(tmp_path / "r.csv", said_by([f"{start} x"]))
    status, _, _, out = asked(tmp_path, command, path)
    assert status == 0
    for file in out.glob("*.csv"):
        _no_formula(file.read_text("utf-8"))
    assert set(csvfile.read(out / "placements.csv")["model"]) == {f"{start} x"}
    _no_formula(command("table", str(out), "--format", "csv")[1])
    report.report(out, tmp_path / "r.html")
    _no_formula(block((tmp_path / "r.html").read_text("utf-8"), "csv-placements").decode())


@pytest.mark.slow
def test_names_in_markdown_and_latex_are_one_line_of_text(tmp_path: Path) -> None:
    """No row, tag, link, command or comment of their own; and so in a model card."""
    name = f"a\n| b | {MARKUP} [x](javascript:y) \\input{{z}} 5 % $x$"
    assert escape.markdown(name).count("\n") == 0
    assert re.search(r"(?<!\\)[|<>\[\]]", escape.markdown(name)) is None
    assert escape.latex(name).count("\n") == 0
    assert re.search(r"\\input|(?<!\\)[%&#]", escape.latex(name)) is None
    tables = read_back.tables(run(tmp_path / "run", {"odd": "planted:a=1"}, instrument()))
    named = {n: getattr(tables, n).replace({"odd": name}) for n in ("placements", "models")}
    tables = replace(tables, **named)
    rows = [r for r in papertable.text(tables, "markdown").splitlines() if r.startswith("|")]
    assert len(rows) == 3
    assert "\\input" not in papertable.text(tables, "latex")


def test_a_terminal_is_shown_text_and_obeys_nothing(
    tmp_path: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    """Tables, lines, and errors about files: control characters are spelt out."""
    _tables.table([{f"col {ESCAPE}": f"[red]x[/] {ESCAPE}\u202e\u009b"}])
    _terminal.line(f"[/] {ESCAPE}")
    out = capsys.readouterr().out
    assert "[red]x[/] \\x1b]0;owned\\x07" in out
    assert "[/] \\x1b" in out
    assert not set(out) & set("\x1b\x07\x9b\u202e")
    path = tmp_path / f"a{ESCAPE}.yaml"
    status, _, err = command("sets", "check", str(path))
    assert status == 2
    assert "\\x1b" in err
    assert "\x1b" not in err
    path = tmp_path / "a.yaml"
    path.write_text('name: "a\\e[2J"\n')
    status, _, err = command("sets", "show", str(path))
    assert (status, "holds a control character" in err) == (2, True)
    assert "\x1b" not in err


PTY = """
import sys
from probes.cli.parts import progress as bars
from probes.runs.session import Progress
with bars.running() as tell:
    tell(Progress("[/] [red]\\x1b]0;owned\\x07", 1, 1, 1, 2))
"""


@pytest.mark.slow
def test_a_models_name_is_no_markup_in_the_progress_bar(tmp_path: Path) -> None:
    """On a real terminal."""
    import pty

    parent, child = pty.openpty()
    done = subprocess.Popen([sys.executable, "-c", PTY], stdout=child, stderr=child)
    os.close(child)
    shown = b""
    try:
        while part := os.read(parent, 65536):
            shown += part
    except OSError:  # the other end is closed
        pass
    os.close(parent)
    assert done.wait() == 0
    assert b"[/] [red]\\x1b]0;owned" in shown
    assert b"\x1b]0;owned" not in shown


HOSTILE = r"$\frac{$ \unknown{x} <script>alert(1)</script> & ]]> $x^2$ %"


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_names_in_pictures_are_text(tmp_path: Path, suffix: str) -> None:
    """No formula is set, no tag or entity is made; every figure that can be drawn of them."""
    tables = pictured(3, names=(HOSTILE, f"{HOSTILE} 2", "$a$"))
    drawn = 0
    for figure in plugins.names("plots"):
        target = tmp_path / f"{figure}.{suffix}"
        try:
            figures.draw(figure, tables, target)
        except UsageError:
            continue  # of another kind of run
        drawn += 1
        if suffix == "svg":
            root = ET.fromstring(target.read_bytes())
            assert not [e for e in root.iter() if e.tag.endswith("script")]
    assert drawn >= 6


# --- small files that are large, and files that have no end -------------------------------------


def _quick(read: Callable[[], object], limit: float = 10.0) -> str:
    """What a file is refused with, and soon."""
    began = time.process_time()
    with pytest.raises(ProbesError) as refusal:
        read()
    assert time.process_time() - began < limit
    return str(refusal.value)


def test_a_workbook_that_unpacks_to_far_more_is_refused(tmp_path: Path) -> None:
    """Also one that lies about it: what is unpacked is what its directory says."""
    path = tmp_path / "t.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"<row/>" * 20_000_000)
    said = {"language": "en", "text": "text"}
    call = lambda: importers.run("table", [path], said, tmp_path / "o.yaml")  # noqa: E731
    assert "unpacks to more than" in _quick(call)
    raw = path.read_bytes()
    size = (120_000_000).to_bytes(4, "little")
    assert size in raw
    path.write_bytes(raw.replace(size, (1000).to_bytes(4, "little")))
    assert "not a workbook" in _quick(call)


def test_entities_of_a_workbook_are_not_written_out(tmp_path: Path) -> None:
    """A billion laughs within the XML of a sheet."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 11))
    book = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{laughs}]><x>&l10;</x>'
    path = tmp_path / "t.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for part in ("[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"):
            archive.writestr(part, book)
    said = {"language": "en", "text": "text"}
    call = lambda: importers.run("table", [path], said, tmp_path / "o.yaml")  # noqa: E731
    assert "not a workbook" in _quick(call)


LAUGHS = (f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
BOMBS = {
    "aliases": f"a0: &a0 [x]\n{''.join(LAUGHS)}".encode(),
    "depth": b"[" * 100_000,
    "size": b"a: b\n" * 1_500_000,
    "a number": b"a: " + b"9" * 1_000_000,
}


@pytest.mark.slow
@pytest.mark.parametrize("raw", BOMBS.values(), ids=BOMBS)
def test_a_small_yaml_file_does_not_become_a_large_one(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "s.yaml"
    path.write_bytes(raw)
    assert str(path) in _quick(lambda: sets.load(path))


def test_lines_without_end_and_nests_without_bottom_are_refused(tmp_path: Path) -> None:
    """In answers, replies, stances and JSON of checkpoints: a sentence, no overflow."""
    deep = b"[" * 200_000
    path = tmp_path / "m.jsonl"
    path.write_bytes(deep + b"\n")
    assert "line 1" in _quick(lambda: answers.read(path))
    assert "line 1" in _quick(lambda: recording.read(str(path)))
    there = run(tmp_path / "run", {"m": "planted:a=1"}, instrument())
    file = there / "answers" / "m.jsonl"
    file.write_bytes(file.read_bytes() + b'{"reply": ' + deep + b"\n")
    _, lines = answers.read(file)
    assert "is damaged: not JSON" in _quick(lambda: list(lines))
