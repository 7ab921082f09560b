"""A stranger's folder decides neither where a secret goes nor what is written where."""

import errno
import fcntl
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from docs._generate import sources
from probes.errors import RunError, SetError
from probes.files import atomic, lock
from probes.models import registry
from probes.runs import session
from probes.runs.folder import Folder
from probes.types import LoadOptions
from tests import checkpoints, web
from tests.run_folders import instrument, run

pytestmark = pytest.mark.usefixtures("pictureless")

ROOT = Path(__file__).parent.parent
Build = Callable[..., Path]
Command = Callable[..., tuple[int, str, str]]

SECRET = "hf_aSecretThatNobodyMaySee"
MINE = "what the user had in this file\n"


# --- a model's folder ----------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["{folder}", "mine={folder}"])
def test_a_models_folder_sends_no_token_anywhere(
    tmp_path: Path,
    checkpoint: Build,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
) -> None:
    """Whatever its models.yaml says; the same entry typed by the user does send it."""
    monkeypatch.setenv("HF_TOKEN", SECRET)
    folder = checkpoints.copy(checkpoint("gpt2"), tmp_path / "model")
    with web.serving(b"") as address:
        entry = {"id": ".", "backend": "endpoint", "url": f"{address}/v1", "key_env": "HF_TOKEN"}
        (folder / "models.yaml").write_text(yaml.safe_dump({"m": entry}))
        words = ("--set", "compass", "--limit", "1", "--out", str(tmp_path / "out"))
        status, out, err = command("run", "--model", typed.format(folder=folder), *words)
        assert (status, web.Server.asked) == (2, [])
        assert "a model's folder cannot name a server or a key" in err
        assert SECRET not in out + err
        assert not (tmp_path / "out").exists()
        monkeypatch.setenv("PROBES_MODELS", str(folder / "models.yaml"))
        command("run", "--model", "m", *words)
        assert web.Server.asked


@pytest.mark.parametrize(
    "entry",
    [
        {"id": ".", "backend": "endpoint", "url": "http://localhost:1/v1"},
        {"id": ".", "backend": "endpoint", "url": "http://localhost:1/v1", "key_env": "HF_TOKEN"},
    ],
)
def test_a_server_in_a_models_folder_is_refused(tmp_path: Path, entry: dict[str, str]) -> None:
    """Also beside other entries."""
    (tmp_path / "models.yaml").write_text(yaml.safe_dump({"a": {"id": "b/c"}, "m": entry}))
    with pytest.raises(SetError, match="m: a model's folder cannot name a server"):
        registry.resolve(str(tmp_path))


def test_a_models_folder_only_describes(tmp_path: Path) -> None:
    """Its family, parent and step are taken; id, backend, revision and share of a GPU are not."""
    facts = {
        "family": "f",
        "parent": "p",
        "corpus": "c",
        "step": 3,
        "released": "2024-07",
        "parameters": 7,
        "access": "open",
    }
    rest = {"id": "some/where", "backend": "planted", "revision": "main", "gpus": 8}
    (tmp_path / "models.yaml").write_text(yaml.safe_dump({"m": facts | rest}))
    spec = registry.resolve(str(tmp_path))
    assert {name: getattr(spec, name) for name in facts} == facts
    assert spec.id == str(tmp_path)
    assert (spec.backend, spec.revision, spec.gpus, spec.endpoint) == (None, None, None, None)


# --- a run folder --------------------------------------------------------------------------------


def _lock(out: Path, victim: Path) -> None:
    (out / ".lock").unlink(missing_ok=True)
    (out / ".lock").symlink_to(victim)


def _evidence(out: Path, victim: Path) -> None:
    (out / "answers" / "b.jsonl").symlink_to(victim)


def _dangling(out: Path, victim: Path) -> None:
    (out / "answers" / "b.jsonl").symlink_to(victim.with_name("made"))


def _answers(out: Path, victim: Path) -> None:
    (out / "answers").rename(victim.parent / "answers")
    (out / "answers").symlink_to(victim.parent / "answers")


def _parquet(out: Path, victim: Path) -> None:
    (out / "parquet").symlink_to(victim.parent)


def _stances(out: Path, victim: Path) -> None:
    (out / "stances").symlink_to(victim.parent)


def _table(out: Path, victim: Path) -> None:
    (out / "placements.csv").unlink(missing_ok=True)
    (out / "placements.csv").symlink_to(victim)


def _pipe(out: Path, _: Path) -> None:
    os.mkfifo(out / "answers" / "b.jsonl")


