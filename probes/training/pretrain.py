"""Further pretraining of a masked or causal model on any corpus.

This is the command `probes pretrain` and the function `pretrain`. The folder::

    OUT/config.json  model.safetensors  tokenizer ...   the model, an ordinary checkpoint
    OUT/README.md  models.yaml                          model card; entry for a models.yaml
    OUT/checkpoint-N/                                   ordinary checkpoints during training
    OUT/pretrain.json  losses.csv                       settings and outcome; loss by step

After a kill at any moment, the same command resumes from the last complete checkpoint and ends, on
the same machine, with the same bytes. This module does what comes before and after the training
itself, which is in `run`; corpora are read by `corpora`.
"""

from __future__ import annotations

import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from probes.errors import ProbesError, UsageError
from probes.models import registry
from probes.training import begin, corpora, distributed
from probes.training.corpora import Corpus
from probes.training.model_card import RECORD
from probes.training.request import OnProgress, TrainingOutcome, TrainingRequest

if TYPE_CHECKING:
    from probes.backends.hf.loading.checkpoint import Checkpoint


def pretrain(request: TrainingRequest, on_progress: OnProgress | None = None) -> TrainingOutcome:
    """Train a model, or resume a stopped training; does nothing if it is finished.

    Args:
        request: model, corpus, options and folder.
        on_progress: called with the documents read and the optimizer steps done.

    Raises:
        ProbesError: any fault that the user can correct; the last checkpoint stays on disk.
    """
    for fault in request.faults():
        raise UsageError(fault)
    begin.require("accelerate", "pretraining")
    if request.regime.lora:
        begin.require("peft", "--lora")
    corpus = corpora.find_corpus(request.corpus, request.column, request.delimiter)
    spec = registry.resolve(request.model, request.backend, request.revision)
    from probes.training import run  # imports torch
    from probes.training.prepare import usual_block

    path = request.out / RECORD
    with begin.claimed(path, "the folder of a pretraining"):
        base = begin.load_base(spec, "pretraining")
        if request.regime.block is None:
            regime = replace(request.regime, block=usual_block(base))
            request = replace(request, regime=regime)
        settings = _settings(request, base, corpus)
        record = begin.begun(path, settings, lambda: _remove_tokens(request.out))
        if "outcome" in record:
            outcome = begin.outcome(path, record, TrainingOutcome)
        else:
            training = run.Training(request, spec, base, corpus, record)
            try:
                outcome = run.run(training, on_progress or (lambda _: None))
            except ProbesError:
                _discard_unbegun(request.out)
                raise
        if distributed.is_leader():
            run.clear(request.out)
        return outcome


def _settings(request: TrainingRequest, base: Checkpoint, corpus: Corpus) -> dict[str, object]:
    """Settings that must be equal for a training to be resumed."""
    hashes = corpus.hashes()
    return {
        "format": 1,
        "regime": {**asdict(request.regime), "hide": list(request.regime.hide)},  # JSON: no tuples
        "checkpoints": request.checkpoints,
        "label": request.corpus_label,
        "column": request.column,
        "delimiter": request.delimiter or None,
        "model": begin.base_entry(base),
        "corpus": {
            "sha256": corpora.sha256(list(hashes.values())),
            "files": [{"name": Path(n).name, "sha256": h} for n, h in hashes.items()],
        },
        "versions": begin.versions(),
    }


def _discard_unbegun(out: Path) -> None:
    """Remove the record of a training that failed before the corpus was read, so that the folder
    can be used again with a corrected corpus or other options."""
    from probes.training.prepare import FOLDER

    leads = distributed.is_leader()
    if leads and not (out / FOLDER).exists() and not any(out.glob("checkpoint-*")):
        (out / RECORD).unlink(missing_ok=True)
        _remove_tokens(out)


def _remove_tokens(out: Path) -> None:
    """Remove the tokenized corpus from the folder."""
    from probes.training.prepare import FOLDER, PARTIAL

    for folder in (FOLDER, PARTIAL):
        shutil.rmtree(out / folder, ignore_errors=True)
