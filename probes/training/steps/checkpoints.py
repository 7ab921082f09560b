"""Checkpoints of a training on disk: which is the newest, and which becomes the model. No torch.

A checkpoint is an ordinary model folder, ``checkpoint-N``, adapters merged. What only a training
needs to go on (optimiser, random state) lies in its folder ``trainer``, in the newest one only.
"""

import os
import shutil
from pathlib import Path

SAVING = ".saving"
"""Folder of a checkpoint while it is not whole."""
STATE = "trainer"
"""Folder inside a checkpoint: the Trainer's own state, to go on from."""
STATE_FILES = ("optimizer", "scheduler", "scaler", "rng_state", "trainer_state", "training_args")
"""Beginnings of the names of files that belong to that state and not to the model."""


def newest_checkpoint(out: Path) -> Path | None:
    """The checkpoint that a training can go on from."""
    states = out.glob(f"checkpoint-*/{STATE}/trainer_state.json")
    steps = {state.parent.parent: state.parent.parent.name.rpartition("-")[2] for state in states}
    numbered = [path for path, step in steps.items() if step.isdecimal()]
    return max(numbered, key=lambda path: int(steps[path]), default=None)


def promote(checkpoint: Path, out: Path) -> None:
    """Make a checkpoint the model of the folder; its configuration, which makes a folder a
    checkpoint, comes last."""
    files = (f for f in checkpoint.iterdir() if f.is_file())
    for file in sorted(files, key=lambda f: f.name == "config.json"):
        (out / file.name).unlink(missing_ok=True)
        link_or_copy(file, out / file.name)


def link_or_copy(file: Path, to: Path) -> None:
    """The same file under another name; a copy where the file system knows no links."""
    try:
        os.link(file, to)
    except OSError:
        shutil.copyfile(file, to)


def clear(out: Path) -> None:
    """Remove what only a training that goes on needs."""
    for state in (*out.glob(f"checkpoint-*/{STATE}"), out / SAVING):
        shutil.rmtree(state, ignore_errors=True)
