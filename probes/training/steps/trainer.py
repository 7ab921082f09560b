"""transformers' Trainer for all trainings: examples in a fixed order, and checkpoints that are
written completely or not at all (`checkpoints`).
"""

from __future__ import annotations

import contextlib
import copy
import math
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Protocol

import torch
from safetensors import SafetensorError
from transformers import (
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from probes.backends.hf.loading.checkpoint import memory_errors
from probes.errors import RunError
from probes.files import atomic
from probes.training.steps.checkpoints import (
    SAVING,
    STATE,
    STATE_FILES,
    link_or_copy,
    newest_checkpoint,
)

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

WARMUP, WEIGHT_DECAY = 0.06, 0.01
"""Share of warm-up steps, in which the learning rate rises; AdamW's weight decay."""
MAX_LOSSES = 10_000
"""Maximum number of logged losses; one per step unless there are more steps."""
LAST_SHARE = 0.1
"""The training's loss is the mean over this last share of the logged losses."""
DAMAGE = (ValueError, TypeError, LookupError, EOFError, OSError, RuntimeError, UnpicklingError)
"""What torch and transformers raise for a Trainer state that is damaged or does not fit."""
OnLoss = Callable[[int, float], None]
"""Called with an optimizer step and its loss."""


class Regime(Protocol):
    """Options that every training has."""

    @property
    def batch_size(self) -> int:
        """Examples per batch on each device."""

    @property
    def accumulate(self) -> int:
        """Batches per optimizer step (gradient accumulation)."""

    @property
    def rate(self) -> float:
        """The peak learning rate."""

    @property
    def seed(self) -> int:
        """Seed of all random draws."""

    @property
    def bf16(self) -> bool:
        """Compute in bfloat16; weights stay float32."""


def arguments(out: Path, regime: Regime, *, cpu: bool, **more: object) -> TrainingArguments:
    """The options as TrainingArguments; `set_steps` sets the number of steps."""
    return TrainingArguments(
        output_dir=str(out / SAVING),
        per_device_train_batch_size=regime.batch_size,
        gradient_accumulation_steps=regime.accumulate,
        learning_rate=regime.rate,
        weight_decay=WEIGHT_DECAY,
        seed=regime.seed,
        bf16=regime.bf16,
        use_cpu=cpu,
        train_sampling_strategy="sequential",
        save_strategy="no",
        logging_nan_inf_filter=False,
        disable_tqdm=True,
        report_to="none",
        dataloader_pin_memory=torch.cuda.is_available() and not cpu,
        remove_unused_columns=False,
        **more,
    )


def set_steps(args: TrainingArguments, steps: int) -> None:
    """Set the number of steps, of warm-up steps, and of steps between logged losses."""
    args.max_steps = steps
    args.warmup_steps = math.ceil(WARMUP * steps)
    args.logging_steps = math.ceil(steps / MAX_LOSSES)


def losses(trained: Trainer) -> list[tuple[int, float]]:
    """``(optimizer step, loss)`` of all logged losses."""
    return [(e["step"], e["loss"]) for e in trained.state.log_history if "loss" in e]


def last_loss(logged: Sequence[tuple[int, float]]) -> float:
    """Mean of the last losses (`LAST_SHARE`)."""
    tail = [loss for _, loss in logged[-math.ceil(LAST_SHARE * len(logged)) :]]
    return sum(tail) / len(tail)


@contextlib.contextmanager
def memory_advice(out: Path, savers: str) -> Iterator[None]:
    """Turn a memory error into one sentence that names options to save memory."""
    try:
        with memory_errors():
            yield
    except MemoryError as error:
        raise RunError(f"{out}: the training does not fit into memory: try {savers}") from error


class CheckpointTrainer(Trainer):  # type: ignore[misc]
    """A Trainer that writes checkpoints to `out`, completely or not at all."""

    def __init__(self, out: Path, tokenizer: PreTrainedTokenizerBase, **rest: object) -> None:
        super().__init__(processing_class=tokenizer, **rest)
        self.remove_callback(PrinterCallback)
        self._out, self._tokenizer = out, tokenizer
        self._begun = False

    def begin(self, last: Path | None) -> None:
        """Train, from the start or from the checkpoint `last`.

        Raises:
            RunError: the checkpoint's Trainer state is damaged, or of another training.
        """
        try:
            self.train(resume_from_checkpoint=str(last / STATE) if last else None)
        except DAMAGE as error:
            if last is None or self._begun:
                raise
            raise RunError(
                f"{last / STATE}: what a training goes on from is damaged, or another's "
                f"({_why(error)}); remove {last}, and the same command goes on from the checkpoint "
                "before it, or begins anew"
            ) from error

    def training_step(self, *args: object, **named: object) -> object:
        """The Trainer's step; notes that reading the checkpoint is over, for errors in `begin`."""
        self._begun = True
        return super().training_step(*args, **named)

    def _save_checkpoint(self, model: object, trial: object) -> None:
        step, saving = self.state.global_step, self._out / SAVING
        try:
            super()._save_checkpoint(model, trial)
            self.accelerator.wait_for_everyone()
            if self.args.should_save:
                self._settle(saving / f"checkpoint-{step}", step)
            self.accelerator.wait_for_everyone()
        except (OSError, RuntimeError, SafetensorError) as error:
            shutil.rmtree(saving, ignore_errors=True)
            last = newest_checkpoint(self._out)
            before = f"{last.name} is whole" if last else "there was none before"
            raise RunError(
                f"{self._out}: checkpoint-{step} could not be saved ({_why(error)}); {before}: "
                "make room, and the same command goes on from there"
            ) from error

    def _settle(self, state: Path, step: int) -> None:
        """Move the Trainer's checkpoint to its final name as an ordinary model folder, and remove
        the Trainer state of older checkpoints."""
        complete = self._out / SAVING / "whole"
        shutil.rmtree(complete, ignore_errors=True)
        complete.mkdir()
        self.write_model(state, complete)
        state.rename(complete / STATE)
        checkpoint = self._out / f"checkpoint-{step}"
        shutil.rmtree(checkpoint, ignore_errors=True)
        atomic.move_into_place(complete, checkpoint)
        for older in self._out.glob(f"checkpoint-*/{STATE}"):
            if older.parent != checkpoint:
                shutil.rmtree(older)

    def write_model(self, state: Path, folder: Path) -> None:
        """Write the model files of the Trainer's checkpoint `state` to `folder`."""
        if hasattr(self.model, "merge_and_unload"):
            # Merge a copy: unmerging would change the last bits of the weights.
            self.save_pretrained(copy.deepcopy(self.model).merge_and_unload(), folder)
            return
        for file in state.iterdir():
            if not file.name.startswith(STATE_FILES):
                link_or_copy(file, folder / file.name)

    def save_pretrained(self, model: PreTrainedModel, folder: Path) -> None:
        """Write a model and the tokenizer."""
        model.save_pretrained(folder)
        self._tokenizer.save_pretrained(folder)


class TrainingCallback(TrainerCallback):  # type: ignore[misc]
    """Saves after the steps `marks`, reports losses, and stops at a loss that is not finite."""

    def __init__(self, marks: Collection[int], on_loss: OnLoss) -> None:
        self._marks, self._on_loss = set(marks), on_loss

    def on_step_end(
        self,
        args: TrainingArguments,  # noqa: ARG002 (the Trainer's signature)
        state: TrainerState,
        control: TrainerControl,
        **_: object,
    ) -> None:
        """Request a checkpoint if this step is in `marks`."""
        control.should_save = state.global_step in self._marks

    def on_log(
        self,
        args: TrainingArguments,  # noqa: ARG002
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        logs: dict[str, float] | None = None,
        **_: object,
    ) -> None:
        """Report the loss; raise an error if it is not finite."""
        if logs is None or "loss" not in logs:
            return
        last = float(logs["loss"])
        if not math.isfinite(last):
            raise RunError(
                f"the loss is not a number at step {state.global_step}: try a smaller --lr"
            )
        self._on_loss(state.global_step, last)


def _why(error: BaseException) -> str:
    """The first system message (`strerror`) in the chain of causes, or the root cause's text."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    cause = error.__cause__ or error.__context__
    if cause:
        return _why(cause)
    message = (str(error).splitlines() or ["unknown"])[0]
    # torch reports a full disk as "iostream error".
    return "the disk takes no more" if "iostream error" in message else message
