"""Where the time of a run goes, and how near it comes to what the machine can do.

`Stopwatch` times the steps of asking one model; `report` sets them beside what the backend counted
(its `meter`, where it has one) and, measured for a second, what the machine could do. A profile is
about a session, not about the evidence: it goes into `profile.json` and nothing else reads it.
"""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, runtime_checkable

from probes.errors import RunError
from probes.runs.folder import Folder
from probes.types import Scorer, Writer

if TYPE_CHECKING:
    from probes.backends.hf.loading.checkpoint import Checkpoint
    from probes.backends.hf.profile.meter import Meter

FILE = "profile.json"

Step = Literal["load", "plan", "forward", "writing"]
STEPS = ("load", "plan", "tokenising", "forward", "writing")
T = TypeVar("T")


@runtime_checkable
class Metered(Protocol):
    """A backend that counts what it puts through its model; others are only timed."""

    @property
    def meter(self) -> "Meter":
        """Counts since the model was loaded."""

    @property
    def checkpoint(self) -> "Checkpoint":
        """The model itself, for what it costs and where it is."""


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """What went through a model, in tokens."""

    asked: int
    """Of the texts that a loop over every prompt's every option would put through."""
    needed: int
    """That have to go through, common beginnings counted once."""
    computed: int
    """That did, padding included."""
    padded: int
    """Those of them that are padding."""


@dataclass(frozen=True, slots=True)
class ThroughputLimit:
    """What was needed, beside what the machine could have done in the same time."""

    needed: float
    """Floating-point operations of matrix products that the answers cannot be had without."""
    rate: float
    """Such operations a second that the machine sustains on matrices of the model's size."""
    share: float
    """``needed / (seconds in forward passes * rate)``."""
    threads: int


@dataclass(frozen=True, slots=True)
class Profile:
    """One model's session; counts are None where the backend keeps none."""

    model: str
    device: str
    dtype: str
    seconds: dict[str, float]
    """Of load, plan, tokenising, forward and writing; each counts only its own."""
    passes: int | None = None
    """Forward passes; the self-checks of a run are among them."""
    tokens: TokenCounts | None = None
    limit: ThroughputLimit | None = None


@dataclass(slots=True)
class Stopwatch:
    """Times the steps of asking one model; a few calls of a clock a batch."""

    model: Scorer | Writer | None = None
    """Set once it is loaded: its meter tells what part of a step was tokenising."""
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STEPS, 0.0))

    @contextmanager
    def step(self, name: Step) -> Iterator[None]:
        """Count what is done inside; the tokenising in it for itself."""
        start, before = time.perf_counter(), self._tokenising()
        try:
            yield
        finally:
            within = self._tokenising() - before
            self.seconds["tokenising"] += within
            self.seconds[name] += time.perf_counter() - start - within

    def each(self, name: Step, things: Iterable[T]) -> Iterator[T]:
        """Count how long each thing takes to come."""
        iterator = iter(things)
        while True:
            with self.step(name):
                thing = next(iterator, None)
            if thing is None:
                return
            yield thing

    def profile(self) -> Profile:
        """What was timed and counted so far; takes a second to measure the machine."""
        if self.model is None:
            raise ValueError("a watch without a model has nothing to report")
        info, model = self.model.info, self.model
        taken = {step: round(seconds, 4) for step, seconds in self.seconds.items()}
        only = Profile(info.name, info.device, info.dtype, taken)
        if not isinstance(model, Metered):
            return only
        meter = model.meter
        tokens = TokenCounts(meter.asked, meter.needed, meter.computed, meter.padded)
        forward = self.seconds["forward"]
        limit = _limit(model, forward) if meter.passes and forward > 0 else None
        return replace(only, passes=meter.passes, tokens=tokens, limit=limit)

    def _tokenising(self) -> float:
        return self.model.meter.tokenising if isinstance(self.model, Metered) else 0.0


def _limit(model: Metered, forward: float) -> ThroughputLimit:
    from probes.backends.hf.profile import peak  # torch is there already: the model has it
    from probes.backends.hf.profile.meter import cost

    needed = cost(model.checkpoint.model, getattr(model, "cut", None)).needed(model.meter)
    sustained = peak.sustained(model.checkpoint.model)
    return ThroughputLimit(needed, sustained, needed / (forward * sustained), peak.threads())


def write(folder: Folder, profiles: Sequence[Profile]) -> None:
    """Put the profiles of this session into the run folder, in place of an earlier one's."""
    content = {"format": 1, "models": [asdict(profile) for profile in profiles]}
    folder.write(FILE, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def rows(path: Path) -> list[dict[str, object]]:
    """The profiles of a run folder for a table: a row a model, empty where nothing was counted.

    Raises:
        RunError: there is none, or it is damaged.
    """
    try:
        data = json.loads((path / FILE).read_text("utf-8"))
        return [_row(entry) for entry in data["models"]]
    except FileNotFoundError:
        raise RunError(f"{path}: has no {FILE}; `probes run --profile` writes one") from None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise RunError(
            f"{path / FILE}: not written by `probes run --profile`, or damaged"
        ) from None


def _row(entry: dict[str, Any]) -> dict[str, object]:
    tokens, limit = entry["tokens"] or {}, entry["limit"]
    return {
        "model": entry["model"],
        **{f"{step}, s": entry["seconds"][step] for step in STEPS},
        "passes": entry["passes"],
        **{f"tokens {name}": tokens.get(name) for name in TokenCounts.__slots__},
        "of limit": f"{limit['share']:.0%}".replace("%", " %") if limit else None,
    }
