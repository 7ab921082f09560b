"""``python -m benchmarks NAME``: see README.md."""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
import warnings
from pathlib import Path

from benchmarks import settings
from benchmarks.settings import Settings

NAMES = ("masked", "causal", "generation", "stance", "memory", "default_run", "cluster", "gpu")
ALL = NAMES[:-2]
"""What ``all`` runs, each in a process of its own; a cluster starts many, the GPU has a machine of
its own."""


def main(words: list[str] | None = None) -> None:
    """Parse, then measure or write the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", choices=(*NAMES, "all", "table"))
    parser.add_argument("--rounds", type=int, help="alternating rounds (default: 5; --quick: 2)")
    parser.add_argument("--threads", type=int, default=1, help="of everybody (default: 1)")
    parser.add_argument("--prompts", type=int, help="that probes is asked; peers get their share")
    parser.add_argument("--models", default="", help="only these, such as bert-base,gpt2")
    parser.add_argument("--quick", action="store_true", help="a miniature: does everything work?")
    parser.add_argument("--device", default="cpu", help="cpu or cuda, for all models")
    parser.add_argument("--cache", type=Path, default=settings.CACHE, help="for model folders")
    parser.add_argument("--out", type=Path, default=settings.RESULTS, help="for results")
    given = parser.parse_args(words)
    if given.name == "all":
        _each(sys.argv[1:] if words is None else words)
        return
    if given.name == "table":
        from benchmarks import results

        results.table(given.out)
        return
    settings.prepare(given.threads)
    _run(
        given.name,
        Settings(
            rounds=given.rounds or (2 if given.quick else 5),
            threads=given.threads,
            prompts=given.prompts,
            models=tuple(filter(None, given.models.split(","))),
            quick=given.quick,
            device=given.device,
            cache=given.cache,
            out=given.out,
        ),
    )


def _run(name: str, options: Settings) -> None:
    import torch
    from transformers.utils import logging

    torch.set_num_threads(options.threads)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    warnings.simplefilter("ignore")  # of peers; nothing here is a test
    importlib.import_module(f"benchmarks.{name}").run(options)


def _each(words: list[str]) -> None:
    """One benchmark after the other; goes on where one fails, and says so at the end."""
    failed = []
    for name in ALL:
        command = [name if word == "all" else word for word in words]
        if subprocess.run([sys.executable, "-m", "benchmarks", *command], check=False).returncode:
            failed.append(name)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
