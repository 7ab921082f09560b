"""One training, from a loaded model to a finished one.

Corpus to blocks, perplexity, the Trainer, perplexity again, the model in its folder. The result of
each step is kept on disk, so that a training that was stopped goes on (see `pretrain`).
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

from probes.backends.hf.loading.auto import silenced
from probes.backends.hf.loading.checkpoint import Checkpoint, memory_errors
from probes.errors import RunError
from probes.training import blocks, distributed, examples, model_card, prepare, tokens, trainer
from probes.training.blocks import Blocks
from probes.training.corpora import Corpus
from probes.training.request import (
    OnProgress,
    TrainingOptions,
    TrainingOutcome,
    TrainingProgress,
    TrainingRequest,
)
from probes.types import ModelSpec

if TYPE_CHECKING:
    from transformers import PreTrainedModel

WARMUP, WEIGHT_DECAY = 0.06, 0.01
"""Share of the steps in which the rate rises; AdamW's weight decay."""
RANK = 8
"""Of LoRA's matrices."""
MAX_LOSSES = 10_000
"""Losses that are kept at most; one a step, unless there are more steps."""
LAST_SHARE = 0.1
"""Share of the losses, the last ones, whose mean is the training's."""


@dataclass(frozen=True, slots=True)
class Training:
    """A training whose request was checked and whose model is loaded."""

    request: TrainingRequest
    spec: ModelSpec
    base: Checkpoint
    """The model that it starts from, loaded."""
    corpus: Corpus
    record: dict[str, object]
    """The content of `pretrain.json`; grows as things are done."""

    @property
    def out(self) -> Path:
        """The folder of the training."""
        return self.request.out

    def add_to_record(self, name: str, value: object) -> None:
        """Add an entry to `pretrain.json`."""
        self.record[name] = value
        if distributed.is_leader():
            model_card.write_record(self.out, self.record)


def run(training: Training, on_progress: OnProgress) -> TrainingOutcome:
    """Train what is left to train, and write the model.

    Raises:
        CorpusError: the corpus is empty, damaged, too small or in another script.
        RunError: memory or disk is full, or the loss is not a number.
        UsageError: a block is longer than the model reads.
    """
    base, regime, out = training.base, training.request.regime, training.out
    layout = prepare.block_layout(base, regime)
    counts = prepare.prepare_tokens(
        training.request, base.tokenizer, layout, training.corpus, on_progress
    )
    masker = prepare.masker(base, regime)
    with contextlib.ExitStack() as stack:
        stack.enter_context(_memory_advice(out))
        stack.enter_context(silenced(progress=False))
        stack.callback(base.model.requires_grad_, False)  # noqa: FBT003 (torch's own)
        held = stack.enter_context(Blocks(out / prepare.FOLDER / blocks.HELD, layout, rest=True))
        train = stack.enter_context(Blocks(out / prepare.FOLDER / blocks.TRAIN, layout))
        args = _arguments(training)
        blocks_a_step = args.train_batch_size * args.gradient_accumulation_steps * args.world_size
        _require_same_devices(training, blocks_a_step)
        args.max_steps = regime.steps or math.ceil(regime.epochs * len(train) / blocks_a_step)
        args.warmup_steps = math.ceil(WARMUP * args.max_steps)
        args.logging_steps = math.ceil(args.max_steps / MAX_LOSSES)
        count = args.max_steps * blocks_a_step
        shown = examples.TrainingExamples(train, count, regime.seed, masker)
        pretrainer = _trainer(training, args, shown, on_progress)
        if "before" not in training.record:
            before = examples.perplexity(pretrainer.model, held, regime.batch_size, masker)
            training.add_to_record("before", before)
        last = trainer.newest_checkpoint(out)
        state = str(last / trainer.STATE) if last else None
        pretrainer.train(resume_from_checkpoint=state)
        shown_tokens = shown.tokens()
        after = examples.perplexity(pretrainer.model, held, regime.batch_size, masker)
    losses = [(e["step"], e["loss"]) for e in pretrainer.state.log_history if "loss" in e]
    tail = [loss for _, loss in losses[-math.ceil(LAST_SHARE * len(losses)) :]]
    warnings = [*training.corpus.warnings(), counts.foreign, _hide_warning(counts, regime)]
    outcome = TrainingOutcome(
        steps=args.max_steps,
        tokens=shown_tokens,
        loss=sum(tail) / len(tail),
        before=training.record["before"],  # type: ignore[arg-type]
        after=after,
        warnings=tuple(filter(None, warnings)),
    )
    if distributed.is_leader():
        _finish(training, outcome, losses)
    return outcome


