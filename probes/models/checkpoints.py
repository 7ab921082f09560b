"""Checkpoints of a training (``probes run --checkpoints``): from a folder, or revisions of a hub
model.

The folder is one of `probes pretrain` or any transformers Trainer. Its subfolders ``checkpoint-N``
with a configuration are used; others (such as one that a kill left incomplete) are ignored. Loads
no model.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from probes.errors import ModelError, UsageError
from probes.models import registry
from probes.types import ModelSpec

_FOLDER = re.compile(r"checkpoint-(\d+)", re.ASCII)
_STEP = re.compile(r"step[-_]?(\d+)", re.ASCII)
_NUMBER = re.compile(r"\d+", re.ASCII)
CONFIG = "config.json"
SHOWN = 5
"""Maximum number of revisions named in an error."""


def checkpoints_of(texts: Sequence[str], revisions: str | None = None) -> list[ModelSpec]:
    """All checkpoints named by ``--checkpoints``, sorted by step within each model: ``NAME@STEP``
    of a folder, ``NAME@REVISION`` of a hub model.

    Args:
        texts: Folders, hub ids, entries of models.yaml, or ``NAME=`` before one of them.
        revisions: Pattern for hub revisions, such as ``step*``.

    Raises:
        ModelError: There is no such model, or it has no checkpoints or no matching revisions.
        UsageError: A hub model without a pattern, or a pattern without a hub model.
    """
    checkpoints, remote = list[ModelSpec](), False
    for text in texts:
        spec = registry.resolve(text)
        is_folder = Path(spec.id).is_dir()
        remote = remote or not is_folder
        steps = folders(spec) if is_folder else _revisions(text, spec, revisions)
        checkpoints += sorted(steps, key=lambda s: (s.step or 0, s.name))
    if revisions is not None and not remote:
        raise UsageError(f"--revisions {revisions}: belongs to a hub model given as --checkpoints")
    return checkpoints


def folders(spec: ModelSpec) -> list[ModelSpec]:
    """The checkpoints in a local model's folder, unsorted.

    Raises:
        ModelError: There are none.
    """
    named = [(_FOLDER.fullmatch(path.name), path) for path in Path(spec.id).iterdir()]
    steps = {int(m[1]): path for m, path in named if m and (path / CONFIG).is_file()}
    if not steps:
        raise ModelError(
            f"{spec.id}: holds no checkpoints (folders checkpoint-N with a {CONFIG}); a single "
            "model goes by --model"
        )
    return [
        replace(spec, name=f"{spec.name}@{step}", id=str(path), step=step)
        for step, path in steps.items()
    ]


def _revisions(text: str, spec: ModelSpec, pattern: str | None) -> Iterator[ModelSpec]:
    if pattern is None:
        raise UsageError(
            f"--checkpoints {text}: say which revisions of the hub model are meant, as in "
            "--revisions 'step*'"
        )
    from probes.backends.hf.loading import hub

    revisions = hub.revisions(spec.id)
    matching = [name for name in revisions if fnmatchcase(name, pattern)]
    if not matching:
        some = ", ".join(revisions[:SHOWN]) + (" ..." if len(revisions) > SHOWN else "")
        raise ModelError(f"{spec.id}: no revision matches {pattern!r}; known: {some or '(none)'}")
    for name in matching:
        step = _step(spec.id, name)
        yield replace(spec, name=f"{spec.name}@{name}", revision=name, step=step)


def _step(model: str, revision: str) -> int:
    """The number after "step" in a revision's name, or else its only number."""
    match = _STEP.search(revision)
    numbers = [match[1]] if match else _NUMBER.findall(revision)
    if len(numbers) != 1:
        raise ModelError(
            f"{model}: revision {revision!r} does not tell its step, as 'step1000' does; choose "
            "others with --revisions"
        )
    return int(numbers[0])
