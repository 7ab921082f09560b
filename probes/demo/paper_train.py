"""Training for the miniature replication: a base model of each kind from scratch, then a child for
each corpus.

All training is done by `pretrain`; only the untrained model is made here: a ModernBERT with
whole-word tokens, or a GPT-2 with byte-level BPE (see `untrained`). The vocabulary includes the
protocol's words, as a real one does; the corpora contain none of its sentences. Masked models read
line by line and their verdict words are always masked: with random masking these would be one
masked word in 25, and a model this small would not learn what they depend on. `paper` runs this
module as a subprocess (see `processes`)::

    python -m probes.demo.paper_train PLAN OUT NAME...   PLAN: a `paper_corpora.PaperPlan` as JSON
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

BLOCK, BATCH = 64, 32
"""Tokens of a block; blocks per optimizer step."""
BASE_LINES, LINES = 64, 48
"""Lines per optimizer step of a masked base model, and of its children."""
CONTEXT = 128
"""Context length of the models in tokens."""
MASK_SHARE = 0.05
"""Share of masked tokens among words other than `HIDDEN`."""
HIDDEN = tuple(sorted({word for pairs in VERDICTS.values() for pair in pairs for word in pair}))
"""Verdict words, which are always masked."""
BASE_RATE = 4e-3


def train_model(plan: PaperPlan, out: Path, name: str, on_step: OnStep) -> None:
    """Train the model with this name in ``out/models``; resumes a stopped training."""
    kind, corpus = cast("tuple[Kind, str]", tuple(name.split("-", 1)))
    begin, steps, rate = out / MODELS / f"{kind}-{BASE}", plan.steps[kind], plan.rates[kind]
    lines = BASE_LINES if corpus == BASE else LINES
    if corpus == BASE:
        begin, corpus, steps, rate = _fresh(plan, out, kind), MIX, plan.base_steps[kind], BASE_RATE

    def on_progress(progress: TrainingProgress) -> None:
        if progress.stage == "training":
            on_step(name, progress.done, progress.total)

    regime = TrainingOptions(steps=steps, block=BLOCK, batch_size=BATCH, lr=rate)
    if kind == "masked":
        regime = replace(regime, batch_size=lines, mask_share=MASK_SHARE, hide=HIDDEN, apart=True)
    text = (str(out / "corpora" / f"{corpus}.txt"),)
    request = TrainingRequest(str(begin), text, out / MODELS / name, device="cpu", regime=regime)
    pretrain(request, on_progress)


def _fresh(plan: PaperPlan, out: Path, kind: Kind) -> Path:
    """Checkpoint folder of an untrained model."""
    vocabulary_lessons = lessons(
        "balanced", Curriculum(set=plan.set, protocol=plan.protocol).materials()
    )
    texts = [text for lesson in vocabulary_lessons for text in lesson.texts]
    texts += (out / "corpora" / f"{MIX}.txt").read_text().splitlines()
    torch.manual_seed(plan.seed)
    if kind == "masked":
        tokenizer, make = untrained.word_tokenizer(texts), untrained.modern_bert
    else:
        tokenizer, make = untrained.byte_tokenizer(texts), untrained.gpt2
    folder = out / MODELS / f".{kind}-fresh"
    untrained.save(tokenizer, make(tokenizer, CONTEXT), folder)
    return folder


def main(words: Sequence[str]) -> None:
    """Train each named model in turn."""
    plan, out, names = child_arguments(words)
    for name in names:
        train_model(PaperPlan(**plan), out, name, report)


if __name__ == "__main__":
    main(sys.argv[1:])
