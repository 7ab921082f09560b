"""Fuzz every reader of foreign files and texts for as long as you like.

    python -m benchmarks.soak.fuzz --inputs 1000000

Prints inputs a target, how many were taken and how many refused, and the longest that one took. At
the first that does anything else a target ends, with the bytes that did it (in
`crash-<target>.bin`; add them to the tests). A folder in memory (`TMPDIR`) makes it much faster.
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
    """What became of a target's inputs."""

    tried: int = 0
    taken: int = 0
    longest: float = 0.0
    """Seconds of processor time."""


def soak(name: str, count: int, seed: int) -> tuple[Tally, bytes | None]:
    """So many inputs of a target; with the one that it fell over, if it did."""
    rng, tally = random.Random(f"{seed} {name}"), Tally()
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(count):
            raw = mutated(TARGETS[name].seed, edits(rng, TARGETS[name].seed))
            begun = time.process_time()
            try:
                tally.taken += survives(TARGETS[name], raw, Path(folder))
            except Exception:  # noqa: BLE001 - any that is not a refusal is what is looked for
                traceback.print_exc()
                return tally, raw
            tally.tried += 1
            tally.longest = max(tally.longest, time.process_time() - begun)
    return tally, None


def main() -> int:
    """Fuzz the targets in turn; 1 if any of them fell over."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=1_000_000, help="in all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--target", choices=TARGETS, action="append")
    asked = parser.parse_args()
    names = asked.target or list(TARGETS)
    fell = 0
    for name in names:
        tally, raw = soak(name, -(-asked.inputs // len(names)), asked.seed)
        print(
            f"{name}: {tally.tried} inputs, {tally.taken} taken, {tally.tried - tally.taken} "
            f"refused, at most {tally.longest * 1000:.0f} ms each",
            flush=True,
        )
        if raw is not None:
            fell += 1
            crash = Path(f"crash-{name.replace(' ', '-')}.bin")
            crash.write_bytes(raw)
            print(f"{name}: fell over the next: {crash}", flush=True)
    return 1 if fell else 0


if __name__ == "__main__":
    sys.exit(main())
