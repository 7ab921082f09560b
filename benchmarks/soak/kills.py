"""Kill a run many times at random moments; its results must be those of an undisturbed run.

    python -m benchmarks.soak.kills --kills 100 [--model PATH ...] [--endpoint] [--limit N]

Sends SIGKILL, SIGTERM, SIGINT or SIGHUP while Python starts, weights load, answers are written or
tables are computed. Prints each kill, its exit status and the number of answers on disk. Exits with
1, with the reason, if any byte of tables or evidence differs, if a signal leads to another status
or message than it should, or if unfinished files are left.
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
    """The command line of the run, with the options `asked`."""
    return [sys.executable, "-m", "probes", "run", *asked, "--out", str(out)]


def start(asked: list[str], out: Path) -> subprocess.Popen[str]:
    """Start the run, without output."""
    return subprocess.Popen(
        command(asked, out), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def listen() -> None:
    """Reset signal handlers, so that child processes handle signals as in a terminal."""
    for number in SIGNALS[1:]:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def written(out: Path) -> int:
    """Number of complete lines of evidence on disk."""
    return sum(path.read_bytes().count(b"\n") for path in out.glob("answers/*.jsonl"))


def results(out: Path) -> dict[str, bytes]:
    """File name -> bytes of every table and evidence file."""
    files = [*out.glob("*.csv"), *out.glob("answers/*.jsonl")]
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(files)}


@dataclass
class Kill:
    """The outcome of one kill."""

    signal: str
    status: int
    said: str

    @property
    def early(self) -> bool:
        """Whether the signal came while Python started, before handlers were set."""
        return self.signal != "SIGKILL" and self.status == -signal.Signals[self.signal]

    @property
    def fault(self) -> str:
        """Description of a wrong reaction to the signal; empty if it was right."""
        number = signal.Signals[self.signal]
        if self.status == 0 or number == signal.SIGKILL or self.early:
            return ""
        lines = [line for line in self.said.splitlines() if line.strip() not in ("", "Aborted!")]
        clean = self.status == 128 + number and lines == [SENTENCE]
        return "" if clean else f"{self.signal}: status {self.status}: {self.said!r}"


def kill(asked: list[str], out: Path, rng: random.Random, longest: float) -> Kill:
    """Start the run, and send it a random signal after a random time."""
    number = rng.choice(SIGNALS)
    process = start(asked, out)
    try:
        _, message = process.communicate(timeout=rng.uniform(0.05, longest))
        if process.returncode:
            raise SystemExit(f"the run fails by itself: {message}")
    except subprocess.TimeoutExpired:
        process.send_signal(number)
        _, message = process.communicate(timeout=60)
    return Kill(number.name, process.returncode, message)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a model from this process; yields the value of ``--model`` for it."""
    from tests import checkpoints
    from tests.served import Served, serving

    with serving(Served(checkpoints.build("llama", folder))) as url:
        yield f"served=endpoint:{url}#tiny"


def main() -> int:
    """Parse the options and run the test; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=int, default=20, help="statements")
    parser.add_argument("--model", action="append", help="as `probes run` takes them")
    parser.add_argument("--endpoint", action="store_true", help="one more, behind a server")
    options = parser.parse_args()
    listen()
    models = options.model or ([] if options.endpoint else MODELS)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        if options.endpoint:
            models = [*models, stack.enter_context(served(folder))]
        words = [word for model in models for word in ("--model", model)]
        return soak([*words, "--limit", str(options.limit)], folder, options.kills, options.seed)


def soak(asked: list[str], folder: Path, kills: int, seed: int) -> int:
    """Make the same run undisturbed and with kills, in two folders; returns 1 if they differ."""
    rng, counts, faults = random.Random(seed), Counter[str](), list[str]()
    alone, killed = folder / "alone", folder / "killed"
    begun = time.monotonic()
    subprocess.run(command(asked, alone), check=True, stdout=subprocess.DEVNULL)
    whole = time.monotonic() - begun
    for n in range(1, kills + 1):
        # Most kills come while models are asked, some during the start or the end.
        outcome = kill(asked, killed, rng, whole * 0.8)
        print(
            f"{n}: {outcome.signal}, status {outcome.status}, {written(killed)} lines", flush=True
        )
        faults += [outcome.fault] if outcome.fault else []
        if outcome.status == 0:  # The run is complete: delete a model's answers and go on.
            counts["ended before it was killed"] += 1
            rng.choice(sorted(killed.glob("answers/*.jsonl"))).unlink()
        else:
            counts[f"{outcome.signal}{', before it began' if outcome.early else ''}"] += 1
    subprocess.run(command(asked, killed), check=True, stdout=subprocess.DEVNULL)
    one, other = results(alone), results(killed)
    left = [path.name for path in killed.rglob("*.part")]
    differ = sorted(n for n in one.keys() | other.keys() if one.get(n) != other.get(n))
    print(", ".join(f"{what}: {count}" for what, count in sorted(counts.items())))
    print(f"{len(one)} files compared; different: {', '.join(differ) or 'none'}")
    print(f"left unfinished: {', '.join(left) or 'nothing'}; faults: {'; '.join(faults) or 'none'}")
    return 1 if differ or left or faults else 0


if __name__ == "__main__":
    sys.exit(main())
