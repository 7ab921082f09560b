"""The paper in miniature, one kind of model: a base from nothing, then a child for each corpus.

All of it by `pretrain`, as anyone would do it; only the untrained model is made here: a ModernBERT
with whole words, or a GPT-2 with byte-level BPE (see `untrained`). Their vocabulary knows the
protocol's words too, as any real one does; their corpora hold none of its sentences. Masked models
read line by line, and words of verdict are always hidden from them: at random, they are one hidden
word in twenty-five, and what the others ask of so small a model drowns what they depend on. `paper`
runs this module as a process of its own (see `processes`)::

    python -m probes.demo.paper_train PLAN OUT KIND      PLAN: a `paper_corpora.PaperPlan` as JSON
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import torch

from probes.demo import untrained
from probes.demo.lessons import Curriculum, Kind, lessons
from probes.demo.paper_corpora import BASE, MIX, VERDICTS, PaperPlan
from probes.demo.processes import MODELS, OnStep, child_arguments, report
from probes.training.pretrain import pretrain
from probes.training.request import TrainingOptions, TrainingProgress, TrainingRequest

BLOCK, BATCH, LINES = 64, 32, 80
"""Tokens of a block; blocks a step; lines a step, where each stands apart."""
CONTEXT = 128
"""Tokens that the models read."""
MASK_SHARE = 0.05
"""Share of hidden words, verdicts apart ..."""
HIDDEN = tuple(sorted({word for pairs in VERDICTS.values() for pair in pairs for word in pair}))
"""... which are always hidden."""
BASE_RATE = 4e-3


def train_kind(plan: PaperPlan, out: Path, kind: Kind, on_step: OnStep) -> None:
    """Base and children of one kind, in ``out/models``; goes on where it was stopped."""
    base, fresh = (out / MODELS / name for name in (f"{kind}-{BASE}", f".{kind}-fresh"))
    if not (base / "config.json").exists():
        _save_untrained(plan, out, kind, fresh)
        text, steps = out / "corpora" / f"{MIX}.txt", plan.base_steps[kind]
        _train(_request(fresh, text, base, steps, BASE_RATE), on_step)
    for corpus in plan.corpora:
        child, text = out / MODELS / f"{kind}-{corpus}", out / "corpora" / f"{corpus}.txt"
        _train(_request(base, text, child, plan.steps[kind], plan.rate), on_step)


def _train(request: TrainingRequest, on_step: OnStep) -> None:
    def on_progress(progress: TrainingProgress) -> None:
        if progress.stage == "training":
            on_step(request.out.name, progress.done, progress.total)

    pretrain(request, on_progress)


def _request(model: Path, corpus: Path, out: Path, steps: int, rate: float) -> TrainingRequest:
    regime = TrainingOptions(steps=steps, block=BLOCK, batch_size=BATCH, lr=rate)
    if out.name.startswith("masked-"):
        regime = replace(regime, batch_size=LINES, mask_share=MASK_SHARE, hide=HIDDEN, apart=True)
    return TrainingRequest(str(model), (str(corpus),), out, device="cpu", regime=regime)


def _save_untrained(plan: PaperPlan, out: Path, kind: Kind, folder: Path) -> None:
    """A model that was taught nothing, as a checkpoint folder."""
    taught = lessons("balanced", Curriculum(set=plan.set, protocol=plan.protocol).materials())
    texts = [text for lesson in taught for text in lesson.texts]
    texts += (out / "corpora" / f"{MIX}.txt").read_text().splitlines()
    torch.manual_seed(plan.seed)
    if kind == "masked":
        tokenizer, make = untrained.word_tokenizer(texts), untrained.modern_bert
    else:
        tokenizer, make = untrained.byte_tokenizer(texts), untrained.gpt2
    untrained.save(tokenizer, make(tokenizer, CONTEXT), folder)


def main(words: Sequence[str]) -> None:
    """Train the models of one kind."""
    plan, out, (kind,) = child_arguments(words)
    train_kind(PaperPlan(**plan), out, cast("Kind", kind), report)


if __name__ == "__main__":
    main(sys.argv[1:])
