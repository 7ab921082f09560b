"""Data classes of fine-tuning: options, requests, progress, outcomes. No torch, no files."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from probes.debiasing.bias import BIASES
from probes.downstream.settings import MOST_SEEDS
from probes.downstream.task.overlap import seen_sentence
from probes.training.request import RATE_LORA, Device, TrainingSchedule, miscounted, unusable

RATE, RATE_FROZEN = 2e-5, 1e-3
"""Default learning rates: of a whole model, and of a head on a frozen encoder."""
LENGTH = 128
"""Default maximum of tokens of a text; less if the model's context is shorter."""
LOSSES = ("plain", "reweight", "product", "focal", "confidence")
"""Losses of a classifier (`debiasing.losses`)."""
CONTROLS = ("shuffled", "untrained", "words", "second_text")
"""Controls that `downstream run` can make: from the first base model or from word counts."""
NONE = "none"
"""Typed instead of a control: no controls."""


@dataclass(frozen=True, slots=True)
class ClassifierOptions(TrainingSchedule):
    """Training options of a classifier: all that its weights depend on."""

    epochs: float = 3.0
    batch_size: int = 32
    length: int | None = None
    """Maximum tokens of a text; None: `LENGTH`, or the model's context if shorter."""
    frozen: bool = False
    """Train the head alone, on a frozen encoder."""
    bf16: bool = False
    """Compute in bfloat16; weights stay float32."""
    seed: int = 0
    loss: str = "plain"
    """One of `LOSSES`."""
    bias: str = ""
    """The bias model of a debiasing loss: one of `BIASES`, or a file of predictions."""
    keep_prior: bool = True
    """With the loss `product`: whether the classifier keeps the class frequencies."""
    lora: bool = False
    """Train the head and low-rank matrices (LoRA), merged into the weights at the end."""

    @property
    def trainings(self) -> int:
        """Number of trainings for one classifier: `confidence` trains a teacher first."""
        return 2 if self.loss == "confidence" else 1

    @property
    def rate(self) -> float:
        """The learning rate that is used."""
        return self.lr or (RATE_FROZEN if self.frozen else RATE_LORA if self.lora else RATE)

    @property
    def libraries(self) -> tuple[str, ...]:
        """Libraries required in addition to those of every training."""
        return ("peft",) if self.lora else ()

    def steps_for(self, texts: int) -> int:
        """Optimizer steps for this number of training texts."""
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
    """A request to fine-tune one model for one task."""

    model: str
    """Value of ``--model``."""
    task: str
    out: Path
    fold: str = ""
    """The held-out test fold; empty: ``test``, if the task has it, else none."""
    copies: Mapping[str, Path] = field(default_factory=dict)
    """The user's own copies of the task's files."""
    checkpoints: int = 1
    """Number of checkpoints, the final one included."""
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
    """A request to fine-tune several models for one task, with seeds and controls."""

    models: tuple[str, ...]
    """Values of ``--model``."""
    task: str
    out: Path
    seeds: int = 5
    """Number of seeds; they are 0, 1, ..."""
    controls: tuple[str, ...] | None = None
    """Some of `CONTROLS`; None: all that the task allows."""
    neutral: tuple[str, ...] = ()
    """Names of the models that were trained on a corpus without a political leaning."""
    copies: Mapping[str, Path] = field(default_factory=dict)
    regime: ClassifierOptions = field(default_factory=ClassifierOptions)
    """Training options; `seed` and `loss` in them are not used."""
    losses: tuple[str, ...] = ("plain",)
    """Each model is trained with each loss; names of models get the loss, except the first."""
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
        for name in self.controls or ():
            if name not in (*CONTROLS, NONE):
                yield f"--control {name}: must be one of {', '.join(CONTROLS)}, or {NONE}"
        if NONE in (self.controls or ()):
            yield f"--control {NONE}: stands alone, and means no control"

    @property
    def wanted(self) -> tuple[str, ...]:
        """The controls to make, as far as the task allows them."""
        return CONTROLS if self.controls is None else self.controls

    def with_loss(self, loss: str) -> ClassifierOptions:
        """The training options with this loss; `plain` has no bias model."""
        return replace(self.regime, loss=loss, bias="" if loss == "plain" else self.regime.bias)


@dataclass(frozen=True, slots=True)
class ClassifierProgress:
    """Optimizer steps done, and in total."""

    label: str
    """Name of the current training."""
    done: int
    total: int
    loss: float = math.nan


OnClassifierProgress = Callable[[ClassifierProgress], None]


@dataclass(frozen=True, slots=True)
class ClassifierOutcome:
    """The result of fine-tuning one model."""

    steps: int
    texts: int
    """Number of training texts."""
    truncated: int
    """How many of the task's texts were longer than `length`."""
    length: int
    """Maximum tokens of a text."""
    loss: float
    """Mean training loss over the last tenth of the steps."""
    tested: int
    """Number of held-out texts."""
    balanced_accuracy: float | None
    """Mean recall over classes on the held-out texts, 0 to 1; None without held-out texts."""
    seen: int = 0
    """Number of held-out texts that are also training texts, word for word."""

    def warnings(self) -> Iterator[str]:
        """Warnings to show with the outcome."""
        if self.truncated:
            yield cut_sentence(self.truncated, self.length)
        if self.seen:
            yield seen_sentence(self.seen, self.tested)


def cut_sentence(truncated: int, length: int) -> str:
    """A warning that texts were truncated."""
    texts = "text is" if truncated == 1 else "texts are"
    return f"{truncated} {texts} longer than {length} tokens and cut there (--length)"
