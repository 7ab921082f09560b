"""The start of every training: check libraries, load the base model, claim the folder, record.

The record is a JSON file in the folder. It holds the settings that must be equal for a training to
be resumed; results are added to it.
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
"""Libraries whose version can change the trained weights."""
REGIME = "regime "
"""Prefix in `differences` of entries that are training options."""
TYPED = {
    **{name: f"--{name}" for name in ("checkpoints", "column", "delimiter", "label")},
    "left_out": "--fold",
}
"""Other record entries that come from an option -> that option."""
RATE = "learning_rate"
"""Record entry: the learning rate used; the settings hold null where none was given."""
Settings = dict[str, object]
Outcome = TypeVar("Outcome")


def versions(*also: str) -> dict[str, str]:
    """Installed versions of `LIBRARIES` and others, by name."""
    return {name: version(name) for name in (*LIBRARIES, *also)}


def require(library: str, what: str) -> None:
    """Check that a library is installed that `what` needs.

    Raises:
        UsageError: it is not.
    """
    if find_spec(library) is None:
        raise UsageError(
            f"{what} needs {library}, which is not installed: pip install 'political-probes[train]'"
        )


def load_base(spec: ModelSpec, what: str) -> Checkpoint:
    """Load the base model of a training on the CPU in float32.

    Args:
        spec: the model.
        what: the kind of training, for error messages.

    Raises:
        ModelError: it cannot be loaded, or is not a masked or causal language model.
    """
    from probes.backends.hf.loading import checkpoint

    options = LoadOptions(device="cpu", dtype="float32", chat=False)
    kind = cast("checkpoint.Kind", spec.backend) or checkpoint.kind(spec, options)
    if kind not in ("masked", "causal"):
        raise ModelError(f"{spec.name}: {what} is for masked and causal models, and this is {kind}")
    return checkpoint.open_checkpoint(spec, options, kind)


def base_entry(base: Checkpoint) -> Settings:
    """The record's entry of the base model: name, kind, revision and hashes."""
    return {
        "name": base.info.name,
        "kind": base.info.backend,
        "revision": base.info.revision,
        "weights": base.info.weights,
        "tokenizer": base.info.tokenizer,
    }


def write_record(path: Path, record: Mapping[str, object]) -> None:
    """Write a record as JSON."""
    write(path, (json.dumps(record, indent=1, allow_nan=False) + "\n").encode())


def read_record(path: Path) -> Settings:
    """Read an existing record.

    Raises:
        RunError: the file is damaged.
    """
    try:
        record = json.loads(path.read_text())
    except (OSError, ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        raise RunError(f"{path}: is damaged; use another --out")
    return cast("Settings", record)


def outcome(path: Path, record: Mapping[str, object], kind: type[Outcome]) -> Outcome:
    """The outcome in a record, as a dataclass of type `kind`.

    Raises:
        RunError: it does not fit this type.
    """
    try:
        return TypeAdapter(kind).validate_python(record["outcome"])
    except ValidationError:
        raise RunError(f"{path}: is damaged; use another --out") from None


def begun(path: Path, settings: Settings, discard: Callable[[], None]) -> Settings:
    """The record in the folder, new or of the same training.

    Args:
        path: file of the record.
        settings: settings of this training.
        discard: removes files of an earlier training without any checkpoint.

    Raises:
        RunError: the record has other settings, or is damaged.
    """
    if not path.exists():
        if distributed.is_leader():
            write_record(path, settings)
        return settings
    record = read_record(path)
    different = list(differences(record, settings))
    if different and "outcome" not in record and not any(path.parent.glob("checkpoint-*")):
        if distributed.is_leader():  # no checkpoint can be lost: start again with these settings
            discard()
            write_record(path, settings)
        return settings
    refuse_other(path.parent, different)
    return record


def refuse_other(out: Path, different: list[tuple[str, object, object]]) -> None:
    """Raise an error that names the first difference in settings, if there is one.

    Raises:
        RunError: see above.
    """
    for name, old, new in different:
        said = _said(name, old, new)
        raise RunError(
            f"{out}: holds a training with {said}; use another --out, or the settings of that one"
        )


def _said(name: str, old: object, new: object) -> str:
    """The words for a setting that differs; options are written as they are typed."""
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
    """``(name, recorded value, requested value)`` of every setting that differs. A setting missing
    from the record of an older version counts as off."""
    for name, new in settings.items():
        old = record.get(name, False if isinstance(new, bool) else None)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            whole = {**dict.fromkeys(old), **new}  # a key only in the record differs too
            yield from ((f"{name} {n}", a, b) for n, a, b in differences(old, whole))
        elif old != new:
            yield name, old, new


@contextmanager
def claimed(path: Path, description: str) -> Iterator[None]:
    """Lock a new or empty folder, or the folder of a training, for this process.

    Args:
        path: file of the record in the folder.
        description: for error messages, such as "the folder of a pretraining".

    Raises:
        RunError: the folder holds something else, another process uses it, or it cannot be
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
            shutil.rmtree(out)  # failed before the record was written: remove the new folder
