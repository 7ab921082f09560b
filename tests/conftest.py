"""Shared settings and fixtures: no network, one thread, a session's folder of tiny checkpoints, and
the distribution and order of tests over workers."""

import gc
import os
import shutil
import sys
import tempfile

# Must be set before huggingface_hub and torch are imported, which read them once.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"  # tiny models do not gain from more threads
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ.pop("COLUMNS", None)  # tables are as wide as they need

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

pytest_plugins = ["tests.soak"]

# Otherwise every child process of a test compiles all modules again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Flushing a file to disk takes milliseconds, and tests do it thousands of times: so temporary files
# are in memory, if it has room. Behaviour of disks is tested on file systems made for it.
MEMORY = Path("/dev/shm")
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 4 * 2**30:
    os.environ.setdefault("TMPDIR", str(MEMORY))
    tempfile.tempdir = None  # discard the value cached before TMPDIR was set


gc.disable()  # until tests begin: importing modules leaves hardly any garbage


LONGEST = (
    *("test_cluster", "test_faults", "test_atomic", "test_pretrain", "test_endpoint_kills"),
    *("test_session", "test_paper", "test_demo", "test_study", "test_finetune"),
    *("test_generating", "test_stance", "test_endpoint", "test_benchmark_runs", "test_cli"),
    *("test_figure_command", "test_report_browser", "test_view", "test_recovery"),
    *("test_figure_contract", "test_serve"),
)
"""Long modules, which start first, so that workers end at about the same time."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the modules of `LONGEST` to the front, in that order."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))


def pytest_collection_finish() -> None:
    """Exclude imported objects from garbage collection, which they would slow down."""
    import_module("tests.frozen")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Run all tests of a module in one worker, so that its fixtures are made once; likewise all of
    a group: modules marked ``xdist_group("browser")``."""
    from xdist.scheduler import LoadGroupScheduling

    class Scheduling(LoadGroupScheduling):
        def _split_scope(self, nodeid: str) -> str:
            scope = super()._split_scope(nodeid)
            return nodeid.partition("::")[0] if scope == nodeid else scope

    return Scheduling(config, log) if config.getoption("dist") == "loadgroup" else None


Once = Callable[[str, Callable[[Path], object]], Path]


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """Make slow fixtures once per session, by the first worker that needs them:
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
        from tests import checkpoints  # imports torch, so only if needed

        return checkpoints.build(name, folder, without=without)

    return built


@pytest.fixture(scope="session")
def tells(once: Once) -> Path:
    """A stance model that is trained to distinguish agreement from disagreement."""
    from tests import nli  # imports torch, so only if needed

    return once("tells", nli.trained)


@pytest.fixture(scope="session")
def gold_runs(once: Once) -> Path:
    """Run folders `pct62`, `8values` and `sapply` from real answer sheets (`tests.gold_runs`)."""
    from tests import gold_runs

    return once("gold_runs", gold_runs.make)


@pytest.fixture(scope="module")
def pictureless() -> Iterator[None]:
    """Make runs skip the compass figure, which takes half the time of a small run. Use it by
    ``pytestmark = pytest.mark.usefixtures("pictureless")``."""
    from probes.runs import conclude

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(conclude, "draw", lambda *_: None)
        yield


@pytest.fixture
def pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw the compass in one test of a module that uses `pictureless`."""
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