LINKS = [_lock, _evidence, _dangling, _answers, _parquet, _stances, _table, _pipe]
COMMANDS = {
    "run": ("run", "--model", "a=planted:a=1", "--model", "b=planted:a=2", "--set", "{set}"),
    "place": ("place", "{out}"),
    "export": ("export", "{out}", "--parquet"),
    "report": ("report", "{out}"),
    "plot": ("plot", "axes", "{out}"),
    "compare": ("compare", "{out}", "--all", "--save"),
    "judge": ("stance", "judge", "{out}"),
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a set and a finished run of it."""
    folder = tmp_path_factory.mktemp("finished")
    content = instrument(axes=1) | {"language": "en"}
    (folder / "set.yaml").write_text(yaml.safe_dump(content))
    run(folder / "run", {"a": "planted:a=1"}, content)
    return folder


@pytest.mark.parametrize("link", LINKS, ids=lambda link: link.__name__)
@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_is_written_through_a_link_in_a_run_folder(
    finished: Path,
    tmp_path: Path,
    command: Command,
    name: str,
    link: Callable[[Path, Path], None],
) -> None:
    """Nor read, nor waited for; one sentence names the link, and nothing outside has changed."""
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    out = tmp_path / "run"
    (tmp_path / "elsewhere").mkdir()
    victim = tmp_path / "elsewhere" / "victim"
    victim.write_text(MINE)
    link(out, victim)
    before = _state(tmp_path)
    words = [w.format(out=out, set=tmp_path / "set.yaml") for w in COMMANDS[name]]
    status, _, err = command(*words, *(["--out", str(out)] if name == "run" else []))
    assert status == 2, err
    assert "is a symbolic link" in err or "neither a file nor a folder" in err
    assert err.count("\n") == 1
    assert _state(tmp_path) == before


def _state(folder: Path) -> dict[str, bytes | None]:
    """Every name below a folder, with what the files hold."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def test_a_run_folder_may_itself_be_reached_by_a_link(tmp_path: Path, command: Command) -> None:
    """It was typed: the user's own disk layout is the user's business."""
    out = run(tmp_path / "run", {"a": "planted:a=1"}, instrument(axes=1))
    (tmp_path / "there").symlink_to(out)
    status, _, err = command("place", str(tmp_path / "there"))
    assert status == 0, err


@pytest.mark.parametrize("name", ["../elsewhere", "/tmp/elsewhere", "de/../..", ".", "", 3])
def test_languages_of_a_folder_are_codes(tmp_path: Path, command: Command, name: object) -> None:
    """A language names a folder, so it leads nowhere else."""
    (tmp_path / "languages.yaml").write_text(yaml.safe_dump({"languages": [name]}))
    status, _, err = command("place", str(tmp_path))
    assert status == 2
    assert "not written by `probes run --language`, or damaged" in err


# --- what each key may decide --------------------------------------------------------------------


def test_every_key_of_every_file_is_in_the_table_with_a_test_that_there_is() -> None:
    """The table of docs/explanation/security.md."""
    page = (ROOT / "docs" / "explanation" / "security.md").read_text("utf-8")
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| ")][2:]
    named: dict[str, set[str]] = {}
    for of, keys, _, test in rows:
        part = re.match(r"\| `(\w+)`", of)
        if part:
            named.setdefault(part[1], set()).update(re.findall(r"`(\w+)`", keys))
        path, _, function = test.strip("` |").partition("::")
        assert f"def {function}(" in (ROOT / "tests" / path).read_text("utf-8"), test
    assert named == {part: set(keys) for part, keys in sources.yaml_keys().items()}


WORDS = {
    "language of a set": ("set.yaml", {"language": "../en"}, "language"),
    "language of a protocol": ("protocol.yaml", {"language": "../en"}, "language"),
    "wording": ("protocol.yaml", {"wordings": ["../own"]}, "unknown wording"),
    "controls": ("protocol.yaml", {"controls": "../secret.yaml"}, "secret.yaml"),
}


@pytest.mark.parametrize(("name", "change", "part"), WORDS.values(), ids=WORDS)
def test_words_of_a_set_and_protocol_are_no_paths(
    tmp_path: Path, command: Command, name: str, change: dict[str, object], part: str
) -> None:
    """Nor is a file that a protocol names read as anything but a set, and nothing of it is told."""
    home = tmp_path / "theirs"
    home.mkdir()
    (tmp_path / "secret.yaml").write_text(f"password: {SECRET}\n")
    protocol = {"name": "p", "title": "P", "method": "choice", "wordings": ["agree"]}
    files = {"set.yaml": instrument(1) | {"language": "en"}, "protocol.yaml": protocol}
    files[name] |= change
    for file, content in files.items():
        (home / file).write_text(yaml.safe_dump(content))
    which = ("--set", str(home / "set.yaml"), "--protocol", str(home / "protocol.yaml"))
    out = tmp_path / "out"
    status, said, err = command("run", "--model", "planted:a=1", *which, "--out", str(out))
    assert (status, part in err, SECRET in said + err) == (2, True, False), err
    assert not out.exists()


def test_how_missing_answers_count_is_one_of_two_words(tmp_path: Path) -> None:
    """Of a stranger's run.yaml."""
    (tmp_path / "run.yaml").write_text("models: []\nmissing: [../x]\n")
    with pytest.raises(RunError, match="should be honest or legacy-agree"):
        Folder(tmp_path).missing()


@pytest.mark.parametrize("typed", [None, "org/mine"])
def test_code_of_a_stance_model_that_a_protocol_names_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str | None
) -> None:
    """--trust-remote-code is for models that were typed; a stance model may be one of them."""
    asked = list[LoadOptions]()
    monkeypatch.setattr(
        session.judging, "judge_folder", lambda _f, _m, _s, options, _t: asked.append(options)
    )
    trusting = LoadOptions(trust_remote_code=True)
    specs = [registry.resolve("planted:a=1")]
    request = session.Request(specs, "compass", load=trusting, stance=typed)
    (tmp_path / "run.yaml").write_text("models: []\n")
    session._judge(Folder(tmp_path), request, None, None)  # type: ignore[arg-type]
    assert [options.trust_remote_code for options in asked] == [typed is not None]


