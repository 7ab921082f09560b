"""A run against a server, ended at random moments: the same results, every answer once, none
invented, and nothing asked again but what was under way.

Moments are counted in requests, at the server, so that they are the same on any machine.
"""

import os
import random
import signal
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from transformers.utils import logging

from probes.backends import endpoint
from probes.backends.http import client
from probes.evidence import answers
from probes.models import registry
from probes.types import Answer
from tests import faulty
from tests.asking.test_loop import MINI
from tests.forked import Command
from tests.served import EVERYTHING, Served, serving

pytestmark = pytest.mark.usefixtures("pictureless")

Cell = tuple[str, int]
"""What one request or several answer: the text before the slot, and the server's seed."""
Ended = Callable[..., tuple[int, str]]
CONCURRENCY = 3
WINDOW = CONCURRENCY * endpoint.PREFETCH_PER_SLOT + 1
"""Prompts that can be under way: those that are worked ahead, and the one that is waited for."""
MOST = 3 * WINDOW
"""Requests, at most, before a start is ended: fewer than its limits allow."""
LONG = 600
"""Seconds after which a process hangs."""
STOPPED = "stopped; the same command goes on from here"
SHORT = {
    "name": "short",
    "title": "Short",
    "method": "choice",
    "wordings": ["agree", "yes-no", "four-middle"],
    "writing": {"tokens": 4},
}


@dataclass
class Ledger:
    """What a server is asked, by each start of a run, and what it says; starts differ in their key.

    Args:
        served: The model behind it.
    """

    served: Served
    asked: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    cost: Counter[str] = field(default_factory=Counter)
    """Tokens read, and twice those that were written."""
    said: set[str] = field(default_factory=set)
    due: dict[str, tuple[int, Callable[[], object]]] = field(default_factory=dict)
    """Start -> at which of its requests something happens, and what."""

    def __post_init__(self) -> None:
        self.lock, self.inner = threading.Lock(), self.served.reply
        self.served.reply = self.reply

    def reply(self, path: str, body: dict[str, Any], key: str) -> tuple[int, dict[str, Any]]:
        start = key.removeprefix("Bearer ")
        with self.lock:
            self.asked[start].append(body)
            at, happens = self.due.get(start, (0, None))
            now = len(self.asked[start]) == at
        if happens and now:
            happens()
        status, sent = self.inner(path, body, key)
        with self.lock:
            used = sent.get("usage", {"prompt_tokens": 0, "completion_tokens": 0})
            self.cost[start] += used["prompt_tokens"] + 2 * used["completion_tokens"]
            choices = sent.get("choices", ())
            self.said |= {c["text"] if "text" in c else c["message"]["content"] for c in choices}
        return status, sent

    def cells(self, start: str, known: set[Cell]) -> set[Cell]:
        """Which of the known cells a start asked for."""
        bodies = [(b.get("prompt") or b["messages"][0]["content"], b) for b in self.asked[start]]
        asked = {(said, body.get("seed", 0)) for said, body in bodies}
        return {
            cell
            for cell in known
            if any(said.startswith(cell[0]) and seed == cell[1] for said, seed in asked)
        }


@dataclass
class Place:
    """A folder with a set, a protocol and a models.yaml, and the run in it."""

    folder: Path
    url: str
    starts: list[str] = field(default_factory=list)
    """Their keys."""

    def __post_init__(self) -> None:
        limits = {"concurrency": CONCURRENCY, "timeout": 60, "tries": 20}
        there = {"backend": "endpoint", "url": self.url, "id": "tiny", "key_env": "START"}
        mine = {**there, "limits": limits, "prices": {"read": 1e6, "written": 2e6}}
        self.folder.mkdir()
        for name, content in (("models", {"mine": mine}), ("short", SHORT)):
            (self.folder / f"{name}.yaml").write_text(yaml.safe_dump(content), "utf-8")
        (self.folder / "mini.yaml").write_text(MINI, "utf-8")

    def words(self) -> list[str]:
        """The command, for a start of its own."""
        self.starts.append(f"{self.folder.name}-{len(self.starts)}")
        asked = ["--model", "mine", "--set", "mini.yaml", "--protocol", "short.yaml"]
        return ["run", "-q", *asked, "--out", "run"]

    @property
    def environment(self) -> dict[str, str]:
        return {registry.VARIABLE: "models.yaml", "START": self.starts[-1]}

    def evidence(self) -> list[Answer]:
        """As far as it is whole."""
        path = self.folder / "run" / "answers" / "mine.jsonl"
        if not path.exists() or b"\n" not in path.read_bytes():
            return []
        return list(answers.read(path)[1])

    def cells(self) -> set[Cell]:
        """What is in the evidence."""
        return {
            (answer.before, endpoint._seed(answer) if answer.logprobs is None else 0)
            for answer in self.evidence()
        }

    def results(self) -> dict[str, bytes]:
        """Every table and all the evidence."""
        out = self.folder / "run"
        files = [*out.glob("*.csv"), *out.glob("answers/*.jsonl")]
        return {str(path.relative_to(out)): path.read_bytes() for path in files}


