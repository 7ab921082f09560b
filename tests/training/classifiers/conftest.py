"""Small models and one finished study, made once."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from probes.downstream import conclude, shuffles
from probes.training.classifiers.request import StudyRequest
from probes.training.classifiers.study import StudyOutcome, run_study
from tests.training.classifiers import small

TABLES = conclude.tables
CHILD = "child: {backend: masked, id: ., parent: base, corpus: news}\n"


@contextmanager
def few() -> Iterator[None]:
    """Tables by few draws: these tests look at what is trained and written. Every training has all
    garbage collected, which takes long where a whole suite's objects are looked through."""
    gc.freeze()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conclude, "tables", partial(TABLES, count=20))
        patch.setattr(shuffles.largest, "__defaults__", (20,))
        yield
    gc.unfreeze()


@pytest.fixture(scope="module", autouse=True)
def few_draws() -> Iterator[None]:
    """In the modules of this folder alone."""
    with few():
        yield


@dataclass(frozen=True)
class Small:
    """What tests train."""

    task: Path
    base: Path
    child: Path
    causal: Path


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Small:
    """A task; a base, a child that says that it is one, and a causal model."""
    folder = tmp_path_factory.mktemp("small")
    child = small.masked(folder / "child", seed=1)
    (child / "models.yaml").write_text(CHILD, encoding="utf-8")
    return Small(
        small.task(folder / "task"),
        small.masked(folder / "base"),
        child,
        small.causal(folder / "causal"),
    )


def study(made: Small, out: Path, **changes: object) -> StudyRequest:
    """The study of the fixture `finished`."""
    fields = {
        "models": (str(made.base), str(made.child)),
        "task": str(made.task),
        "out": out,
        "seeds": 2,
        "regime": small.QUICK,
        "device": "cpu",
    }
    return StudyRequest(**{**fields, **changes})


@pytest.fixture(scope="session")
def finished(made: Small, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, StudyOutcome]:
    """A study that nothing stopped, and what it found."""
    out = tmp_path_factory.mktemp("finished") / "study"
    with few():
        return out, run_study(study(made, out))
