"""Fuzz all readers of foreign files and texts with many inputs.

    python -m benchmarks.soak.fuzz --inputs 1000000

Prints, by target, the numbers of inputs, of accepted and of rejected ones, and the longest time. A
target ends at the first crash, and its input is saved in `crash-<target>.bin` (add it to the
tests). A temporary folder in memory (`TMPDIR`) makes it much faster.
"""

import argparse
import random
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

from tests.fuzzing import TARGETS, edits, mutated, survives


@dataclass(slots=True)
class Tally:
    """Counts of a target's inputs."""

    tried: int = 0
    taken: int = 0
    longest: float = 0.0
    """Longest processor time of an input, in seconds."""


def soak(name: str, count: int, seed: int) -> tuple[Tally, bytes | None]:
    """Run `count` inputs of a target; returns the input that crashed it, or None."""
    rng, tally = random.Random(f"{seed} {name}"), Tally()
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(count):
            raw = mutated(TARGETS[name].seed, edits(rng, TARGETS[name].seed))
            begun = time.process_time()
            try:
                tally.taken += survives(TARGETS[name], raw, Path(folder))
            except Exception:  # noqa: BLE001 - any exception but a rejection is a crash
                traceback.print_exc()
                return tally, raw
            tally.tried += 1
            tally.longest = max(tally.longest, time.process_time() - begun)
    return tally, None


def main() -> int:
    """Fuzz the targets in turn; returns 1 if any of them crashed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=1_000_000, help="in all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--target", choices=TARGETS, action="append")
    options = parser.parse_args()
    names = options.target or list(TARGETS)
    crashed = 0
    for name in names:
        tally, raw = soak(name, -(-options.inputs // len(names)), options.seed)
        print(
            f"{name}: {tally.tried} inputs, {tally.taken} taken, {tally.tried - tally.taken} "
            f"refused, at most {tally.longest * 1000:.0f} ms each",
            flush=True,
        )
        if raw is not None:
            crashed += 1
            crash = Path(f"crash-{name.replace(' ', '-')}.bin")
            crash.write_bytes(raw)
            print(f"{name}: fell over the next: {crash}", flush=True)
    return 1 if crashed else 0


if __name__ == "__main__":
    sys.exit(main())
