"""A disk that takes no more, and a process that is ended: one sentence, whole evidence, and the
same command goes on."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from probes.evidence import answers

pytestmark = pytest.mark.xdist_group("disk")
RUN = [
    *(sys.executable, "-m", "probes", "run", "--limit", "20"),
    *("--model", "a=planted:economic=-6,noise=1", "--model", "b=planted:social=3,noise=1"),
]
ENVIRONMENT = {**os.environ, "MPLCONFIGDIR": "/tmp", "COLUMNS": "200"}


def run(out: Path, before: str = "") -> subprocess.CompletedProcess[str]:
    """The run, by a shell that does something before."""
    words = " ".join(f"'{word}'" for word in [*RUN, "--out", str(out)])
    return sh(f"{before}\n{words}")


def sh(script: str, *around: str) -> subprocess.CompletedProcess[str]:
    """A script of the shell's."""
    return subprocess.run(
        [*around, "bash", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
    )


def mounted(script: str) -> subprocess.CompletedProcess[str]:
    """A script that mounts file systems, which nobody else sees; status 99 where it may not."""
    done = sh(script, "unshare", "--map-root-user", "--mount")
    if done.returncode == 1 and done.stderr.startswith("unshare:"):
        done.returncode = 99
    return done


def contents(out: Path) -> dict[str, bytes]:
    """Every file."""
    return {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file()}


def results(out: Path) -> dict[str, bytes]:
    files = [*out.glob("*.csv"), *out.glob("answers/*.jsonl")]
    return {str(path.relative_to(out)): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that nothing befell."""
    out = tmp_path_factory.mktemp("alone") / "run"
    assert run(out).returncode == 0
    return out


@pytest.fixture(scope="module")
def alone(finished: Path) -> dict[str, bytes]:
    """What it wrote."""
    return results(finished)


def one_sentence(done: subprocess.CompletedProcess[str], about: str) -> None:
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    said = [line for line in done.stderr.splitlines() if line.startswith("probes: ")]
    assert len(said) == 1, done.stderr
    assert about in said[0]


SOAK = pytest.mark.soak


@pytest.mark.parametrize("kilobytes", [pytest.param(1, marks=SOAK), 150])
def test_a_file_that_may_not_grow_stops_the_run_and_loses_nothing(
    alone: dict[str, bytes], tmp_path: Path, kilobytes: int
) -> None:
    """A quota on files, before the first answer and amid the answers."""
    out = tmp_path / "run"
    one_sentence(run(out, f"trap '' XFSZ; ulimit -f {kilobytes}"), "File too large")
    for name in ("a", "b"):
        path = out / "answers" / f"{name}.jsonl"
        if path.exists() and path.stat().st_size:
            header, lines = answers.read(path)
            assert len(list(lines)) <= header.cells
    assert run(out).returncode == 0
    assert results(out) == alone


@pytest.mark.parametrize("kilobytes", [64, pytest.param(400, marks=SOAK)])
def test_a_full_disk_stops_the_run_and_loses_nothing(
    alone: dict[str, bytes], tmp_path: Path, kilobytes: int
) -> None:
    """A real file system that is too small, and then large enough. It needs a mount of its own;
    where that is forbidden, a quota on files stands for it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    words = " ".join(f"'{word}'" for word in [*RUN, "--out", str(disk / "run")])
    script = f"""
        mount -t tmpfs -o size={kilobytes}k tmpfs {disk} || exit 99
        {words}; echo "status $?"
        mount -o remount,size=60m {disk}
        {words}; echo "status $?"
        cp -r {disk}/run {tmp_path}/kept
    """
    whole = mounted(script)
    if "status" not in whole.stdout:
        small = run(disk / "run", f"trap '' XFSZ; ulimit -f {kilobytes // 3}")
        one_sentence(small, "File too large")
        assert run(disk / "run").returncode == 0
        shutil.copytree(disk / "run", tmp_path / "kept")
    else:
        statuses = [line for line in whole.stdout.splitlines() if line.startswith("status")]
        assert statuses == ["status 2", "status 0"], whole.stderr
        assert "Traceback" not in whole.stderr
        assert "No space left" in whole.stderr
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


@pytest.mark.parametrize("how", ["full", pytest.param("read-only", marks=SOAK)])
def test_later_stages_stop_with_one_sentence_and_leave_what_is_there(
    finished: Path, tmp_path: Path, how: str
) -> None:
    """Tables, figures, report and export on a real file system that takes no more. Where mounts are
    forbidden, a quota on files stands for it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    out, said = disk / "run", tmp_path / "said"
    said.mkdir()
    shut, open_, words = (text.format(disk=disk) for text in SHUT[how])

    def stages(when: str) -> str:
        return "\n".join(
            f"{sys.executable} -m probes {' '.join(command).format(out=out)} "
            f">/dev/null 2>{said}/{stage}-{when}; echo $? >>{said}/{stage}-{when}"
            for stage, command in LATER.items()
        )

    script = f"""
        mount -t tmpfs -o size=30m tmpfs {disk} || exit 99
        cp -r {finished} {out}
        {shut} 2>/dev/null
        {stages("shut")}
        cp -r {out} {tmp_path}/shut
        {open_}
        {stages("open")}
        cp -r {out} {tmp_path}/open
    """
    if mounted(script).returncode == 99:
        shutil.copytree(finished, out)
        words = "File too large"
        sh(f"trap '' XFSZ; ulimit -f 1\n{stages('shut')}")
        shutil.copytree(out, tmp_path / "shut")
        sh(stages("open"))
        shutil.copytree(out, tmp_path / "open")
    for stage in LATER:
        sentence, status = (said / f"{stage}-shut").read_text().splitlines()
        assert status == "2", sentence
        assert words in sentence
        assert (said / f"{stage}-open").read_text() == "0\n"
    assert contents(tmp_path / "shut") == contents(finished)
    assert results(tmp_path / "open") == results(finished)
    made = {"bias.png", "report.html", "parquet/answers.parquet"}
    assert made <= contents(tmp_path / "open").keys() - contents(finished).keys()


def test_a_read_only_disk_refuses_the_run_and_loses_nothing(finished: Path, tmp_path: Path) -> None:
    """A run that is half done, on a file system that was mounted read-only meanwhile. Where mounts
    are forbidden, folders that may not be written in stand for it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    half = shutil.copytree(finished, tmp_path / "half")
    path = half / "answers" / "b.jsonl"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    again = " ".join(f"'{word}'" for word in [*RUN, "--out", str(disk / "run")])
    script = f"""
        mount -t tmpfs -o size=30m tmpfs {disk} || exit 99
        cp -r {half} {disk}/run
        mount -o remount,ro {disk}
        {again} 2>{tmp_path}/said; echo $? >>{tmp_path}/said
        mount -o remount,rw {disk}
        {again} || exit 1
        cp -r {disk}/run {tmp_path}/kept
    """
    done, words = mounted(script), "Read-only file system"
    if done.returncode == 99:
        words = "Permission denied"
        shutil.copytree(half, disk / "run")
        sh(f"chmod -R a-w {disk}\n{again} 2>{tmp_path}/said; echo $? >>{tmp_path}/said")
        assert sh(f"chmod -R u+w {disk}\n{again}").returncode == 0
        shutil.copytree(disk / "run", tmp_path / "kept")
    sentence, status = (tmp_path / "said").read_text().splitlines()[-2:]
    assert status == "2", sentence
    assert words in sentence
    assert results(tmp_path / "kept") == results(finished)


# --- ended from outside --------------------------------------------------------------------------

SLOW = [word.replace("noise=1", "noise=1,delay=.003") for word in RUN]


@contextmanager
def running(out: Path, *before: str) -> Iterator[subprocess.Popen[str]]:
    """The run, slow, as a terminal would start it, within its answers."""

    def listen() -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)

    process = subprocess.Popen(
        [*before, *SLOW, "--out", str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
        preexec_fn=listen,  # noqa: PLW1509 - no threads here
    )
    while not any(out.glob("answers/*")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    yield process


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, pytest.param(signal.SIGHUP, marks=SOAK)]
)
def test_a_request_to_end_is_one_sentence_and_a_status(
    alone: dict[str, bytes], tmp_path: Path, number: int
) -> None:
    """As shells and schedulers expect it; the lock is free, and the same command goes on."""
    out = tmp_path / "run"
    with running(out) as process:
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert "Traceback" not in said
    lines = [line for line in said.splitlines() if line.strip()]
    assert lines[-1] == "stopped; the same command goes on from here"
    assert len(lines) <= 2 if number == signal.SIGINT else 1  # click says "Aborted!" to Ctrl-C
    assert not list(out.rglob("*.part"))
    done = subprocess.run([*SLOW, "--out", str(out)], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert {n: b for n, b in results(out).items() if n.endswith(".csv")}.keys() == {
        n for n in alone if n.endswith(".csv")
    }


def test_a_run_under_nohup_outlives_its_terminal(tmp_path: Path) -> None:
    with running(tmp_path / "run", "nohup") as process:
        process.send_signal(signal.SIGHUP)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said


@pytest.mark.parametrize(
    "number",
    [*(pytest.param(n, marks=SOAK) for n in (signal.SIGTERM, signal.SIGHUP)), signal.SIGKILL],
)
def test_a_lock_of_a_dead_process_is_taken_over(tmp_path: Path, number: int) -> None:
    out = tmp_path / "run"
    with running(out) as process:
        assert (out / ".lock").exists()
        one_sentence(run(out), "another run is at work")
        process.send_signal(number)
        process.communicate(timeout=60)
    done = subprocess.run([*SLOW, "--out", str(out)], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr


def test_limits_are_those_of_the_shell_only() -> None:
    """The quota of the tests above is not inherited by the process that runs them."""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
