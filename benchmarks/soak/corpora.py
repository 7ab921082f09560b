"""Time and peak memory of `probes corpus place` on a large corpus.

``python -m benchmarks.soak.corpora --megabytes 200``. Most of the text is random words by Zipf's
law, with the words of the set among the common ones; one line of 200 is about a statement, from the
demo corpora. Linux only.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from probes.corpora.vocabulary import words
from probes.demo import paper_corpora
from probes.instruments import sets

MEGABYTE = 1 << 20
VOCABULARY = 50_000
LINE = 90
"""Words per line."""
LINES = 2000
"""Lines that are written at a time."""
EVERY = 200
"""One line of this many is about a statement."""
PROMISED = 2 << 30
"""Promised peak memory, in bytes."""


def write(path: Path, size: int, seed: int = 0) -> None:
    """Write a text file of about `size` bytes; equal for equal seeds."""
    compass = sets.load("compass")
    rng = np.random.default_rng(seed)
    about = paper_corpora.lines("forum", "left", compass, 16_000, seed)
    texts = [
        words(text, unspaced=False) for s in compass.statements for text in (s.text, s.mirror or "")
    ]
    common = sorted(frozenset().union(*texts))
    invented = [f"w{number:x}" for number in range(VOCABULARY - len(common))]
    vocabulary = np.array([*common, *invented])[rng.permutation(VOCABULARY)]
    share = 1 / (np.arange(VOCABULARY) + 10.0)
    ends = np.cumsum(share / share.sum())
    written = 0
    with path.open("w", encoding="utf-8") as file:
        while written < size:
            drawn = vocabulary[
                np.searchsorted(ends, rng.random((LINES, LINE))).clip(max=VOCABULARY - 1)
            ]
            lines = [" ".join(row) + "." for row in drawn]
            for n in range(0, LINES, EVERY):
                lines[n] = about[int(rng.integers(len(about)))]
            text = "\n".join(lines) + "\n"
            file.write(text)
            written += len(text)


def main() -> None:
    """Write the corpus, place it, and print time and memory; exit with 1 above the limit."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak.corpora", description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200)
    options = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "large.txt", options.megabytes * MEGABYTE)
        size = (folder / "large.txt").stat().st_size
        command = [sys.executable, "-m", "probes", "corpus", "place", "large.txt", "--verdicts"]
        started = time.monotonic()
        subprocess.run([*command, "--out", "out"], cwd=folder, check=True)
        wall = time.monotonic() - started
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        peak = used.ru_maxrss * 1024
        print(
            f"{size / MEGABYTE:.0f} MB in {wall:.0f} s ({used.ru_utime + used.ru_stime:.0f} s of "
            f"processor time), peak {peak / MEGABYTE:.0f} MB; promised {PROMISED / MEGABYTE:.0f} MB"
        )
        if peak > PROMISED:
            raise SystemExit(1)


if __name__ == "__main__":
    main()
