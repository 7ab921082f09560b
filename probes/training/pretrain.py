"""Further pretraining: a masked or causal model is trained on, on any corpus.

The command `probes pretrain` and the function `pretrain` are this. The folder::

    OUT/config.json  model.safetensors  tokenizer ...   the model, an ordinary checkpoint
    OUT/README.md  models.yaml                          what it is; its entry for a models.yaml
    OUT/checkpoint-N/                                   ordinary checkpoints along the way
    OUT/pretrain.json  losses.csv                       what ran; the loss step by step

Killed at any moment, the same command goes on from the last whole checkpoint and ends, on the same
machine, with the same bytes. Here stands what comes before and after the training itself, which is
`run`; corpora are read by `corpora`.
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
from probes.training import corpora, model_card
from probes.training.corpora import Corpus
from probes.training.model_card import MARK
from probes.training.request import Tell, TrainingOutcome, TrainingRequest
from probes.types import LoadOptions, ModelSpec

if TYPE_CHECKING:
    from probes.backends.hf.loading.checkpoint import Checkpoint

LIBRARIES = ("political-probes", "torch", "transformers", "tokenizers", "accelerate", "numpy")
"""What the bytes of the weights depend on."""


def pretrain(request: TrainingRequest, tell: Tell | None = None) -> TrainingOutcome:
    """Train; or go on, where it was stopped; or do nothing, where all is done.

    Args:
        request: what, on what, where to.
        tell: is told of documents read and steps taken.

    Raises:
        ProbesError: anything that the user can mend; the last whole checkpoint is on disk.
    """
    for fault in request.faults():
        raise UsageError(fault)
    _require("accelerate", "pretraining")
    if request.regime.lora:
        _require("peft", "--lora")
    corpus = corpora.gathered(request.corpus, request.column)
    spec = registry.resolve(request.model, request.backend, request.revision)
    from probes.training import (
        processes,
        run,  # torch
    )

    with _claimed(request.out, leads=processes.leads()):
        base = _opened(spec)
        said = _begun(request.out, _said(request, base, corpus), leads=processes.leads())
        done = model_card.outcome(said)
        if done is None:
            ready = run.Training(request, spec, base, corpus, said)
            try:
                done = run.run(ready, tell or (lambda _: None))
            except ProbesError:
                _forgotten(request.out, leads=processes.leads())
                raise
        if processes.leads():
            run.clear(request.out)
        return done


def _require(library: str, what: str) -> None:
    if find_spec(library) is None:
        raise UsageError(
            f"{what} needs {library}, which is not installed: pip install 'political-probes[train]'"
        )


def _opened(spec: ModelSpec) -> Checkpoint:
    """The model to begin with, on the processor, in float32.

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


def _said(request: TrainingRequest, base: Checkpoint, corpus: Corpus) -> dict[str, object]:
    """What must be the same for a training to go on."""
    hashes = corpus.hashes()
    return {
        "format": 1,
        "regime": {**asdict(request.regime), "hide": list(request.regime.hide)},  # as JSON has it
        "checkpoints": request.checkpoints,
        "label": request.corpus_label,
        "column": request.column,
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


def _begun(out: Path, said: dict[str, object], *, leads: bool) -> dict[str, object]:
    """What the folder says, which must be of this very training; new folders begin with it.

    Raises:
        RunError: it holds a training with other settings, or its file is damaged.
    """
    path = out / MARK
    if not path.exists():
        if leads:
            model_card.record(out, said)
        return said
    try:
        there = json.loads(path.read_text())
    except ValueError:
        there = None
    if not isinstance(there, dict):
        raise RunError(f"{path}: is damaged; use another --out")
    apart = list(_apart(there, said))
    if apart and "outcome" not in there and not any(out.glob("checkpoint-*")):
        if leads:  # nothing was trained yet that could be lost: it begins anew
            _cleared(out)
            model_card.record(out, said)
        return said
    for name, old, new in apart:
        raise RunError(
            f"{out}: holds a training with {name} {old!r}, not {new!r}; use another --out, or the "
            "settings of that one"
        )
    return cast("dict[str, object]", there)


def _forgotten(out: Path, *, leads: bool) -> None:
    """Of a training that ended before the corpus was read, leave nothing: what was wrong with
    corpus or options is mended, and the same folder serves."""
    from probes.training.prepare import FOLDER

    if leads and not (out / FOLDER).exists() and not any(out.glob("checkpoint-*")):
        (out / MARK).unlink(missing_ok=True)
        _cleared(out)


def _cleared(out: Path) -> None:
    """Remove the tokens of a corpus."""
    from probes.training.prepare import FOLDER, PARTIAL

    for folder in (FOLDER, PARTIAL):
        shutil.rmtree(out / folder, ignore_errors=True)


def _apart(
    there: Mapping[str, object], here: Mapping[str, object]
) -> Iterator[tuple[str, object, object]]:
    """Every entry that differs: its name, what is there, what is asked for."""
    for name, new in here.items():
        old = there.get(name)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from ((f"{name} {n}", a, b) for n, a, b in _apart(old, new))
        elif old != new:
            yield name, old, new


@contextmanager
def _claimed(out: Path, *, leads: bool) -> Iterator[None]:
    """Begin in a new or empty folder, or go on in that of a training; one at a time.

    Raises:
        RunError: it holds something else, another process is at work in it, or it cannot be
            written.
    """
    if not leads:
        yield
        return
    fresh = not out.exists()
    claim(out, MARK, "the folder of a pretraining")
    try:
        with locked(out, "training"):
            yield
    finally:
        if fresh and not (out / MARK).exists():
            shutil.rmtree(out)  # nothing was begun: leave nothing behind
