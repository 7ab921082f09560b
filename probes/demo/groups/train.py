"""Training the base and child models of the invented groups: small causal models, by `pretrain`.

The base is trained from scratch, each child from the base. `act` runs this module as a subprocess
(see `processes`)::

    python -m probes.demo.groups.train PLAN OUT NAME...      PLAN: a `plan.GroupsPlan` as JSON
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from probes.demo import untrained
from probes.demo.groups.plan import BASE, GroupsPlan
from probes.demo.groups.words import MIX
from probes.demo.processes import MODELS, OnStep, child_arguments, report
from probes.training.pretrain import pretrain
from probes.training.request import TrainingOptions, TrainingProgress, TrainingRequest

BLOCK, BATCH = 32, 16
"""Tokens of a block; blocks per optimizer step (about 35 lines)."""
CONTEXT = 64
"""Context length of the models in tokens."""


def train_model(plan: GroupsPlan, out: Path, name: str, on_step: OnStep) -> None:
    """Train the model with this name in ``out/models``; resumes a stopped training."""
    begin, corpus, steps = out / MODELS / BASE, name, plan.steps
    if name == BASE:
        begin, corpus, steps = out / MODELS / ".fresh", MIX, plan.base_steps
    if (out / MODELS / name / "config.json").exists():
        return
    if name == BASE:
        texts = (out / "corpora" / f"{MIX}.txt").read_text().splitlines()
        torch.manual_seed(plan.seed)
        tokenizer = untrained.byte_tokenizer(texts)
        untrained.save(tokenizer, untrained.gpt2(tokenizer, CONTEXT), begin)

    def on_progress(progress: TrainingProgress) -> None:
        if progress.stage == "training":
            on_step(name, progress.done, progress.total)

    regime = TrainingOptions(steps=steps, block=BLOCK, batch_size=BATCH, lr=plan.rate)
    text = (str(out / "corpora" / f"{corpus}.txt"),)
    request = TrainingRequest(str(begin), text, out / MODELS / name, device="cpu", regime=regime)
    pretrain(request, on_progress)


def main(words: Sequence[str]) -> None:
    """Train each named model in turn."""
    plan, out, names = child_arguments(words)
    for name in names:
        train_model(GroupsPlan.of(plan), out, name, report)


if __name__ == "__main__":
    main(sys.argv[1:])
