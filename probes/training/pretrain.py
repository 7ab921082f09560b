"""Further pretraining of a masked or causal model on any corpus.

The command `probes pretrain` and the function `pretrain` are this. The folder::

    OUT/config.json  model.safetensors  tokenizer ...   the model, an ordinary checkpoint
    OUT/README.md  models.yaml                          what it is; its entry for a models.yaml
    OUT/checkpoint-N/                                   ordinary checkpoints along the way
    OUT/pretrain.json  losses.csv                       what ran; the loss step by step

Killed at any moment, the same command goes on from the last whole checkpoint and ends, on the same
machine, with the same bytes. This module does what comes before and after the training itself,
which is `run`; corpora are read by `corpora`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, cast

from probes.errors import ModelError, ProbesError, RunError, UsageError
from probes.files.claim import claim
from probes.files.lock import locked
from probes.models import registry
from probes.training import corpora, distributed, model_card
from probes.training.corpora import Corpus
from probes.training.model_card import RECORD
from probes.training.request import OnProgress, TrainingOutcome, TrainingRequest
from probes.types import LoadOptions, ModelSpec

if TYPE_CHECKING:
    from probes.backends.hf.loading.checkpoint import Checkpoint

LIBRARIES = ("political-probes", "torch", "transformers", "tokenizers", "accelerate", "numpy")
"""What the bytes of the weights depend on."""


def pretrain(request: TrainingRequest, on_progress: OnProgress | None = None) -> TrainingOutcome:
    """Train; or go on, where it was stopped; or do nothing, where all is done.

    Args:
        request: model, corpus, options and folder.
        on_progress: takes the documents read and the steps done.

    Raises:
        ProbesError: anything that the user can mend; the last whole checkpoint is on disk.
    """
    for fault in request.faults():
        raise UsageError(fault)
    _require("accelerate", "pretraining")
    if request.regime.lora:
        _require("peft", "--lora")
    corpus = corpora.find_corpus(request.corpus, request.column, request.delimiter)
    spec = registry.resolve(request.model, request.backend, request.revision)
    from probes.training import run  # torch

    with _claimed(request.out):
        base = _load_base(spec)
        record = _begin(request.out, _settings(request, base, corpus))
        outcome = model_card.read_outcome(record)
        if outcome is None:
            training = run.Training(request, spec, base, corpus, record)
            try:
                outcome = run.run(training, on_progress or (lambda _: None))
            except ProbesError:
                _discard_unbegun(request.out)
                raise
        if distributed.is_leader():
            run.clear(request.out)
        return outcome


def _require(library: str, what: str) -> None:
    if find_spec(library) is None:
        raise UsageError(
            f"{what} needs {library}, which is not installed: pip install 'political-probes[train]'"
        )


def _load_base(spec: ModelSpec) -> Checkpoint:
    """The model to begin with, on the CPU, in float32.

    Raises:
        ModelError: it cannot be loaded, or is no masked or causal language model.
    """
    from probes.backends.hf.loading import checkpoint

    options = LoadOptions(device="cpu", dtype="float32", chat=False)
    kind = cast("checkpoint.Kind", spec.backend) or checkpoint.kind(spec, options)
    if kind not in ("masked", "causal"):
        raise ModelError(
            f"{spec.name}: pretraining is for masked and causal models, and this is {kind}"
        )
    return checkpoint.open_checkpoint(spec, options, kind)


def _settings(request: TrainingRequest, base: Checkpoint, corpus: Corpus) -> dict[str, object]:
    """What must be the same for a training to go on."""
    hashes = corpus.hashes()
    return {
        "format": 1,
        "regime": {**asdict(request.regime), "hide": list(request.regime.hide)},  # as JSON has it
        "checkpoints": request.checkpoints,
        "label": request.corpus_label,
        "column": request.column,
        **({"delimiter": request.delimiter} if request.delimiter else {}),
        "model": {
            "name": base.info.name,
            "kind": base.info.backend,
            "revision": base.info.revision,
            "weights": base.info.weights,
            "tokenizer": base.info.tokenizer,
        },
        "corpus": {
            "sha256": corpora.sha256(list(hashes.values())),
            "files": [{"name": Path(n).name, "sha256": h} for n, h in hashes.items()],
        },
        "versions": {name: version(name) for name in LIBRARIES},
    }


def _begin(out: Path, settings: dict[str, object]) -> dict[str, object]:
    """The record of the folder, which must be of this very training; a new one holds the settings.

    Raises:
        RunError: it holds a training with other settings, or its file is damaged.
    """
    path = out / RECORD
    if not path.exists():
        if distributed.is_leader():
            model_card.write_record(out, settings)
        return settings
    try:
        record = json.loads(path.read_text())
    except ValueError:
        record = None
    if not isinstance(record, dict):
        raise RunError(f"{path}: is damaged; use another --out")
    differences = list(_differences(record, settings))
    if differences and "outcome" not in record and not any(out.glob("checkpoint-*")):
        if distributed.is_leader():  # nothing was trained yet that could be lost: it begins anew
            _remove_tokens(out)
            model_card.write_record(out, settings)
        return settings
    for name, old, new in differences:
        raise RunError(
            f"{out}: holds a training with {name} {old!r}, not {new!r}; use another --out, or the "
            "settings of that one"
        )
    return cast("dict[str, object]", record)


def _discard_unbegun(out: Path) -> None:
    """Leave nothing of a training that ended before the corpus was read: once corpus or options
    are mended, the same folder can be used."""
    from probes.training.prepare import FOLDER

    leads = distributed.is_leader()
    if leads and not (out / FOLDER).exists() and not any(out.glob("checkpoint-*")):
        (out / RECORD).unlink(missing_ok=True)
        _remove_tokens(out)


def _remove_tokens(out: Path) -> None:
    """Remove the tokens of a corpus."""
    from probes.training.prepare import FOLDER, PARTIAL

    for folder in (FOLDER, PARTIAL):
        shutil.rmtree(out / folder, ignore_errors=True)


def _differences(
    record: Mapping[str, object], settings: Mapping[str, object]
) -> Iterator[tuple[str, object, object]]:
    """Every entry that differs: its name, the recorded value, the value asked for."""
    for name, new in settings.items():
        old = record.get(name)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from ((f"{name} {n}", a, b) for n, a, b in _differences(old, new))
        elif old != new:
            yield name, old, new


@contextmanager
def _claimed(out: Path) -> Iterator[None]:
    """Begin in a new or empty folder, or go on in that of a training; one at a time.

    Raises:
        RunError: it holds something else, another process is at work in it, or it cannot be
            written.
    """
    if not distributed.is_leader():
        yield
        return
    fresh = not out.exists()
    claim(out, RECORD, "the folder of a pretraining")
    try:
        with locked(out, "training"):
            yield
    finally:
        if fresh and not (out / RECORD).exists():
            shutil.rmtree(out)  # nothing was begun: leave nothing behind
