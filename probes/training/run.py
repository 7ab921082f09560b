"""One course of further pretraining, from a loaded model to a finished one.

Corpus to blocks, perplexity, the Trainer, perplexity again, the model in its folder. Each of these
is kept when it is done, so that a course that was stopped does not begin again (see `pretrain`).
"""

from __future__ import annotations

import contextlib
import math
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from transformers import TrainingArguments, set_seed

from probes.backends.hf.loading.checkpoint import Checkpoint, memory_errors
from probes.errors import RunError
from probes.training import blocks, examples, model_card, prepare, processes, trainer
from probes.training import tokens as intake
from probes.training.blocks import Blocks
from probes.training.corpora import Corpus
from probes.training.request import (
    Tell,
    TrainingOptions,
    TrainingOutcome,
    TrainingProgress,
    TrainingRequest,
)
from probes.types import ModelSpec

if TYPE_CHECKING:
    from transformers import PreTrainedModel

WARM, DECAY = 0.06, 0.01
"""Share of the steps in which the rate rises; AdamW's weight decay."""
RANK = 8
"""Of LoRA's matrices."""
LOGGED = 10_000
"""Losses that are kept at most; one a step, unless there are more steps."""
LAST = 0.1
"""Share of the losses whose mean is the training's."""


@dataclass(frozen=True, slots=True)
class Training:
    """A training that was checked."""

    request: TrainingRequest
    spec: ModelSpec
    base: Checkpoint
    """The model that it starts from, loaded."""
    corpus: Corpus
    said: dict[str, object]
    """What `pretrain.json` says; grows as things are done."""

    @property
    def out(self) -> Path:
        """The folder."""
        return self.request.out

    def record(self, name: str, value: object) -> None:
        """Have `pretrain.json` say one thing more."""
        self.said[name] = value
        if processes.leads():
            model_card.record(self.out, self.said)


def run(course: Training, tell: Tell) -> TrainingOutcome:
    """Train what is left to train, and write the model.

    Raises:
        CorpusError: the corpus is empty, damaged, too small or in another script.
        RunError: memory or disk is full, or the loss is not a number.
        UsageError: a block is longer than the model reads.
    """
    base, regime, out = course.base, course.request.regime, course.out
    framed = prepare.framed(base, regime)
    counts = prepare.made(course.request, base.tokenizer, framed, course.corpus, tell)
    masker = prepare.masker(base, regime)
    with contextlib.ExitStack() as ended:
        ended.enter_context(_trouble(out))
        ended.enter_context(trainer.quiet())
        ended.callback(base.model.requires_grad_, False)  # noqa: FBT003 (torch's own)
        held = ended.enter_context(Blocks(out / prepare.FOLDER / blocks.HELD, framed, rest=True))
        train = ended.enter_context(Blocks(out / prepare.FOLDER / blocks.TRAIN, framed))
        args = _arguments(course)
        together = args.train_batch_size * args.gradient_accumulation_steps * args.world_size
        _same_devices(course, together)
        args.max_steps = regime.steps or math.ceil(regime.epochs * len(train) / together)
        args.warmup_steps = math.ceil(WARM * args.max_steps)
        args.logging_steps = math.ceil(args.max_steps / LOGGED)
        shown = examples.TrainingExamples(train, args.max_steps * together, regime.seed, masker)
        pupil = _pupil(course, args, shown, tell)
        if "before" not in course.said:
            found = examples.perplexity(pupil.model, held, regime.batch_size, masker)
            course.record("before", found)
        last = trainer.newest(out)
        pupil.train(resume_from_checkpoint=str(last / trainer.STATE) if last else None)
        tokens = shown.tokens()
        after = examples.perplexity(pupil.model, held, regime.batch_size, masker)
    losses = [(e["step"], e["loss"]) for e in pupil.state.log_history if "loss" in e]
    tail = [loss for _, loss in losses[-math.ceil(LAST * len(losses)) :]]
    outcome = TrainingOutcome(
        steps=args.max_steps,
        tokens=tokens,
        loss=sum(tail) / len(tail),
        before=course.said["before"],  # type: ignore[arg-type]
        after=after,
        warnings=tuple(filter(None, [counts.foreign, _unseen(counts, regime)])),
    )
    if processes.leads():
        _finish(course, outcome, losses)
    return outcome


