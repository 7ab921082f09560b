"""Fuzz every reader of foreign files and texts for as long as you like.

    python -m benchmarks.soak.fuzz --inputs 1000000

Prints inputs a target, how many were taken and how many refused, and stops at the first that does
anything else, with the bytes that did it (in `crash-<target>.bin`; add them to the tests).
"""

import argparse
import random
import sys
import tempfile
import traceback
from pathlib import Path

from tests.fuzzing import NASTY, TARGETS, Edit, mutated, survives

FEW = 6


def changes(rng: random.Random) -> list[Edit]:
    """A few random edits, as the tests' strategy draws them."""
    return [
        (rng.random(), rng.randint(0, 60), rng.choice(NASTY) if rng.random() < 0.7 else bits(rng))
        for _ in range(rng.randint(0, FEW))
    ]


def bits(rng: random.Random) -> bytes:
    """Up to ten bytes of anything."""
    return rng.randbytes(rng.randint(0, 10))


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
        rng, taken, count = random.Random(f"{asked.seed} {name}"), 0, asked.inputs // len(names)
        with tempfile.TemporaryDirectory() as folder:
            for number in range(count):
                raw = mutated(TARGETS[name].seed, changes(rng))
                try:
                    taken += survives(TARGETS[name], raw, Path(folder))
                except Exception:  # noqa: BLE001 - any that is not a refusal is what is looked for
                    fell += 1
                    crash = Path(f"crash-{name.replace(' ', '-')}.bin")
                    crash.write_bytes(raw)
                    traceback.print_exc()
                    print(f"{name}: input {number} fell over: {crash}")
                    break
        print(f"{name}: {count} inputs, {taken} taken, {count - taken} refused", flush=True)
    return 1 if fell else 0


if __name__ == "__main__":
    sys.exit(main())
