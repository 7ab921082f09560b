"""One pretraining, from a loaded model to the trained model in its folder.

Tokenize the corpus, measure perplexity, train, measure perplexity again, write the model. The
result of each stage is on disk, so that a stopped training can be resumed (see `pretrain`).
"""

from __future__ import annotations

import contextlib
import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from transformers import TrainingArguments, default_data_collator, set_seed

from probes.backends.hf.loading.auto import silenced
from probes.backends.hf.loading.checkpoint import Checkpoint
from probes.errors import RunError
from probes.training import (
    begin,
    blocks,
    distributed,
    examples,
    model_card,
    perplexity,
    prepare,
    tokens,
)
from probes.training.blocks import Blocks
from probes.training.corpora import Corpus
from probes.training.request import (
    OnProgress,
    TrainingOptions,
    TrainingOutcome,
    TrainingProgress,
    TrainingRequest,
)
from probes.training.steps import checkpoints, low_rank, trainer
from probes.types import ModelSpec

if TYPE_CHECKING:
    from transformers import PreTrainedModel

SAVERS = "a smaller --batch-size with more --accumulate, --gradient-checkpointing, --bf16 or --lora"
"""Options that reduce memory use, for the error message."""


@dataclass(frozen=True, slots=True)
class Training:
    """A pretraining with a checked request and a loaded model."""

    request: TrainingRequest
    spec: ModelSpec
    base: Checkpoint
    """The loaded base model."""
    corpus: Corpus
    record: dict[str, object]
    """The content of `pretrain.json`; entries are added during training."""

    @property
    def out(self) -> Path:
        """The folder of the training."""
        return self.request.out

    def add_to_record(self, name: str, value: object) -> None:
        """Add an entry to `pretrain.json`."""
        self.record[name] = value
        if distributed.is_leader():
            begin.write_record(self.out / model_card.RECORD, self.record)


def run(training: Training, on_progress: OnProgress) -> TrainingOutcome:
    """Do the optimizer steps that are left, and write the model.

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
        stack.enter_context(trainer.memory_advice(out, SAVERS))
        stack.enter_context(silenced(progress=False))
        stack.callback(base.model.requires_grad_, False)  # noqa: FBT003 (torch's own)
        held = stack.enter_context(Blocks(out / prepare.FOLDER / blocks.HELD, layout, rest=True))
        train = stack.enter_context(Blocks(out / prepare.FOLDER / blocks.TRAIN, layout))
        args = _arguments(training)
        blocks_a_step = args.train_batch_size * args.gradient_accumulation_steps * args.world_size
        _require_same_devices(training, blocks_a_step)
        training.add_to_record(begin.RATE, regime.rate)
        steps = regime.steps or math.ceil(regime.epochs * len(train) / blocks_a_step)
        trainer.set_steps(args, steps)
        count = args.max_steps * blocks_a_step
        shown = examples.TrainingExamples(train, count, regime.seed, masker)
        pretrainer = _trainer(training, args, shown, on_progress)
        ends = tokens.read_ends(out / prepare.FOLDER)
        measure = partial(perplexity.measure, blocks=held, ends=ends, masker=masker)
        before = measure(pretrainer.model, batch=regime.batch_size)
        last = checkpoints.newest_checkpoint(out)
        pretrainer.begin(last)
        shown_tokens = shown.tokens()
        after = measure(pretrainer.model, batch=regime.batch_size)
    losses = trainer.losses(pretrainer)
    warnings = [*training.corpus.warnings(), counts.foreign, _hide_warning(counts, regime)]
    outcome = TrainingOutcome(
        steps=args.max_steps,
        tokens=shown_tokens,
        loss=trainer.last_loss(losses),
        before=before.perplexity if before else None,
        after=after.perplexity if after else None,
        warnings=tuple(filter(None, warnings)),
        held_out=perplexity.held_out(before, after) if before and after else None,
    )
    if distributed.is_leader():
        _finish(training, outcome, losses)
    return outcome


def _hide_warning(counts: tokens.CorpusCounts, regime: TrainingOptions) -> str:
    """A warning if no word of ``--hide`` occurs in the corpus; else empty."""
    if not regime.hide or counts.marked:
        return ""
    return f"the corpus holds none of the words of --hide ({', '.join(regime.hide)})"


# --- the Trainer -------------------------------------------------------------------------------


def _arguments(training: Training) -> TrainingArguments:
    """The request as TrainingArguments; `run` sets steps, warm-up and logging."""
    regime: TrainingOptions = training.request.regime
    return trainer.arguments(
        training.out,
        regime,
        cpu=training.request.device == "cpu",
        gradient_checkpointing=regime.gradient_checkpointing,
        gradient_checkpointing_kwargs={"use_reentrant": False},
    )


def _require_same_devices(training: Training, blocks_a_step: int) -> None:
    """Refuse to resume with another number of blocks per optimizer step: results would differ."""
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
    """A Trainer that saves the requested number of checkpoints at even intervals."""
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
        data_collator=_collator(training),
        compute_loss_func=partial(examples.loss, causal=training.base.info.backend == "causal"),
        model=_trainable(training.base.model, training.request.regime),
        args=args,
        train_dataset=shown,
        callbacks=[callback],
    )


def _collator(training: Training) -> Callable[..., object]:
    """The function that collates examples to a batch; blocks that are not packed need padding."""
    usual: Callable[..., object] = default_data_collator
    if not training.request.regime.apart:
        return usual
    return partial(examples.pad_batch, pad=training.base.tokenizer.pad_token_id or 0)


def _trainable(model: PreTrainedModel, regime: TrainingOptions) -> PreTrainedModel:
    """The model with all weights trainable, or frozen with trainable low-rank matrices (LoRA)."""
    if not regime.lora:
        return model.requires_grad_(requires_grad=True)
    if regime.gradient_checkpointing:
        model.enable_input_require_grads()
    return low_rank.adapt(model, target_modules="all-linear")


# --- after -------------------------------------------------------------------------------------


def _finish(training: Training, outcome: TrainingOutcome, losses: list[tuple[int, float]]) -> None:
    """Make the last checkpoint the folder's model, and write card, losses and outcome."""
    last = checkpoints.newest_checkpoint(training.out)
    if last is None:
        raise RunError(f"{training.out}: its last checkpoint was removed while it was trained")
    checkpoints.promote(last, training.out)
    model_card.write_card(
        training.out, training.record, outcome, training.spec, training.base.model
    )
    model_card.write_losses(training.out, losses)
    training.add_to_record("outcome", model_card.outcome_entry(outcome))


def clear(out: Path) -> None:
    """Remove files that are needed only to resume a training."""
    checkpoints.clear(out)
    shutil.rmtree(out / prepare.FOLDER, ignore_errors=True)
