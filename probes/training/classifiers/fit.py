"""Fine-tuning a classifier with transformers' Trainer; every model sees the texts in one order.

On the CPU, where padding costs time, a batch of texts of different lengths is computed in
sub-batches of about equal length; loss and gradients are those of the whole batch.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from transformers import set_seed

from probes.backends.hf.loading.auto import silenced
from probes.debiasing import losses
from probes.debiasing.losses import LossFunction
from probes.errors import UsageError
from probes.training.classifiers import embedding, heads
from probes.training.classifiers.embedding import UsedRows
from probes.training.classifiers.inputs import Batch, ClassifierInputs
from probes.training.examples import BlockOrder
from probes.training.steps import checkpoints, low_rank, trainer

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from probes.placement.interval import Ints
    from probes.training.classifiers.request import ClassifierOptions

PART = 16
"""Texts in a sub-batch."""
SAVERS = (
    "a smaller --batch-size with more --accumulate, a smaller --length, --bf16, --lora or --frozen"
)
"""Options that reduce memory use, for the error message."""


@dataclass(frozen=True, slots=True)
class LabelledTexts:
    """The training texts of one split, their labels and the loss."""

    inputs: ClassifierInputs
    numbers: Sequence[int]
    """Indices of the training texts in `inputs`."""
    labels: Ints
    """Class indices of these texts, ``(numbers,)``."""
    loss: LossFunction = losses.plain
    beside: torch.Tensor | None = None
    """Second input of the loss: log-probabilities ``(numbers, classes)``; None if it has none."""

    def batch(self, places: Sequence[int]) -> Batch:
        """Model inputs and labels of the texts at these positions in `numbers`."""
        positions = torch.tensor(places)
        tensors = self.inputs.batch([self.numbers[n] for n in places])
        tensors["labels"] = torch.from_numpy(self.labels)[positions]
        if self.beside is not None:
            tensors["beside"] = self.beside[positions]
        return tensors


@dataclass(frozen=True, slots=True)
class TrainingPlace:
    """Output folder, device and checkpoint steps of a training."""

    out: Path
    tokenizer: PreTrainedTokenizerBase
    cpu: bool
    marks: Collection[int] = field(default_factory=tuple)
    """Optimizer steps after which a checkpoint is saved."""


class TextOrder(torch.utils.data.Dataset[int]):
    """Positions of training texts; the shuffle of each epoch depends on seed and epoch alone."""

    def __init__(self, texts: int, examples: int, seed: int) -> None:
        self._examples, self._order = examples, BlockOrder(texts, seed)

    def __len__(self) -> int:
        return self._examples

    def __getitem__(self, index: int) -> int:
        return self._order(index)[1]


class ClassifierTrainer(trainer.CheckpointTrainer):
    """A Trainer with a given loss, averaged over the batch."""

    loss_is_scaled_for_ga = False

    def __init__(
        self,
        place: TrainingPlace,
        loss: LossFunction,
        rows: UsedRows | None,
        **rest: object,
    ) -> None:
        super().__init__(place.out, place.tokenizer, **rest)
        self._loss, self._rows = loss, rows

    def compute_loss(
        self,
        model: Callable[..., object],
        inputs: Batch,
        return_outputs: bool = False,  # noqa: FBT001, FBT002 (the Trainer's signature)
        num_items_in_batch: torch.Tensor | int | None = None,  # noqa: ARG002
    ) -> torch.Tensor | tuple[torch.Tensor, object]:
        """The loss of a batch."""
        rest = dict(inputs)
        targets = [rest.pop(key) for key in ("labels", "beside") if key in rest]
        loss = self._loss(logits(model, rest), *targets)
        return (loss, None) if return_outputs else loss

    def write_model(self, state: Path, folder: Path) -> None:
        """Write the model with its full embedding matrix, not only the rows being trained."""
        if self._rows is None:
            super().write_model(state, folder)
            return
        with self._rows.widened():
            self.save_pretrained(self.model, folder)


def fit(
    model: PreTrainedModel,
    texts: LabelledTexts,
    regime: ClassifierOptions,
    place: TrainingPlace,
    on_loss: trainer.OnLoss,
) -> list[tuple[int, float]]:
    """Train, or resume from the newest checkpoint.

    With a frozen encoder, `texts` holds its output vectors and only the head is trained.

    Returns:
        ``(optimizer step, loss)`` pairs.

    Raises:
        RunError: memory or disk is full, or the loss is not a number.
    """
    steps = regime.steps_for(len(texts.numbers))
    args = trainer.arguments(place.out, regime, cpu=place.cpu)
    args._n_gpu = min(args.n_gpu, 1)  # noqa: SLF001 (no public option; each GPU adds a batch)
    trainer.set_steps(args, steps)
    count = steps * regime.batch_size * regime.accumulate
    rows = embedding.used_rows(model, texts.inputs)
    set_seed(regime.seed)
    with contextlib.ExitStack() as stack:
        stack.enter_context(trainer.memory_advice(place.out, SAVERS))
        stack.enter_context(silenced(progress=False))
        stack.enter_context(rows.narrow() if rows else contextlib.nullcontext())
        trained = stack.enter_context(_trained(model, regime))
        training = ClassifierTrainer(
            place,
            texts.loss,
            rows,
            model=trained,
            args=args,
            data_collator=texts.batch,
            train_dataset=TextOrder(len(texts.numbers), count, regime.seed),
            callbacks=[trainer.TrainingCallback(place.marks, on_loss)],
        )
        last = checkpoints.newest_checkpoint(place.out) if place.marks else None
        try:
            training.begin(last)
        finally:  # else the next training would wrap forward() in bfloat16 autocast a second time
            training.accelerator.unwrap_model(trained, keep_fp32_wrapper=False)
    return trainer.losses(training)


def _trained(
    model: PreTrainedModel, regime: ClassifierOptions
) -> contextlib.AbstractContextManager[object]:
    """The module that is trained: the whole model, its head alone, or the model with LoRA."""
    if regime.lora:
        return low_rank.adapted(model)
    return heads.bodiless(model) if regime.frozen else contextlib.nullcontext(model)


def device(regime: ClassifierOptions, *, cpu: bool) -> torch.device:
    """The device on which classifiers are trained.

    Raises:
        UsageError: bfloat16 is asked for, and the device does not support it.
    """
    try:
        chosen: torch.device = trainer.arguments(Path(), regime, cpu=cpu).device
    except ValueError as error:
        if not regime.bf16:
            raise
        raise UsageError("--bf16: this device has no bfloat16; leave it") from error
    return chosen


def logits(model: Callable[..., object], batch: Batch) -> torch.Tensor:
    """Logits of a batch, ``(texts, classes)`` in float32."""
    lengths = batch["attention_mask"].sum(dim=1)
    if lengths.device.type != "cpu" or len(lengths) <= PART or lengths.min() == lengths.max():
        whole: torch.Tensor = model(**batch).logits  # type: ignore[attr-defined]
        return whole.float()
    order = lengths.argsort(descending=True, stable=True)
    parts = [
        model(**{key: tensor[rows, : lengths[rows[0]]] for key, tensor in batch.items()}).logits  # type: ignore[attr-defined]
        for rows in torch.split(order, PART)
    ]
    return torch.cat(parts)[order.argsort()].float()
