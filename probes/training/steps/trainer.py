"""transformers' Trainer as every training here uses it: examples in a fixed order, and checkpoints
that appear whole or not at all (`checkpoints`).
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
"""Share of the steps in which the rate rises; AdamW's weight decay."""
MAX_LOSSES = 10_000
"""Losses that are kept at most; one a step, unless there are more steps."""
LAST_SHARE = 0.1
"""Share of the losses, the last ones, whose mean is the training's."""
DAMAGE = (ValueError, TypeError, LookupError, EOFError, OSError, RuntimeError, UnpicklingError)
"""What torch and transformers raise at a state that they cannot read or that does not fit."""
OnLoss = Callable[[int, float], None]
"""Takes the step and its loss."""


class Regime(Protocol):
    """What the options of every training have."""

    @property
    def batch_size(self) -> int:
        """Examples at a time on each device."""

    @property
    def accumulate(self) -> int:
        """How many times before each step."""

    @property
    def rate(self) -> float:
        """The highest learning rate."""

    @property
    def seed(self) -> int:
        """Of everything that is drawn."""

    @property
    def bf16(self) -> bool:
        """Compute in bfloat16; weights stay float32."""


def arguments(out: Path, regime: Regime, *, cpu: bool, **more: object) -> TrainingArguments:
    """Options in the Trainer's terms; `set_steps` sets how many steps."""
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
    """Steps in all, those in which the rate rises, and those between two losses that are kept."""
    args.max_steps = steps
    args.warmup_steps = math.ceil(WARMUP * steps)
    args.logging_steps = math.ceil(steps / MAX_LOSSES)


def losses(trained: Trainer) -> list[tuple[int, float]]:
    """Steps and the losses that were kept."""
    return [(e["step"], e["loss"]) for e in trained.state.log_history if "loss" in e]


def last_loss(kept: Sequence[tuple[int, float]]) -> float:
    """The mean of the last losses."""
    tail = [loss for _, loss in kept[-math.ceil(LAST_SHARE * len(kept)) :]]
    return sum(tail) / len(tail)


@contextlib.contextmanager
def memory_advice(out: Path, savers: str) -> Iterator[None]:
    """Say in one sentence that memory ran out, and which options help."""
    try:
        with memory_errors():
            yield
    except MemoryError as error:
        raise RunError(f"{out}: the training does not fit into memory: try {savers}") from error


class CheckpointTrainer(Trainer):  # type: ignore[misc]
    """A Trainer whose checkpoints go to `out`, whole or not at all."""

    def __init__(
        self,
        out: Path,
        tokenizer: PreTrainedTokenizerBase,
        **rest: object,
    ) -> None:
        super().__init__(processing_class=tokenizer, **rest)
        self.remove_callback(PrinterCallback)
        self._out, self._tokenizer = out, tokenizer
        self._begun = False

    def begin(self, last: Path | None) -> None:
        """Train, or go on from a checkpoint.

        Raises:
            RunError: what the checkpoint holds to go on from is damaged, or another training's.
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
        """As the Trainer does it; from here on nothing is read from a checkpoint."""
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
        """Make an ordinary checkpoint of the Trainer's, give it its name, and drop the state of
        those before it."""
        whole = self._out / SAVING / "whole"
        shutil.rmtree(whole, ignore_errors=True)
        whole.mkdir()
        self.write_model(state, whole)
        state.rename(whole / STATE)
        checkpoint = self._out / f"checkpoint-{step}"
        shutil.rmtree(checkpoint, ignore_errors=True)
        atomic.move_into_place(whole, checkpoint)
        for older in self._out.glob(f"checkpoint-*/{STATE}"):
            if older.parent != checkpoint:
                shutil.rmtree(older)

    def write_model(self, state: Path, folder: Path) -> None:
        """The files of an ordinary model, for the checkpoint whose state this is."""
        if hasattr(self.model, "merge_and_unload"):
            # A copy: taking a merge back would change the last bits of the weights.
            self.save_pretrained(copy.deepcopy(self.model).merge_and_unload(), folder)
            return
        for file in state.iterdir():
            if not file.name.startswith(STATE_FILES):
                link_or_copy(file, folder / file.name)

    def save_pretrained(self, model: PreTrainedModel, folder: Path) -> None:
        """A model and the tokenizer."""
        model.save_pretrained(folder)
        self._tokenizer.save_pretrained(folder)


class TrainingCallback(TrainerCallback):  # type: ignore[misc]
    """Saves after marked steps, reports losses, and stops at one that is not a number."""

    def __init__(self, marks: Collection[int], on_loss: OnLoss) -> None:
        self._marks, self._on_loss = set(marks), on_loss

    def on_step_end(
        self,
        args: TrainingArguments,  # noqa: ARG002 (the Trainer's signature)
        state: TrainerState,
        control: TrainerControl,
        **_: object,
    ) -> None:
        """Save, if this step is marked."""
        control.should_save = state.global_step in self._marks

    def on_log(
        self,
        args: TrainingArguments,  # noqa: ARG002
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        logs: dict[str, float] | None = None,
        **_: object,
    ) -> None:
        """Report the loss, or stop."""
        if logs is None or "loss" not in logs:
            return
        last = float(logs["loss"])
        if not math.isfinite(last):
            raise RunError(
                f"the loss is not a number at step {state.global_step}: try a smaller --lr"
            )
        self._on_loss(state.global_step, last)


def _why(error: BaseException) -> str:
    """The system's message, wherever in the chain of causes it is."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    cause = error.__cause__ or error.__context__
    if cause:
        return _why(cause)
    message = (str(error).splitlines() or ["unknown"])[0]
    # "iostream error" is all that torch says of a full disk.
    return "the disk takes no more" if "iostream error" in message else message
