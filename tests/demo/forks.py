"""Training of a demo's models in forks of a process that has torch, where real ones import it."""

import io
import json
from collections.abc import Sequence
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from probes.demo.processes import OnStep
from tests.forked import ended

TRAINING = 1800
"""Seconds after which one hangs, on a machine with much else to do."""


def train(
    module: str, plan: dict[str, Any], out: Path, parts: Sequence[Sequence[str]], on_step: OnStep
) -> None:
    """As `probes.demo.processes.train_side_by_side`, one part after the other."""
    with TemporaryDirectory() as folder:
        lines = Path(folder) / "lines"
        for part in parts:
            words = [json.dumps(plan), str(out), *part]
            assert ended(_main, module, words, lines, seconds=TRAINING) == 0
            for line in lines.read_text().splitlines():
                name, done, steps = line.split()
                on_step(name, int(done), int(steps))


def _main(module: str, words: Sequence[str], lines: Path) -> None:
    with redirect_stdout(io.StringIO()) as output:
        import_module(module).main(words)
    lines.write_text(output.getvalue())
