"""Kill a run a hundred times at random moments; its results must be those of a run left alone.

    python -m benchmarks.soak.kills --kills 100 [--model PATH ...] [--endpoint] [--limit N]

SIGKILL, SIGTERM, SIGINT or SIGHUP, while Python starts, weights load, answers are written, tables
are concluded. Prints each kill, its exit status and how many answers were on disk. Exits with 1 and
says why if any byte of a table or of the evidence differs in the end, if a request to end was
answered with anything but its status and one sentence, or if something unfinished is left.
"""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

SENTENCE = "stopped; the same command goes on from here"
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
MODELS = [f"m{i}=planted:economic={i - 4},social={4 - i},noise=1,delay=.001" for i in range(8)]


def command(asked: list[str], out: Path) -> list[str]:
    """The command line of the run: with these models and this limit."""
    return [sys.executable, "-m", "probes", "run", *asked, "--out", str(out)]


def start(asked: list[str], out: Path) -> subprocess.Popen[str]:
    """The run, silent."""
    return subprocess.Popen(
        command(asked, out), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def listen() -> None:
    """Have processes that are started from here heed signals as under a terminal."""
    for number in SIGNALS[1:]:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def written(out: Path) -> int:
    """Whole lines of evidence on disk."""
    return sum(path.read_bytes().count(b"\n") for path in out.glob("answers/*.jsonl"))


def results(out: Path) -> dict[str, bytes]:
    """Every table and all the evidence."""
    files = [*out.glob("*.csv"), *out.glob("answers/*.jsonl")]
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(files)}


@dataclass
class Kill:
    """What became of one."""

    signal: str
    status: int
    said: str

    @property
    def early(self) -> bool:
        """It fell while Python started, before anyone could answer it."""
        return self.signal != "SIGKILL" and self.status == -signal.Signals[self.signal]

    @property
    def fault(self) -> str:
        """What is wrong with that; empty for nothing."""
        number = signal.Signals[self.signal]
        if self.status == 0 or number == signal.SIGKILL or self.early:
            return ""
        lines = [line for line in self.said.splitlines() if line.strip() not in ("", "Aborted!")]
        clean = self.status == 128 + number and lines == [SENTENCE]
        return "" if clean else f"{self.signal}: status {self.status}: {self.said!r}"


def kill(asked: list[str], out: Path, rng: random.Random, longest: float) -> Kill:
    """Start the run, and end it after a random while."""
    number = rng.choice(SIGNALS)
    process = start(asked, out)
    try:
        _, said = process.communicate(timeout=rng.uniform(0.05, longest))
        if process.returncode:
            raise SystemExit(f"the run fails by itself: {said}")
    except subprocess.TimeoutExpired:
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    return Kill(number.name, process.returncode, said)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A model behind a server of this process, as ``--model`` takes it."""
    from tests import checkpoints
    from tests.served import Served, serving

    with serving(Served(checkpoints.build("llama", folder))) as url:
        yield f"served=endpoint:{url}#tiny"


def main() -> int:
    """Run alone, run killed, compare; 1 if they differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=int, default=20, help="statements")
    parser.add_argument("--model", action="append", help="as `probes run` takes them")
    parser.add_argument("--endpoint", action="store_true", help="one more, behind a server")
    asked = parser.parse_args()
    listen()
    models = asked.model or ([] if asked.endpoint else MODELS)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        if asked.endpoint:
            models = [*models, stack.enter_context(served(folder))]
        words = [word for model in models for word in ("--model", model)]
        return soak([*words, "--limit", str(asked.limit)], folder, asked.kills, asked.seed)


def soak(asked: list[str], folder: Path, kills: int, seed: int) -> int:
    """The same run alone and killed so often, in two folders; 1 if they differ."""
    rng, became, faults = random.Random(seed), Counter[str](), list[str]()
    alone, killed = folder / "alone", folder / "killed"
    begun = time.monotonic()
    subprocess.run(command(asked, alone), check=True, stdout=subprocess.DEVNULL)
    whole = time.monotonic() - begun
    for n in range(1, kills + 1):
        # Most kills fall while it is asked, some while it starts or concludes.
        found = kill(asked, killed, rng, whole * 0.8)
        print(f"{n}: {found.signal}, status {found.status}, {written(killed)} lines", flush=True)
        faults += [found.fault] if found.fault else []
        if found.status == 0:  # It got to the end: lose a model and go on.
            became["ended before it was killed"] += 1
            rng.choice(sorted(killed.glob("answers/*.jsonl"))).unlink()
        else:
            became[f"{found.signal}{', before it began' if found.early else ''}"] += 1
    subprocess.run(command(asked, killed), check=True, stdout=subprocess.DEVNULL)
    one, other = results(alone), results(killed)
    left = [path.name for path in killed.rglob("*.part")]
    differ = sorted(n for n in one.keys() | other.keys() if one.get(n) != other.get(n))
    print(", ".join(f"{what}: {count}" for what, count in sorted(became.items())))
    print(f"{len(one)} files compared; different: {', '.join(differ) or 'none'}")
    print(f"left unfinished: {', '.join(left) or 'nothing'}; faults: {'; '.join(faults) or 'none'}")
    return 1 if differ or left or faults else 0


if __name__ == "__main__":
    sys.exit(main())
