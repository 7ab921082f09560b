"""Kill a run a hundred times at random moments; its results must be those of a run left alone.

    python -m benchmarks.soak.kills --kills 100 [--model PATH ...]

SIGKILL, SIGTERM, SIGINT and SIGHUP in turn, while weights load, answers are written, tables are
concluded. Prints each kill and how many answers were on disk; exits with 1 and names the files if
any byte of a table or of the evidence differs.
"""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
MODELS = [f"m{i}=planted:economic={i - 4},social={4 - i},noise=1,delay=.001" for i in range(8)]


def command(models: list[str], out: Path) -> list[str]:
    """The command line of the run."""
    named = [word for model in models for word in ("--model", model)]
    return [sys.executable, "-m", "probes", "run", *named, "--out", str(out)]


def start(models: list[str], out: Path) -> subprocess.Popen[bytes]:
    """The run, with signals as a terminal would deliver them, and silent."""

    def listen() -> None:
        for number in SIGNALS[1:]:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    return subprocess.Popen(
        command(models, out),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=listen,  # noqa: PLW1509 - no threads here
    )


def written(out: Path) -> int:
    """Whole lines of evidence on disk."""
    return sum(path.read_bytes().count(b"\n") for path in out.glob("answers/*.jsonl"))


def results(out: Path) -> dict[str, bytes]:
    """Every table and all the evidence."""
    files = [*out.glob("*.csv"), *out.glob("answers/*.jsonl")]
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(files)}


def kill(models: list[str], out: Path, rng: random.Random, longest: float) -> str:
    """Start the run, and end it after a random while; what became of it, in a word or two."""
    number = rng.choice(SIGNALS)
    process = start(models, out)
    try:
        if process.wait(rng.uniform(0.05, longest)):
            raise SystemExit(f"the run fails by itself: {' '.join(command(models, out))}")
    except subprocess.TimeoutExpired:
        process.send_signal(number)
        process.wait(60)
        return number.name
    return "ended by itself"


def main() -> int:
    """Run alone, run killed, compare; 1 if they differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model", action="append", help="as `probes run` takes them")
    asked = parser.parse_args()
    models, rng = asked.model or MODELS, random.Random(asked.seed)
    with tempfile.TemporaryDirectory() as folder:
        alone, killed = Path(folder) / "alone", Path(folder) / "killed"
        begun = time.monotonic()
        subprocess.run(command(models, alone), check=True, stdout=subprocess.DEVNULL)
        whole = time.monotonic() - begun
        for n in range(1, asked.kills + 1):
            # Most kills fall while it is asked, some while it starts or concludes.
            became = kill(models, killed, rng, whole * 0.6)
            print(f"{n}: {became}, {written(killed)} lines of evidence", flush=True)
            if became.startswith("ended"):  # It got to the end: lose a model and go on.
                rng.choice(sorted(killed.glob("answers/*.jsonl"))).unlink()
        subprocess.run(command(models, killed), check=True, stdout=subprocess.DEVNULL)
        one, other = results(alone), results(killed)
    differ = sorted(n for n in one.keys() | other.keys() if one.get(n) != other.get(n))
    print(f"{len(one)} files compared; different: {', '.join(differ) or 'none'}")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
