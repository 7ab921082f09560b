"""What every test shares: no network, one thread, one folder of tiny checkpoints a session."""

import os
import shutil
import sys
import tempfile

# Before huggingface_hub and torch are imported by anyone: they read these once.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"  # tiny models: a second thread only waits for the first
os.environ["TOKENIZERS_PARALLELISM"] = "false"

from collections.abc import Callable
from pathlib import Path

import pytest

# Flushing a file to a disk takes milliseconds, and tests do it many thousand times: their files lie
# in memory, where it has room. What disks do of their own is tested on file systems made for it.
MEMORY = Path("/dev/shm")
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 4 * 2**30:
    os.environ.setdefault("TMPDIR", str(MEMORY))
    tempfile.tempdir = None  # asked for before, without it


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """`tests.checkpoints.build` into this session's folder: ``checkpoint("bert") -> Path``."""
    folder = tmp_path_factory.mktemp("checkpoints")

    def built(name: str, *, without: tuple[str, ...] = ()) -> Path:
        from tests import checkpoints  # torch: only for those who ask

        return checkpoints.build(name, folder, without=without)

    return built


@pytest.fixture(scope="session")
def tells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stance model that truly tells agreement from disagreement."""
    from tests import nli  # torch: only for those who ask

    return nli.trained(tmp_path_factory.mktemp("nli") / "tells")


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run a command line: ``command("sets", "list") -> (status, out, err)``."""
    from probes import cli

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["probes", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return call