# --- the lock ------------------------------------------------------------------------------------


def test_the_lock_is_not_taken_through_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that came between the look at the folder and the lock; its target stays as it is."""
    (tmp_path / "run").mkdir()
    victim = tmp_path / "victim"
    victim.write_text(MINE)
    _lock(tmp_path / "run", victim)
    monkeypatch.setattr(lock, "refuse_links", lambda path: None)
    with pytest.raises(RunError, match="cannot be written"), lock.locked(tmp_path / "run", "run"):
        pass
    assert victim.read_text() == MINE
    victim.unlink()
    with pytest.raises(RunError, match="cannot be written"), lock.locked(tmp_path / "run", "run"):
        pass
    assert not victim.exists()


def test_a_lock_leaves_its_file_and_nothing_else(tmp_path: Path) -> None:
    """What stands in it stays; once it is free, it can be taken again, in this process, too."""
    (tmp_path / ".lock").write_text(MINE)
    for _ in range(2):
        with (
            lock.locked(tmp_path, "run"),
            pytest.raises(RunError, match="another run is at work in this folder; wait for it"),
            lock.locked(tmp_path, "run"),
        ):
            pass
    assert _state(tmp_path) == {".lock": MINE.encode()}


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, None])
def test_a_file_system_without_locks_is_one_sentence(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch, number: int | None
) -> None:
    """NFS, say; no lock of another kind is taken in its place, which a kill would leave behind."""
    out = run(tmp_path / "run", {"a": "planted:a=1"}, instrument(axes=1))
    before = _state(out)

    def without(*_: object) -> None:
        raise OSError(number, os.strerror(number)) if number else NotImplementedError

    monkeypatch.setattr(fcntl, "flock", without)
    status, _, err = command("place", str(out))
    assert (status, err.count("\n")) == (2, 1)
    assert "its file system cannot lock files" in err
    assert "use a folder on another disk" in err
    assert _state(out) == before


# --- what is replaced ----------------------------------------------------------------------------


def test_part_files_are_made_anew_and_their_names_cannot_be_foretold(tmp_path: Path) -> None:
    """What a stranger laid there is not written through."""
    names = set()
    for _ in range(3):
        with atomic.replacing(tmp_path / "a.csv") as part:
            names.add(part.name)
            part.write_text("whole")
    assert len(names) == 3
    assert [p.name for p in tmp_path.iterdir()] == ["a.csv"]


@pytest.mark.slow
def test_only_files_are_replaced(tmp_path: Path, command: Command) -> None:
    """A pipe that was named as output stays one."""
    out = run(tmp_path / "run", {"a": "planted:a=1"}, instrument(axes=1))
    os.mkfifo(tmp_path / "pipe.html")
    status, _, err = command("report", str(out), "-o", str(tmp_path / "pipe.html"))
    assert status == 2
    assert "something that is no file is there" in err
    assert (tmp_path / "pipe.html").is_fifo()


def test_place_waits_for_nobody_and_overwrites_nobody(tmp_path: Path, command: Command) -> None:
    """While a run is at work in the folder, its tables are the run's."""

    out = run(tmp_path / "run", {"a": "planted:a=1"}, instrument(axes=1))
    before = _state(out)
    with lock.locked(out, "run"):
        status, _, err = command("place", str(out))
    assert (status, "another run is at work in this folder" in err) == (2, True)
    assert _state(out) == before
    assert json.loads((out / "answers" / "a.jsonl").read_text().splitlines()[0])
