"""A disk that takes no more, and a process that is ended: one sentence, whole evidence, and the
same command goes on."""

import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from probes.evidence import answers
from probes.files.lock import LOCK
from tests.forked import Command
from tests.mounted import mounted

RUN = [
    *("run", "-q", "--limit", "20", "--model", "a=planted:economic=-6,noise=1"),
    *("--model", "b=planted:social=3,noise=1"),
]
WIDE = {"COLUMNS": "200"}
Ended = tuple[int | None, str]
"""Status and errors of a command."""


def run(out: Path, largest: int | None = None) -> Ended:
    """The run, in a process that writes no larger file."""
    return command(*RUN, "--out", str(out), largest=largest)


def command(*words: str, largest: int | None = None) -> Ended:
    """A command in a process of its own."""
    return Command(*words, environment=WIDE, largest=largest).end()


def contents(out: Path) -> dict[str, bytes]:
    """Every file; but whoever writes into a folder leaves an empty lock there."""
    files = [
        p for p in out.rglob("*") if p.is_file() and not (p.name == LOCK and not p.stat().st_size)
    ]
    return {str(p.relative_to(out)): p.read_bytes() for p in files}


def results(out: Path) -> dict[str, bytes]:
    files = [*out.glob("*.csv"), *out.glob("answers/*.jsonl")]
    return {str(path.relative_to(out)): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that nothing befell."""
    out = tmp_path_factory.mktemp("alone") / "run"
    assert run(out) == (0, "")
    return out


@pytest.fixture(scope="module")
def alone(finished: Path) -> dict[str, bytes]:
    """What it wrote."""
    return results(finished)


def one_sentence(done: Ended, about: str) -> None:
    status, errors = done
    assert status == 2, errors
    assert "Traceback" not in errors
    said = [line for line in errors.splitlines() if line.startswith("probes: ")]
    assert len(said) == 1, errors
    assert about in said[0]


SOAK = pytest.mark.soak


@pytest.mark.slow
@pytest.mark.parametrize("kilobytes", [pytest.param(1, marks=SOAK), 150])
def test_a_file_that_may_not_grow_stops_the_run_and_loses_nothing(
    alone: dict[str, bytes], tmp_path: Path, kilobytes: int
) -> None:
    """A quota on files, before the first answer and amid the answers."""
    out = tmp_path / "run"
    one_sentence(run(out, kilobytes * 1024), "File too large")
    for name in ("a", "b"):
        path = out / "answers" / f"{name}.jsonl"
        if path.exists() and path.stat().st_size:
            header, lines = answers.read(path)
            assert len(list(lines)) <= header.cells
    assert run(out)[0] == 0
    assert results(out) == alone


@pytest.mark.slow
@pytest.mark.parametrize("kilobytes", [64, pytest.param(400, marks=SOAK)])
def test_a_full_disk_stops_the_run_and_loses_nothing(
    alone: dict[str, bytes], tmp_path: Path, kilobytes: int
) -> None:
    """A real file system that is too small, and then large enough. It needs a mount of its own;
    where that is forbidden, a quota on files stands for it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    words = [*RUN, "--out", str(disk / "run")]
    ended = mounted(
        f"mount -t tmpfs -o size={kilobytes}k tmpfs {disk} || exit 99",
        words,
        f"mount -o remount,size=60m {disk}",
        words,
        f"cp -r {disk}/run {tmp_path}/kept",
    )
    if ended is None:
        one_sentence(run(disk / "run", kilobytes * 1024 // 3), "File too large")
        assert run(disk / "run")[0] == 0
        shutil.copytree(disk / "run", tmp_path / "kept")
    else:
        one_sentence(ended[1], "No space left")
        assert [status for status, _ in ended] == [0, 2, 0, 0, 0], ended
    assert results(tmp_path / "kept") == alone


LATER = {
    "place": ("place", "{out}"),
    "plot": ("plot", "bias", "{out}"),
    "report": ("report", "{out}"),
    "export": ("export", "--parquet", "{out}"),
}
SHUT = {
    "full": ("head -c 100m /dev/zero >{disk}/filler", "rm {disk}/filler", "No space left"),
    "read-only": ("mount -o remount,ro {disk}", "mount -o remount,rw {disk}", "Read-only"),
}
"""How a disk takes no more, how it does again, and what the system says."""


@pytest.mark.slow
@pytest.mark.parametrize("how", ["full", pytest.param("read-only", marks=SOAK)])
def test_later_stages_stop_with_one_sentence_and_leave_what_is_there(
    finished: Path, tmp_path: Path, how: str
) -> None:
    """Tables, figures, report and export on a real file system that takes no more. Where mounts are
    forbidden, a quota on files stands for it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    out = disk / "run"
    shut, open_, words = (text.format(disk=disk) for text in SHUT[how])

    stages = [[word.format(out=out) for word in words] for words in LATER.values()]
    steps = [
        f"mount -t tmpfs -o size=30m tmpfs {disk} || exit 99",
        f"cp -r {finished} {out}; {shut}",
        *stages,
        f"cp -r {out} {tmp_path}/shut; {open_}",
        *stages,
        f"cp -r {out} {tmp_path}/open",
    ]
    ended = mounted(*steps)
    if ended is None:
        shutil.copytree(finished, out)
        words = "File too large"
        none = (0, "")
        ended = [none, none, *(command(*stage, largest=1024) for stage in stages), none]
        shutil.copytree(out, tmp_path / "shut")
        ended += [command(*stage) for stage in stages]
        shutil.copytree(out, tmp_path / "open")
    count = len(stages)
    for done in ended[2 : 2 + count]:
        one_sentence(done, words)
    assert ended[3 + count : 3 + 2 * count] == [(0, "")] * count
    assert contents(tmp_path / "shut") == contents(finished)
    assert results(tmp_path / "open") == results(finished)
    made = {"bias.png", "report.html", "parquet/answers.parquet"}
    assert made <= contents(tmp_path / "open").keys() - contents(finished).keys()


@pytest.mark.slow
def test_a_read_only_disk_refuses_the_run_and_loses_nothing(finished: Path, tmp_path: Path) -> None:
    """A run that is half done, on a file system that was mounted read-only meanwhile. Where mounts
    are forbidden, folders that may not be written in stand for it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    half = shutil.copytree(finished, tmp_path / "half")
    path = half / "answers" / "b.jsonl"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    again = [*RUN, "--out", str(disk / "run")]
    ended, words = (
        mounted(
            f"mount -t tmpfs -o size=30m tmpfs {disk} || exit 99",
            f"cp -r {half} {disk}/run; mount -o remount,ro {disk}",
            again,
            f"mount -o remount,rw {disk}",
            again,
            f"cp -r {disk}/run {tmp_path}/kept",
        ),
        "Read-only file system",
    )
    if ended is None:
        words, none = "Permission denied", (0, "")
        shutil.copytree(half, disk / "run")
        subprocess.run(["chmod", "-R", "a-w", str(disk)], check=True)
        ended = [none, none, command(*again)]
        subprocess.run(["chmod", "-R", "u+w", str(disk)], check=True)
        ended += [none, command(*again)]
        shutil.copytree(disk / "run", tmp_path / "kept")
    one_sentence(ended[2], words)
    assert ended[4][0] == 0, ended[4]
    assert results(tmp_path / "kept") == results(finished)


# --- ended from outside --------------------------------------------------------------------------

SLOW = [word.replace("noise=1", "noise=1,delay=.003") for word in RUN]


def begun(out: Path, *ignored: int) -> Command:
    """The run, slow, within its answers."""
    process = Command(*SLOW, "--out", str(out), environment=WIDE, ignored=ignored)
    while not any(out.glob("answers/*")):
        assert process.running, process.end()
        time.sleep(0.01)
    return process


@pytest.mark.slow
@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, pytest.param(signal.SIGHUP, marks=SOAK)]
)
def test_a_request_to_end_is_one_sentence_and_a_status(
    alone: dict[str, bytes], tmp_path: Path, number: int
) -> None:
    """As shells and schedulers expect it; the lock is free, and the same command goes on."""
    out = tmp_path / "run"
    process = begun(out)
    process.send_signal(number)
    status, said = process.end(60)
    assert status == 128 + number
    assert "Traceback" not in said
    lines = [line for line in said.splitlines() if line.strip()]
    assert lines[-1] == "stopped; the same command goes on from here"
    assert len(lines) <= 2 if number == signal.SIGINT else 1  # click says "Aborted!" to Ctrl-C
    assert not list(out.rglob("*.part"))
    assert command(*SLOW, "--out", str(out)) == (0, "")
    assert {n: b for n, b in results(out).items() if n.endswith(".csv")}.keys() == {
        n for n in alone if n.endswith(".csv")
    }


@pytest.mark.slow
def test_a_run_under_nohup_outlives_its_terminal(tmp_path: Path) -> None:
    process = begun(tmp_path / "run", signal.SIGHUP)
    process.send_signal(signal.SIGHUP)
    status, said = process.end(60)
    assert status == 0, said


@pytest.mark.slow
@pytest.mark.parametrize(
    "number",
    [*(pytest.param(n, marks=SOAK) for n in (signal.SIGTERM, signal.SIGHUP)), signal.SIGKILL],
)
def test_a_lock_of_a_dead_process_is_taken_over(tmp_path: Path, number: int) -> None:
    out = tmp_path / "run"
    process = begun(out)
    assert (out / ".lock").exists()
    one_sentence(run(out), "another run is at work")
    process.send_signal(number)
    process.end(60)
    assert command(*SLOW, "--out", str(out)) == (0, "")


@SOAK
def test_a_real_interpreter_under_nohup_ends_as_its_fork_does(tmp_path: Path) -> None:
    """The tests above fork what has begun already; this is the command as a shell starts it."""
    out = tmp_path / "run"
    words = ["nohup", sys.executable, "-m", "probes", *SLOW, "--out", str(out)]
    process = subprocess.Popen(
        words,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        # What runs in a shell's background does not heed it, nor would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    while not any(out.glob("answers/*")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    process.send_signal(signal.SIGHUP)
    time.sleep(0.1)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGINT
    assert said.splitlines()[-1] == "stopped; the same command goes on from here"


def test_limits_are_those_of_the_shell_only() -> None:
    """The quota of the tests above is not inherited by the process that runs them."""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
