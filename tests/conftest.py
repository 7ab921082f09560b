"""What every test shares: no network, one thread, one folder of tiny checkpoints a session, and
which tests one worker runs, in which order."""

import gc
import os
import shutil
import sys
import tempfile

# Before huggingface_hub and torch are imported by anyone: they read these once.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"  # tiny models: a second thread only waits for the first
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ.pop("COLUMNS", None)  # tables are as wide as they need

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

pytest_plugins = ["tests.soak"]

# Else every process that a test starts compiles all modules again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Flushing a file to a disk takes milliseconds, and tests do it many thousand times: their files lie
# in memory, where it has room. What disks do of their own is tested on file systems made for it.
MEMORY = Path("/dev/shm")
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 4 * 2**30:
    os.environ.setdefault("TMPDIR", str(MEMORY))
    tempfile.tempdir = None  # asked for before, without it


gc.disable()  # until tests begin: importing their modules leaves next to no garbage


LONGEST = (
    *("test_cluster", "test_faults", "test_atomic", "test_pretrain", "test_endpoint_kills"),
    *("test_session", "test_paper", "test_demo", "test_study", "test_finetune"),
    *("test_generating", "test_stance", "test_endpoint", "test_benchmark_runs", "test_cli"),
    *("test_figure_command", "test_report_browser", "test_view", "test_recovery"),
    *("test_figure_contract", "test_serve"),
)
"""Modules that begin first: no worker waits for another's at the end."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest modules first, in the order of `LONGEST`."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))


def pytest_collection_finish() -> None:
    """What was imported stays, and is not looked through for garbage."""
    import_module("tests.frozen")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """One worker runs all of a module, so that its fixtures are made once, and all of a group:
    modules marked ``xdist_group("browser")``."""
    from xdist.scheduler import LoadGroupScheduling

    class Scheduling(LoadGroupScheduling):
        def _split_scope(self, nodeid: str) -> str:
            scope = super()._split_scope(nodeid)
            return nodeid.partition("::")[0] if scope == nodeid else scope

    return Scheduling(config, log) if config.getoption("dist") == "loadgroup" else None


Once = Callable[[str, Callable[[Path], object]], Path]


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """What costs seconds is made once a session, by the worker that comes first; all read it:
    ``once("name", make) -> Path``, where ``make(path)`` writes a file or a folder."""
    here = tmp_path_factory.getbasetemp()
    shared = here.parent if "PYTEST_XDIST_WORKER" in os.environ else here

    def made(name: str, make: Callable[[Path], object]) -> Path:
        path, partial = shared / name, shared / f".{name}"
        with FileLock(shared / f"{name}.lock"):
            if not path.exists():
                make(partial)
                partial.rename(path)
        return path

    return made


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """`tests.checkpoints.build` into this session's folder: ``checkpoint("bert") -> Path``."""
    folder = tmp_path_factory.mktemp("checkpoints")

    def built(name: str, *, without: tuple[str, ...] = ()) -> Path:
        from tests import checkpoints  # torch: only for those who ask

        return checkpoints.build(name, folder, without=without)

    return built


@pytest.fixture(scope="session")
def tells(once: Once) -> Path:
    """A stance model that truly tells agreement from disagreement."""
    from tests import nli  # torch: only for those who ask

    return once("tells", nli.trained)


@pytest.fixture(scope="session")
def gold_runs(once: Once) -> Path:
    """Run folders `pct62`, `8values` and `sapply` of real answer sheets (`tests.gold_runs`)."""
    from tests import gold_runs

    return once("gold_runs", gold_runs.make)


@pytest.fixture(scope="module")
def pictureless() -> Iterator[None]:
    """Runs end with their tables. The compass takes as long as all else in a small one; who does
    not look at it goes without: ``pytestmark = pytest.mark.usefixtures("pictureless")``."""
    from probes.runs import conclude

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(conclude, "draw", lambda *_: None)
        yield


@pytest.fixture
def pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """The compass after all, for one test of such a module."""
    from probes.output import figures
    from probes.runs import conclude

    monkeypatch.setattr(conclude, "draw", figures.draw)


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
