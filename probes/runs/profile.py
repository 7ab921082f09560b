"""Time of a run by step, compared with what the machine can do.

`Stopwatch` times the steps of asking one model; `report` relates them to the backend's counts (its
`meter`, if it has one) and to the machine's speed, measured for a second. A profile describes a
session, not the evidence: it is written to `profile.json` and used nowhere else.
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
    """A backend that counts the tokens it processes; other backends are only timed."""

    @property
    def meter(self) -> "Meter":
        """Counts since the model was loaded."""

    @property
    def checkpoint(self) -> "Checkpoint":
        """The loaded checkpoint, for its cost per token and its device."""


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """Numbers of tokens processed."""

    asked: int
    """Tokens of a simple loop over all options of all prompts."""
    needed: int
    """Tokens that must be processed, common prefixes counted once."""
    computed: int
    """Tokens that were processed, padding included."""
    padded: int
    """Padding tokens among them."""


@dataclass(frozen=True, slots=True)
class ThroughputLimit:
    """Necessary computation, and what the machine could have computed in the same time."""

    needed: float
    """Necessary floating-point operations of matrix products."""
    rate: float
    """Sustained operations a second of this machine, on matrices of the model's size."""
    share: float
    """``needed / (seconds in forward passes * rate)``."""
    threads: int


@dataclass(frozen=True, slots=True)
class Profile:
    """Profile of one model's session; counts are None if the backend has none."""

    model: str
    device: str
    dtype: str
    seconds: dict[str, float]
    """Seconds by step (load, plan, tokenising, forward, writing); steps do not overlap."""
    passes: int | None = None
    """Number of forward passes, including a run's self-checks."""
    tokens: TokenCounts | None = None
    limit: ThroughputLimit | None = None


@dataclass(slots=True)
class Stopwatch:
    """Times the steps of asking one model; a few clock calls a batch."""

    model: Scorer | Writer | None = None
    """Set once it is loaded: its meter gives the tokenising time within a step."""
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STEPS, 0.0))

    @contextmanager
    def step(self, name: Step) -> Iterator[None]:
        """Time the block; tokenising within it is counted separately."""
        start, before = time.perf_counter(), self._tokenising()
        try:
            yield
        finally:
            within = self._tokenising() - before
            self.seconds["tokenising"] += within
            self.seconds[name] += time.perf_counter() - start - within

    def each(self, name: Step, things: Iterable[T]) -> Iterator[T]:
        """Time how long each item takes to arrive."""
        iterator = iter(things)
        while True:
            with self.step(name):
                thing = next(iterator, None)
            if thing is None:
                return
            yield thing

    def profile(self) -> Profile:
        """Times and counts so far; takes a second to measure the machine."""
        if self.model is None:
            raise ValueError("a watch without a model has nothing to report")
        info, model = self.model.info, self.model
        seconds_by_step = {step: round(seconds, 4) for step, seconds in self.seconds.items()}
        only = Profile(info.name, info.device, info.dtype, seconds_by_step)
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
    from probes.backends.hf.profile import peak  # torch is already imported by the model
    from probes.backends.hf.profile.meter import cost

    needed = cost(model.checkpoint.model, getattr(model, "cut", None)).needed(model.meter)
    sustained = peak.sustained(model.checkpoint.model)
    return ThroughputLimit(needed, sustained, needed / (forward * sustained), peak.threads())


def write(folder: Folder, profiles: Sequence[Profile]) -> None:
    """Write the profiles of this session into the run folder; replaces those of an earlier one."""
    content = {"format": 1, "models": [asdict(profile) for profile in profiles]}
    folder.write(FILE, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def rows(path: Path) -> list[dict[str, object]]:
    """The profiles of a run folder, one row per model; cells without a count are empty.

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
