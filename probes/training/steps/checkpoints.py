"""Checkpoints of a training on disk: finding the newest one, and making it the model. No torch.

A checkpoint is an ordinary model folder, ``checkpoint-N``, with adapters merged. The state needed
to resume (optimizer, random state) is in its subfolder ``trainer``, in the newest checkpoint only.
"""

import os
import shutil
from pathlib import Path

SAVING = ".saving"
"""Folder of a checkpoint while it is being written."""
STATE = "trainer"
"""Subfolder of a checkpoint with the Trainer's state, from which a training is resumed."""
STATE_FILES = ("optimizer", "scheduler", "scaler", "rng_state", "trainer_state", "training_args")
"""Name prefixes of the files of that state; all other files belong to the model."""


def newest_checkpoint(out: Path) -> Path | None:
    """The newest checkpoint from which a training can be resumed; None if there is none."""
    states = out.glob(f"checkpoint-*/{STATE}/trainer_state.json")
    steps = {state.parent.parent: state.parent.parent.name.rpartition("-")[2] for state in states}
    numbered = [path for path, step in steps.items() if step.isdecimal()]
    return max(numbered, key=lambda path: int(steps[path]), default=None)


def promote(checkpoint: Path, out: Path) -> None:
    """Make a checkpoint the model of the folder `out`; config.json comes last, since it marks the
    folder as a complete model."""
    files = (f for f in checkpoint.iterdir() if f.is_file())
    for file in sorted(files, key=lambda f: f.name == "config.json"):
        (out / file.name).unlink(missing_ok=True)
        link_or_copy(file, out / file.name)


def link_or_copy(file: Path, to: Path) -> None:
    """Hard-link a file to a second name; copy it if the file system has no hard links."""
    try:
        os.link(file, to)
    except OSError:
        shutil.copyfile(file, to)


def clear(out: Path) -> None:
    """Remove the files that are needed only to resume a training."""
    for state in (*out.glob(f"checkpoint-*/{STATE}"), out / SAVING):
        shutil.rmtree(state, ignore_errors=True)
