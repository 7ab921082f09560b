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
"""The benchmarks of ``all``, each in its own process; without the cluster, which starts many
processes, and the GPU, which needs another machine."""


def main(words: list[str] | None = None) -> None:
    """Parse the options, then run benchmarks or write the tables."""
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
    options = parser.parse_args(words)
    if options.name == "all":
        _each(sys.argv[1:] if words is None else words)
        return
    if options.name == "table":
        from benchmarks import results

        results.table(options.out)
        return
    settings.prepare(options.threads)
    _run(
        options.name,
        Settings(
            rounds=options.rounds or (2 if options.quick else 5),
            threads=options.threads,
            prompts=options.prompts,
            models=tuple(filter(None, options.models.split(","))),
            quick=options.quick,
            device=options.device,
            cache=options.cache,
            out=options.out,
        ),
    )


def _run(name: str, options: Settings) -> None:
    import torch
    from transformers.utils import logging

    torch.set_num_threads(options.threads)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    warnings.simplefilter("ignore")  # peers emit many
    importlib.import_module(f"benchmarks.{name}").run(options)


def _each(words: list[str]) -> None:
    """Run all benchmarks one after the other; failures are reported at the end."""
    failed = []
    for name in ALL:
        command = [name if word == "all" else word for word in words]
        if subprocess.run([sys.executable, "-m", "benchmarks", *command], check=False).returncode:
            failed.append(name)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
