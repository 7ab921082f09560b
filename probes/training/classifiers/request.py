"""The values of fine-tuning: options, requests, progress, outcomes. No torch, no files."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from probes.debiasing.bias import BIASES
from probes.training.request import RATE_LORA, Device, TrainingSchedule, miscounted, unusable

RATE, RATE_FROZEN = 2e-5, 1e-3
"""Learning rates unless another is given; of a head on a frozen body."""
LENGTH = 128
"""Tokens of a text unless another length is given, or the model reads fewer."""
MOST_SEEDS = 1000
LOSSES = ("plain", "reweight", "product", "focal", "confidence")
"""Of a classifier (`debiasing.losses`)."""
CONTROLS = ("shuffled", "untrained", "words", "second_text")
"""Controls that `downstream run` can make of a task and its first base."""
NONE = "none"
"""Typed in their place for no control."""


@dataclass(frozen=True, slots=True)
class ClassifierOptions(TrainingSchedule):
    """How a classifier is trained: the options that decide its weights."""

    epochs: float = 3.0
    batch_size: int = 32
    length: int | None = None
    """Tokens at which a text is cut; None: `LENGTH`, or what the model reads if that is less."""
    frozen: bool = False
    """Train the head alone."""
    bf16: bool = False
    """Compute in bfloat16; weights stay float32."""
    seed: int = 0
    loss: str = "plain"
    """One of `LOSSES`."""
    bias: str = ""
    """What the loss is to free it from: one of `BIASES`, or a file of predictions."""
    keep_prior: bool = True
    """Whether the classes' shares stay in the classifier, with `product`."""
    lora: bool = False
    """Train low-rank matrices beside the body's weights, and the head; merged in the end."""

    @property
    def trainings(self) -> int:
        """How many times it is trained: `confidence` trains a teacher first."""
        return 2 if self.loss == "confidence" else 1

    @property
    def rate(self) -> float:
        """The learning rate that is used."""
        return self.lr or (RATE_FROZEN if self.frozen else RATE_LORA if self.lora else RATE)

    @property
    def libraries(self) -> tuple[str, ...]:
        """That are needed beside those of every training."""
        return ("peft",) if self.lora else ()

    def steps_for(self, texts: int) -> int:
        """Optimiser steps on so many texts."""
        return self.steps or math.ceil(self.epochs * texts / (self.batch_size * self.accumulate))

    def faults(self) -> Iterator[str]:
        """A sentence for each option with an impossible value."""
        yield from self.schedule_faults(("length", self.length), self.seed)
        if self.lora and self.frozen:
            yield "--lora: trains the body, which --frozen leaves as it is; give one of them"
        if self.loss not in LOSSES:
            yield f"--loss {self.loss}: must be one of {', '.join(LOSSES)}"
        elif self.loss != "plain" and not self.bias:
            yield (
                f"--loss {self.loss}: needs --bias: {', '.join(BIASES)}, or a file of predictions"
            )
        elif self.loss == "plain" and self.bias:
            yield f"--bias {self.bias}: --loss plain uses none; say which --loss"


@dataclass(frozen=True, slots=True)
class ClassifierRequest:
    """Which model is trained for which task, and where it goes."""

    model: str
    """As ``--model`` has it."""
    task: str
    out: Path
    fold: str = ""
    """That is left out and measured; empty: ``test``, if the task has it, else none."""
    copies: Mapping[str, Path] = field(default_factory=dict)
    """The user's own copies of the task's files."""
    checkpoints: int = 1
    """How many along the way, the last one included."""
    regime: ClassifierOptions = field(default_factory=ClassifierOptions)
    backend: str | None = None
    revision: str | None = None
    device: Device = "auto"

    def faults(self) -> Iterator[str]:
        """A sentence for each option with an impossible value."""
        yield from self.regime.faults()
        yield from unusable(self.out, self.device)
        yield from miscounted("checkpoints", self.checkpoints)
        if self.regime.frozen and self.checkpoints > 1:
            yield f"--checkpoints {self.checkpoints}: with --frozen only the end is kept"


@dataclass(frozen=True, slots=True)
class StudyRequest:
    """Which models are trained for which task, from which seeds, and with which controls."""

    models: tuple[str, ...]
    """As ``--model`` has them."""
    task: str
    out: Path
    seeds: int = 5
    """How many, from 0."""
    controls: tuple[str, ...] = CONTROLS
    neutral: tuple[str, ...] = ()
    """Names of the models that were trained on a corpus without a leaning."""
    copies: Mapping[str, Path] = field(default_factory=dict)
    regime: ClassifierOptions = field(default_factory=ClassifierOptions)
    """Its seed and loss are not used."""
    losses: tuple[str, ...] = ("plain",)
    """Each model is trained with each; the first gives the models their names."""
    device: Device = "auto"

    def faults(self) -> Iterator[str]:
        """A sentence for each option with an impossible value."""
        if self.regime.bias and not set(self.losses) - {"plain"}:
            yield from replace(self.regime, loss="plain").faults()
        for loss in self.losses:
            yield from self.with_loss(loss).faults()
        yield from unusable(self.out, self.device)
        if not 1 <= self.seeds <= MOST_SEEDS:
            yield f"--seeds {self.seeds}: must lie between 1 and {MOST_SEEDS}"
        for name in self.controls:
            if name not in (*CONTROLS, NONE):
                yield f"--control {name}: must be one of {', '.join(CONTROLS)}, or {NONE}"
        if NONE in self.controls:
            yield f"--control {NONE}: stands alone, and means no control"

    def with_loss(self, loss: str) -> ClassifierOptions:
        """How a classifier is trained with a loss; `plain` looks at no bias."""
        return replace(self.regime, loss=loss, bias="" if loss == "plain" else self.regime.bias)


@dataclass(frozen=True, slots=True)
class ClassifierProgress:
    """Steps done of all that are to be done."""

    label: str
    """What is trained now."""
    done: int
    total: int
    loss: float = math.nan


OnClassifierProgress = Callable[[ClassifierProgress], None]


@dataclass(frozen=True, slots=True)
class ClassifierOutcome:
    """The result of fine-tuning one model."""

    steps: int
    texts: int
    """That were trained on."""
    truncated: int
    """Of all texts of the task, how many are longer than the model was given to read."""
    length: int
    """Tokens at which they were cut."""
    loss: float
    """Mean over the last tenth of the steps."""
    tested: int
    """Texts that were left out and measured."""
    balanced_accuracy: float | None
    """On these, mean over classes; None where none was left out."""

    def warnings(self) -> Iterator[str]:
        """What must be said of it."""
        if self.truncated:
            yield cut_sentence(self.truncated, self.length)


def cut_sentence(truncated: int, length: int) -> str:
    """That texts were cut."""
    texts = "text is" if truncated == 1 else "texts are"
    return f"{truncated} {texts} longer than {length} tokens and cut there (--length)"
