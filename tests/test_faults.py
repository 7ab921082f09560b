"""A disk that fills up: one sentence, whole evidence, and the run goes on when there is room."""

import os
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from probes import answers

RUN = [
    *(sys.executable, "-m", "probes", "run", "--limit", "20"),
    *("--model", "a=planted:economic=-6,noise=1", "--model", "b=planted:social=3,noise=1"),
]
ENVIRONMENT = {**os.environ, "MPLCONFIGDIR": "/tmp", "COLUMNS": "200"}


def run(out: Path, before: str = "") -> subprocess.CompletedProcess[str]:
    """The run, by a shell that does something before."""
    words = " ".join(f"'{word}'" for word in [*RUN, "--out", str(out)])
    script = f"{before}\n{words}"
    return subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, check=False, env=ENVIRONMENT
    )


def results(out: Path) -> dict[str, bytes]:
    files = [*out.glob("*.csv"), *out.glob("answers/*.jsonl")]
    return {str(path.relative_to(out)): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What a run that nothing befalls writes."""
    out = tmp_path_factory.mktemp("alone") / "run"
    assert run(out).returncode == 0
    return results(out)


def one_sentence(done: subprocess.CompletedProcess[str], about: str) -> None:
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    said = [line for line in done.stderr.splitlines() if line.startswith("probes: ")]
    assert len(said) == 1, done.stderr
    assert about in said[0]


@pytest.mark.parametrize("kilobytes", [1, 150])
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


@pytest.mark.parametrize("kilobytes", [64, 400])
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
    whole = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "bash", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
    )
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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_lock_of_a_dead_process_is_taken_over(
    alone: dict[str, bytes], tmp_path: Path, number: int
) -> None:
    out = tmp_path / "run"
    slow = [word.replace("noise=1", "noise=1,delay=.003") for word in RUN]
    process = subprocess.Popen([*slow, "--out", str(out)], stderr=subprocess.DEVNULL)
    while not (out / "answers").is_dir() or not any((out / "answers").iterdir()):
        assert process.poll() is None
    assert (out / ".lock").exists()
    busy = run(out)
    one_sentence(busy, "another run is at work")
    process.send_signal(number)
    process.wait()
    done = subprocess.run([*slow, "--out", str(out)], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr


def test_limits_are_those_of_the_shell_only() -> None:
    """The quota of the tests above is not inherited by the process that runs them."""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
