"""What every training begins with: libraries, the model, its folder, and the record of what runs.

The record is a JSON file in the folder. It holds the settings that must be the same for a training
to go on, and grows as things are done.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from probes.errors import ModelError, RunError, UsageError
from probes.files.atomic import remove_leftovers, write
from probes.files.claim import claim
from probes.files.lock import locked
from probes.files.yaml_faults import show
from probes.training import distributed
from probes.types import LoadOptions, ModelSpec

if TYPE_CHECKING:
    from probes.backends.hf.loading.checkpoint import Checkpoint

LIBRARIES = ("political-probes", "torch", "transformers", "tokenizers", "accelerate", "numpy")
"""What the bytes of the weights depend on."""
REGIME = "regime "
"""Begins the name of an entry that is an option, in `differences`."""
TYPED = {
    **{name: f"--{name}" for name in ("checkpoints", "column", "delimiter", "label")},
    "left_out": "--fold",
}
"""Other entries that are options -> the option."""
RATE = "learning_rate"
"""Entry of a record: the rate that is used; beside the settings, in which none is none given."""
Settings = dict[str, object]
Outcome = TypeVar("Outcome")


def versions(*also: str) -> dict[str, str]:
    """Of `LIBRARIES` and others."""
    return {name: version(name) for name in (*LIBRARIES, *also)}


def require(library: str, what: str) -> None:
    """Refuse to begin without a library.

    Raises:
        UsageError: it is not installed.
    """
    if find_spec(library) is None:
        raise UsageError(
            f"{what} needs {library}, which is not installed: pip install 'political-probes[train]'"
        )


def load_base(spec: ModelSpec, what: str) -> Checkpoint:
    """The model to begin with, on the CPU, in float32.

    Args:
        spec: which.
        what: is done with it, for the sentence.

    Raises:
        ModelError: it cannot be loaded, or is no masked or causal language model.
    """
    from probes.backends.hf.loading import checkpoint

    options = LoadOptions(device="cpu", dtype="float32", chat=False)
    kind = cast("checkpoint.Kind", spec.backend) or checkpoint.kind(spec, options)
    if kind not in ("masked", "causal"):
        raise ModelError(f"{spec.name}: {what} is for masked and causal models, and this is {kind}")
    return checkpoint.open_checkpoint(spec, options, kind)


def base_entry(base: Checkpoint) -> Settings:
    """What identifies the model to begin with."""
    return {
        "name": base.info.name,
        "kind": base.info.backend,
        "revision": base.info.revision,
        "weights": base.info.weights,
        "tokenizer": base.info.tokenizer,
    }


def write_record(path: Path, record: Mapping[str, object]) -> None:
    """Write a record."""
    write(path, (json.dumps(record, indent=1, allow_nan=False) + "\n").encode())


def read_record(path: Path) -> Settings:
    """A record that is there.

    Raises:
        RunError: it is damaged.
    """
    try:
        record = json.loads(path.read_text())
    except (OSError, ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        raise RunError(f"{path}: is damaged; use another --out")
    return cast("Settings", record)


def outcome(path: Path, record: Mapping[str, object], kind: type[Outcome]) -> Outcome:
    """The outcome in a record, as a dataclass of this kind.

    Raises:
        RunError: it is none.
    """
    try:
        return TypeAdapter(kind).validate_python(record["outcome"])
    except ValidationError:
        raise RunError(f"{path}: is damaged; use another --out") from None


def begun(path: Path, settings: Settings, discard: Callable[[], None]) -> Settings:
    """The record of the folder, which must be of this very training; a new one holds the settings.

    Args:
        path: of the record.
        settings: of this training.
        discard: removes what a training leaves that has no checkpoint yet.

    Raises:
        RunError: it holds a training with other settings, or its file is damaged.
    """
    if not path.exists():
        if distributed.is_leader():
            write_record(path, settings)
        return settings
    record = read_record(path)
    different = list(differences(record, settings))
    if different and "outcome" not in record and not any(path.parent.glob("checkpoint-*")):
        if distributed.is_leader():  # nothing was trained yet that could be lost: it begins anew
            discard()
            write_record(path, settings)
        return settings
    refuse_other(path.parent, different)
    return record


def refuse_other(out: Path, different: list[tuple[str, object, object]]) -> None:
    """Refuse a folder of a training with other settings.

    Raises:
        RunError: naming the first that differs.
    """
    for name, old, new in different:
        said = _said(name, old, new)
        raise RunError(
            f"{out}: holds a training with {said}; use another --out, or the settings of that one"
        )


def _said(name: str, old: object, new: object) -> str:
    """An entry that differs; that of an option as it is typed."""
    of_regime = name.removeprefix(REGIME)
    if of_regime == name and name not in TYPED:
        return f"{name} {show(old)}, not {show(new)}"
    words = [
        "the default"
        if value in (None, "", [])
        else {True: "on", False: "off"}[value]
        if isinstance(value, bool)
        else show(value)
        for value in (old, new)
    ]
    return f"{TYPED.get(name, f'--{of_regime}').replace('_', '-')} {words[0]}, not {words[1]}"


def differences(
    record: Mapping[str, object], settings: Mapping[str, object]
) -> Iterator[tuple[str, object, object]]:
    """Every entry that differs: its name, the recorded value, the value asked for. What a record
    from before an option does not have was off."""
    for name, new in settings.items():
        old = record.get(name, False if isinstance(new, bool) else None)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            whole = {**dict.fromkeys(old), **new}  # what is asked for no more differs, too
            yield from ((f"{name} {n}", a, b) for n, a, b in differences(old, whole))
        elif old != new:
            yield name, old, new


@contextmanager
def claimed(path: Path, description: str) -> Iterator[None]:
    """Begin in a new or empty folder, or go on in that of a training; one at a time.

    Args:
        path: of the record.
        description: what such a folder is, for the sentence: "the folder of a pretraining".

    Raises:
        RunError: it holds something else, another process is at work in it, or it cannot be
            written.
    """
    if not distributed.is_leader():
        yield
        return
    out = path.parent
    fresh = not out.exists()
    claim(out, path.name, description)
    try:
        with locked(out, "training"):
            remove_leftovers(out)
            yield
    finally:
        if fresh and not path.exists():
            shutil.rmtree(out)  # nothing was begun: leave nothing behind