def _unseen(counts: intake.CorpusCounts, regime: TrainingOptions) -> str:
    """What to warn of, if nothing of what is always to be hidden is there."""
    if not regime.hide or counts.marked:
        return ""
    return f"the corpus holds none of the words of --hide ({', '.join(regime.hide)})"


# --- the Trainer -------------------------------------------------------------------------------


def _arguments(course: Training) -> TrainingArguments:
    regime: TrainingOptions = course.request.regime
    return TrainingArguments(
        output_dir=str(course.out / trainer.SAVING),
        per_device_train_batch_size=regime.batch_size,
        gradient_accumulation_steps=regime.accumulate,
        gradient_checkpointing=regime.gradient_checkpointing,
        gradient_checkpointing_kwargs={"use_reentrant": False},
        learning_rate=regime.rate,
        weight_decay=DECAY,
        seed=regime.seed,
        bf16=regime.bf16,
        use_cpu=course.request.device == "cpu",
        train_sampling_strategy="sequential",
        save_strategy="no",
        logging_nan_inf_filter=False,
        disable_tqdm=True,
        report_to="none",
        dataloader_pin_memory=torch.cuda.is_available() and course.request.device != "cpu",
        remove_unused_columns=False,
    )


def _same_devices(course: Training, together: int) -> None:
    there = course.said.get("blocks_a_step")
    if there not in (None, together):
        raise RunError(
            f"{course.out}: holds a training with {there} blocks a step on its devices, and here "
            f"they are {together}; use as many devices, or another --out"
        )
    course.record("blocks_a_step", together)


def _pupil(
    course: Training, args: TrainingArguments, shown: examples.TrainingExamples, tell: Tell
) -> trainer.CheckpointTrainer:
    steps, many = args.max_steps, course.request.checkpoints
    marks = {max(1, round(steps * number / many)) for number in range(1, many + 1)}
    watch = trainer.TrainingCallback(
        marks, lambda done, loss: tell(TrainingProgress("training", done, steps, loss))
    )
    set_seed(course.request.regime.seed)
    return trainer.CheckpointTrainer(
        course.out,
        course.base.tokenizer,
        causal=course.base.info.backend == "causal",
        apart=course.request.regime.apart,
        model=_trainable(course.base.model, course.request.regime),
        args=args,
        train_dataset=shown,
        callbacks=[watch],
    )


def _trainable(model: PreTrainedModel, regime: TrainingOptions) -> PreTrainedModel:
    """The model itself, or with matrices of low rank beside its own, which stay as they are."""
    if not regime.lora:
        return model.requires_grad_(requires_grad=True)
    from peft import LoraConfig, get_peft_model

    if regime.gradient_checkpointing:
        model.enable_input_require_grads()
    config = LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules="all-linear")
    return get_peft_model(model, config)


@contextlib.contextmanager
def _trouble(out: Path) -> Iterator[None]:
    """Say in one sentence that memory ran out."""
    try:
        with memory_errors():
            yield
    except MemoryError as error:
        raise RunError(
            f"{out}: the training does not fit into memory: try a smaller --batch-size with more "
            "--accumulate, --gradient-checkpointing, --bf16 or --lora"
        ) from error


# --- after -------------------------------------------------------------------------------------


def _finish(course: Training, outcome: TrainingOutcome, losses: list[tuple[int, float]]) -> None:
    """The last checkpoint becomes the model; its configuration, which makes a folder a
    checkpoint, comes last."""
    last = trainer.newest(course.out)
    if last is None:
        raise RunError(f"{course.out}: its last checkpoint was removed while it was trained")
    files = sorted(
        (f for f in last.iterdir() if f.is_file()), key=lambda f: f.name == "config.json"
    )
    for file in files:
        (course.out / file.name).unlink(missing_ok=True)
        trainer.linked(file, course.out / file.name)
    model_card.write_card(course.out, course.said, outcome, course.spec, course.base.model)
    model_card.write_losses(course.out, losses)
    course.record("outcome", model_card.plain(outcome))


def clear(out: Path) -> None:
    """Remove what only a training that goes on needs."""
    for state in (
        *out.glob(f"checkpoint-*/{trainer.STATE}"),
        out / prepare.FOLDER,
        out / trainer.SAVING,
    ):
        shutil.rmtree(state, ignore_errors=True)