@pytest.fixture
def ended(command: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch) -> Ended:
    """Run in this process until it ends by itself: ``ended(place, ...) -> (status, errors)``."""
    monkeypatch.setattr(client, "BACKOFF", 0.01)

    def run(place: Place, *more: str) -> tuple[int, str]:
        words = place.words()
        monkeypatch.chdir(place.folder)
        for name, value in place.environment.items():
            monkeypatch.setenv(name, value)
        status, _, said = command(*words, *more)
        return status, said

    return run


def kill(ledger: Ledger, place: Place, number: signal.Signals, moment: int, *more: str) -> None:
    """Start the run as a process, and end it at one of its requests."""
    words, pid = place.words(), Future[int]()
    ledger.due[place.starts[-1]] = (moment, lambda: os.kill(pid.result(LONG), number))
    process = Command(*words, *more, folder=place.folder, environment=place.environment)
    pid.set_result(process.process.pid or 0)
    status, said = process.end(LONG)
    if number == signal.SIGKILL:
        assert status == -number, said
    else:
        assert status == 128 + number, said
        lines = [line for line in said.splitlines() if line.strip() not in ("", "Aborted!")]
        assert lines == [STOPPED]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "offers", "signals", "share", "limits"),
    [
        ("chat", {"completions", "chat"}, "KILL TERM", 0.0, ("--max-cost", "4000")),
        ("llama", EVERYTHING, "KILL HUP", 0.2, ("--max-requests", "30")),
    ],
    ids=["text", "log-probabilities on a bad day"],
)
def test_a_run_that_is_killed_over_and_over_ends_as_if_it_had_not_been(
    checkpoint: Callable[..., Path],
    ended: Ended,
    tmp_path: Path,
    name: str,
    offers: set[str],
    signals: str,
    share: float,
    limits: tuple[str, str],
) -> None:
    """Within its limits in each start, those that were killed and those that went on."""
    logging.disable_progress_bar()
    ledger = Ledger(Served(checkpoint(name), offers=frozenset(offers)))
    dice, kinds = random.Random(name), tuple(kind for kind in faulty.KINDS if kind != "slow")
    with (
        serving(ledger.served) as behind,
        faulty.between(behind, share, kinds) as (url, _),
    ):
        alone, place = Place(tmp_path / "alone", url), Place(tmp_path / "killed", url)
        assert ended(alone) == (0, "")
        known, kept = alone.cells(), set[Cell]()
        for word in signals.split():
            number = signal.Signals[f"SIG{word}"]
            kill(ledger, place, number, dice.randint(1, MOST), *limits)
            asked, now = ledger.cells(place.starts[-1], known), place.cells()
            assert kept <= now
            assert not asked & kept
            assert len(asked - now) <= WINDOW
            kept = now
        assert set() < kept < known
        status, said = 2, ""
        while status == 2 and len(place.starts) < 20:
            status, said = ended(place, *limits)
            assert status == 0 or limits[0] in said
            assert not ledger.cells(place.starts[-1], known) & kept
            kept = place.cells()
    assert (status, said) == (0, "")
    assert place.results() == alone.results()
    keys = [answer.key for answer in place.evidence()]
    assert len(keys) == len(set(keys))
    assert {answer.reply for answer in place.evidence()} <= {*ledger.said, None}
    assert not [*place.folder.rglob("*.part"), *place.folder.rglob("crash*")]
    most = int(limits[1])
    for start in place.starts:
        assert len(ledger.asked[start]) <= most or limits[0] == "--max-cost"
        assert ledger.cost[start] <= most or limits[0] == "--max-requests"


def test_who_waits_for_a_server_that_hangs_can_end_at_once(
    checkpoint: Callable[..., Path], tmp_path: Path
) -> None:
    """A reply that does not come is not waited for."""
    logging.disable_progress_bar()
    ledger, over = Ledger(Served(checkpoint("llama"))), threading.Event()
    real = ledger.inner
    ledger.inner = lambda *asked: over.wait(120) and real(*asked)  # type: ignore[func-returns-value]
    with serving(ledger.served) as url:
        try:
            kill(ledger, Place(tmp_path / "run", url), signal.SIGINT, 1)
            assert not over.is_set()
        finally:
            over.set()
