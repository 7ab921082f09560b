"""Time of each stage of `probes place DIR`, and its peak memory.

`place` runs ``python -m benchmarks.soak.staged DIR FILE`` in a child process: the user's command,
with two functions wrapped to record times. FILE receives, as JSON, the end of each stage in seconds
of the monotonic clock.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from probes import cli
from probes.runs import conclude as conclusions
from probes.tables import place as tables

GIB = 2**30
LIMIT_GIB, LIMIT_SECONDS = 4, 180
STAGES = ("reading and agreement", "placement", "tables and pictures", "printing")


@dataclass(frozen=True)
class Placed:
    """Time and memory of `probes place`."""

    stages: dict[str, float]
    """Stage -> seconds."""
    worked: float
    """Processor time in seconds."""
    peak: float
    """Peak memory in GiB."""

    @property
    def seconds(self) -> float:
        """Seconds of the whole command."""
        return sum(self.stages.values())

    @property
    def within(self) -> bool:
        """Whether both limits are met."""
        return self.seconds <= LIMIT_SECONDS and self.peak <= LIMIT_GIB

    def __str__(self) -> str:
        parts = ", ".join(f"{stage} {seconds:.0f} s" for stage, seconds in self.stages.items())
        whole = f"whole command {self.seconds:.0f} s, {self.worked:.0f} processor s"
        return f"{parts}; {whole}, {self.peak:.2f} GiB"


def place(out: Path, scratch: Path) -> Placed:
    """Run `probes place`; `scratch` is a folder for a temporary file."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    ends = scratch / "stages.json"
    words = [sys.executable, "-m", "benchmarks.soak.staged", str(out), str(ends)]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        peak = max(peak, resident(process.pid))
        time.sleep(0.5)
    ended = time.monotonic()
    if process.returncode:
        raise SystemExit(process.returncode)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    marks = {**json.loads(ends.read_text()), STAGES[-1]: ended}
    starts = [begun, *marks.values()]
    stages = {s: end - start for (s, end), start in zip(marks.items(), starts, strict=False)}
    return Placed(stages, worked, peak / GIB)


def resident(process: int) -> int:
    """Memory of a process and its children in bytes (PSS: shared memory is divided)."""
    total = 0
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rpartition(") ")[2].split()[1])
            if process in (int(path.name), parent):
                rows = (path / "smaps_rollup").read_text().splitlines()
                total += sum(int(row.split()[1]) * 1024 for row in rows if row.startswith("Pss:"))
        except (OSError, IndexError, ValueError):
            continue
    return total


def noted(module: ModuleType, name: str, note: Callable[[str], None], *stages: str) -> None:
    """Wrap a function to record the end of a stage after it, and of another before it if given."""
    function = getattr(module, name)

    def timed(*given: Any, **named: Any) -> Any:
        for stage in stages[:-1]:
            note(stage)
        result = function(*given, **named)
        note(stages[-1])
        return result

    setattr(module, name, timed)


def main() -> None:
    """Run the command with wrapped functions, and write the times."""
    directory, file = sys.argv[1:]
    ends: dict[str, float] = {}

    def note(stage: str) -> None:
        ends[stage] = time.monotonic()

    noted(tables, "place", note, *STAGES[:2])
    noted(conclusions, "conclusion", note, STAGES[2])
    sys.argv = ["probes", "place", directory]
    try:
        cli.main()
    finally:
        note(STAGES[3])
        Path(file).write_text(json.dumps(ends))


if __name__ == "__main__":
    main()
