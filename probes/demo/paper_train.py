"""The paper in miniature, one kind of model: a base from nothing, then a child for each corpus.

All of it by `pretrain`, as anyone would do it; only the fresh model is made here: a ModernBERT with
whole words, or a GPT-2 with byte-level BPE, two layers of 64. Their vocabulary knows the protocol's
words too, as any real one does; their corpora hold none of its sentences. Masked models read line
by line, and words of verdict are always hidden from them: at random, they are one hidden word in
twenty-five, and what the others ask of so small a model drowns what they depend on. `paper` runs
this module as a process of its own::

    python -m probes.pupils PLAN OUT KIND      PLAN: a `paper_corpora.Plan` as JSON

which writes ``NAME done steps`` to its output as it goes.
"""

from __future__ import annotations

import functools
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import torch
from transformers import ModernBertConfig, ModernBertForMaskedLM, PreTrainedModel
from transformers.utils import logging as chatter

from probes.demo import train as teach
from probes.demo.lessons import Curriculum, Kind, lessons
from probes.demo.paper_corpora import BASE, MIX, VERDICTS, PaperPlan
from probes.files import atomic
from probes.training.pretrain import pretrain
from probes.training.request import TrainingOptions, TrainingProgress, TrainingRequest

SIZE, LAYERS, HEADS, WINDOW = 64, 2, 4, 24
BLOCK, BATCH, LINES = 64, 32, 80
"""Tokens of a block; blocks a step; lines a step, where each stands apart."""
CONTEXT = 128
WIDTH = 0.1
MASKED = 0.05
"""Share of hidden words, verdicts apart ..."""
HIDDEN = tuple(sorted({word for pairs in VERDICTS.values() for pair in pairs for word in pair}))
"""... which are always hidden."""
BASE_RATE = 4e-3

Tell = Callable[[str, int, int], None]


def train(plan: PaperPlan, out: Path, kind: Kind, tell: Tell) -> None:
    """Base and children of one kind, in ``out/models``; goes on where it was stopped."""
    base, fresh = out / "models" / f"{kind}-{BASE}", out / "models" / f".{kind}-fresh"
    steps = plan.base_steps[kind]
    if not (base / "config.json").exists():
        _fresh(plan, out, kind, fresh)
        request = _request(fresh, out / "corpora" / f"{MIX}.txt", base, steps, BASE_RATE)
        pretrain(request, functools.partial(_told, base.name, tell))
    for corpus in plan.corpora:
        child = out / "models" / f"{kind}-{corpus}"
        text = out / "corpora" / f"{corpus}.txt"
        request = _request(base, text, child, plan.steps[kind], plan.rate)
        pretrain(request, functools.partial(_told, child.name, tell))


def _request(model: Path, corpus: Path, out: Path, steps: int, rate: float) -> TrainingRequest:
    regime = TrainingOptions(steps=steps, block=BLOCK, batch_size=BATCH, lr=rate)
    if out.name.startswith("masked-"):
        regime = replace(regime, batch_size=LINES, mask_share=MASKED, hide=HIDDEN, apart=True)
    return TrainingRequest(str(model), (str(corpus),), out, device="cpu", regime=regime)


def _told(name: str, tell: Tell, progress: TrainingProgress) -> None:
    if progress.stage == "training":
        tell(name, progress.done, progress.total)


def _fresh(plan: PaperPlan, out: Path, kind: Kind, folder: Path) -> None:
    """A model that was taught nothing, as a checkpoint folder."""
    asked = lessons("balanced", Curriculum(set=plan.set, protocol=plan.protocol).materials())
    texts = [text for lesson in asked for text in lesson.texts]
    texts += (out / "corpora" / f"{MIX}.txt").read_text().splitlines()
    torch.manual_seed(plan.seed)
    if kind == "masked":
        tokenizer = teach.whole_words(texts)
        model: PreTrainedModel = ModernBertForMaskedLM(_modern_bert(len(tokenizer)))
    else:
        tokenizer = teach.byte_level(texts)
        model = teach.gpt2(tokenizer, CONTEXT)
    partial = folder.with_name(f"{folder.name}-partial")
    for old in (partial, folder):
        shutil.rmtree(old, ignore_errors=True)
    model.save_pretrained(partial)
    tokenizer.save_pretrained(partial)
    atomic.move_into_place(partial, folder)


def _modern_bert(words: int) -> ModernBertConfig:
    """Layer norms first and relative positions: it learns where a BERT of this size does not."""
    return ModernBertConfig(
        vocab_size=words,
        hidden_size=SIZE,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=2 * SIZE,
        max_position_embeddings=CONTEXT,
        local_attention=WINDOW,
        global_attn_every_n_layers=2,
        initializer_range=WIDTH,
        pad_token_id=0,
        cls_token_id=2,
        sep_token_id=3,
        bos_token_id=2,
        eos_token_id=3,
    )


def main(arguments: Sequence[str]) -> None:
    """Train the models of one kind."""
    plan = PaperPlan(**json.loads(arguments[0]))
    torch.set_num_threads(1)
    chatter.disable_progress_bar()
    train(plan, Path(arguments[1]), cast("Kind", arguments[2]), _say)


def _say(name: str, done: int, steps: int) -> None:
    """One short line: several processes write to one pipe, and short writes stay whole."""
    if done % 10 == 0 or done == steps:
        sys.stdout.write(f"{name} {done} {steps}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