def _hide_warning(counts: tokens.CorpusCounts, regime: TrainingOptions) -> str:
    """A warning, if the corpus holds none of the words of ``--hide``; else empty."""
    if not regime.hide or counts.marked:
        return ""
    return f"the corpus holds none of the words of --hide ({', '.join(regime.hide)})"


# --- the Trainer -------------------------------------------------------------------------------


def _arguments(training: Training) -> TrainingArguments:
    """The request in the Trainer's terms; steps, warm-up and logging are set by `run`."""
    regime: TrainingOptions = training.request.regime
    return TrainingArguments(
        output_dir=str(training.out / trainer.SAVING),
        per_device_train_batch_size=regime.batch_size,
        gradient_accumulation_steps=regime.accumulate,
        gradient_checkpointing=regime.gradient_checkpointing,
        gradient_checkpointing_kwargs={"use_reentrant": False},
        learning_rate=regime.rate,
        weight_decay=WEIGHT_DECAY,
        seed=regime.seed,
        bf16=regime.bf16,
        use_cpu=training.request.device == "cpu",
        train_sampling_strategy="sequential",
        save_strategy="no",
        logging_nan_inf_filter=False,
        disable_tqdm=True,
        report_to="none",
        dataloader_pin_memory=torch.cuda.is_available() and training.request.device != "cpu",
        remove_unused_columns=False,
    )


def _require_same_devices(training: Training, blocks_a_step: int) -> None:
    """Refuse to go on with another number of blocks a step: the weights would be others."""
    recorded = training.record.get("blocks_a_step")
    if recorded not in (None, blocks_a_step):
        raise RunError(
            f"{training.out}: holds a training with {recorded} blocks a step on its devices, and "
            f"here they are {blocks_a_step}; use as many devices, or another --out"
        )
    training.add_to_record("blocks_a_step", blocks_a_step)


def _trainer(
    training: Training,
    args: TrainingArguments,
    shown: examples.TrainingExamples,
    on_progress: OnProgress,
) -> trainer.CheckpointTrainer:
    """A Trainer that saves as many checkpoints as the request says, evenly spread."""
    steps = args.max_steps
    count = min(training.request.checkpoints, steps)
    marks = {max(1, round(steps * number / count)) for number in range(1, count + 1)}
    callback = trainer.TrainingCallback(
        marks, lambda done, loss: on_progress(TrainingProgress("training", done, steps, loss))
    )
    set_seed(training.request.regime.seed)
    return trainer.CheckpointTrainer(
        training.out,
        training.base.tokenizer,
        causal=training.base.info.backend == "causal",
        apart=training.request.regime.apart,
        model=_trainable(training.base.model, training.request.regime),
        args=args,
        train_dataset=shown,
        callbacks=[callback],
    )


def _trainable(model: PreTrainedModel, regime: TrainingOptions) -> PreTrainedModel:
    """The model itself, or with low-rank matrices beside its weights, which are then frozen."""
    if not regime.lora:
        return model.requires_grad_(requires_grad=True)
    from peft import LoraConfig, get_peft_model

    if regime.gradient_checkpointing:
        model.enable_input_require_grads()
    config = LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules="all-linear")
    return get_peft_model(model, config)


@contextlib.contextmanager
def _memory_advice(out: Path) -> Iterator[None]:
    """Say in one sentence that memory ran out, and which options help."""
    try:
        with memory_errors():
            yield
    except MemoryError as error:
        raise RunError(
            f"{out}: the training does not fit into memory: try a smaller --batch-size with more "
            "--accumulate, --gradient-checkpointing, --bf16 or --lora"
        ) from error


# --- after -------------------------------------------------------------------------------------


def _finish(training: Training, outcome: TrainingOutcome, losses: list[tuple[int, float]]) -> None:
    """Make the last checkpoint the model; its configuration, which makes a folder a checkpoint,
    comes last."""
    last = trainer.newest_checkpoint(training.out)
    if last is None:
        raise RunError(f"{training.out}: its last checkpoint was removed while it was trained")
    files = sorted(
        (f for f in last.iterdir() if f.is_file()), key=lambda f: f.name == "config.json"
    )
    for file in files:
        (training.out / file.name).unlink(missing_ok=True)
        trainer.link_or_copy(file, training.out / file.name)
    model_card.write_card(
        training.out, training.record, outcome, training.spec, training.base.model
    )
    model_card.write_losses(training.out, losses)
    training.add_to_record("outcome", model_card.outcome_entry(outcome))


def clear(out: Path) -> None:
    """Remove files that only a training that goes on needs."""
    for state in (
        *out.glob(f"checkpoint-*/{trainer.STATE}"),
        out / prepare.FOLDER,
        out / trainer.SAVING,
    ):
        shutil.rmtree(state, ignore_errors=True)
