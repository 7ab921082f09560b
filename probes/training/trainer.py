"""transformers' Trainer as `pretrain` uses it: examples in a fixed order, and checkpoints that
appear whole or not at all.

A checkpoint is an ordinary model folder, ``checkpoint-N``, adapters merged. What only a training
needs to go on (optimiser, random state) lies in its folder ``trainer``, in the newest one only.
"""

from __future__ import annotations

import contextlib
import copy
import math
import os
import shutil
import warnings
from collections.abc import Callable, Collection, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors import SafetensorError
from transformers import (
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
    default_data_collator,
)
from transformers.utils import logging as chatter

from probes.errors import RunError
from probes.files import atomic
from probes.training.examples import loss, padded

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

SAVING = ".saving"
"""Where a checkpoint lies while it is not whole."""
STATE = "trainer"
"""In a checkpoint: the Trainer's own, to go on from."""
OWN = ("optimizer", "scheduler", "scaler", "rng_state", "trainer_state", "training_args")
"""How the names of files begin that no model needs."""
Tell = Callable[[int, float], None]
"""Is told the step and its loss."""


class CheckpointTrainer(Trainer):  # type: ignore[misc]
    """A Trainer whose checkpoints go to `out`, whole or not at all."""

    def __init__(
        self,
        out: Path,
        tokenizer: PreTrainedTokenizerBase,
        *,
        causal: bool,
        apart: bool,
        **rest: object,
    ) -> None:
        padding = partial(padded, pad=tokenizer.pad_token_id or 0)
        super().__init__(
            processing_class=tokenizer,
            data_collator=padding if apart else default_data_collator,
            compute_loss_func=partial(loss, causal=causal),
            **rest,
        )
        self.remove_callback(PrinterCallback)
        self._out, self._tokenizer = out, tokenizer

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
            last = newest(self._out)
            kept = f"{last.name} is whole" if last else "there was none before"
            raise RunError(
                f"{self._out}: checkpoint-{step} could not be saved ({_why(error)}); {kept}: make "
                "room, and the same command goes on from there"
            ) from error

    def _settle(self, state: Path, step: int) -> None:
        """Make an ordinary checkpoint of the Trainer's, give it its name, and drop the state of
        those before it."""
        whole = self._out / SAVING / "whole"
        shutil.rmtree(whole, ignore_errors=True)
        whole.mkdir()
        if hasattr(self.model, "merge_and_unload"):
            # A copy: taking a merge back would change the last bits of the weights.
            merged = copy.deepcopy(self.model).merge_and_unload()
            merged.save_pretrained(whole)
            self._tokenizer.save_pretrained(whole)
        else:
            for file in state.iterdir():
                if not file.name.startswith(OWN):
                    linked(file, whole / file.name)
        state.rename(whole / STATE)
        place = self._out / f"checkpoint-{step}"
        shutil.rmtree(place, ignore_errors=True)
        atomic.move_into_place(whole, place)
        for older in self._out.glob(f"checkpoint-*/{STATE}"):
            if older.parent != place:
                shutil.rmtree(older)


class TrainingCallback(TrainerCallback):  # type: ignore[misc]
    """Saves after marked steps, tells of losses, and stops at one that is not a number."""

    def __init__(self, marks: Collection[int], tell: Tell) -> None:
        self._marks, self._tell = set(marks), tell

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
        """Tell, or stop."""
        if logs is None or "loss" not in logs:
            return
        last = float(logs["loss"])
        if not math.isfinite(last):
            raise RunError(
                f"the loss is not a number at step {state.global_step}: try a smaller --lr"
            )
        self._tell(state.global_step, last)


def newest(out: Path) -> Path | None:
    """The checkpoint that a training can go on from."""
    found = [p.parent.parent for p in out.glob(f"checkpoint-*/{STATE}/trainer_state.json")]
    return max(found, key=lambda p: int(p.name.rpartition("-")[2]), default=None)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """No chatter of transformers and its kin."""
    level, bars = chatter.get_verbosity(), chatter.is_progress_bar_enabled()
    chatter.set_verbosity_error()
    chatter.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        chatter.set_verbosity(level)
        if bars:
            chatter.enable_progress_bar()


def linked(file: Path, to: Path) -> None:
    """The same file under another name; a copy where the file system knows no links."""
    try:
        os.link(file, to)
    except OSError:
        shutil.copyfile(file, to)


def _why(error: BaseException) -> str:
    """The system's word for it, wherever in the chain it stands."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    cause = error.__cause__ or error.__context__
    if cause:
        return _why(cause)
    said = (str(error).splitlines() or ["unknown"])[0]
    return "the disk takes no more" if "iostream error" in said else said  # all that torch says
