"""The values of further pretraining: options, request, progress, outcome.

Neither torch nor files. `pretrain` trains as they say.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from probes.files.escape import NO_NAME

RATE, RATE_LORA = 5e-5, 2e-4
"""Learning rates unless another is given; with low-rank matrices."""
MOST = 2**31
"""Of steps, blocks and seeds."""
Device = Literal["auto", "cpu"]
BLOCK = 128
"""Tokens of a block, where nobody says how many and the model reads so many."""


@dataclass(frozen=True, slots=True)
class TrainingSchedule:
    """How long and how fast a model is trained, whatever it learns."""

    steps: int | None = None
    """Optimiser steps; else `epochs` says how many."""
    epochs: float = 1.0
    batch_size: int = 8
    """Examples at a time on each device ..."""
    accumulate: int = 1
    """... and how many times before each step."""
    lr: float | None = None
    """The highest learning rate; None: the usual one."""

    def schedule_faults(self, length: tuple[str, int | None], seed: int) -> Iterator[str]:
        """A sentence for each option with an impossible value, with the option's name and value
        that says how many tokens an example has, and the seed."""
        counts = {"batch-size": self.batch_size, "accumulate": self.accumulate}
        for name, value in (*counts.items(), length, ("steps", self.steps)):
            yield from miscounted(name, 1 if value is None else value)
        for name, number in (("epochs", self.epochs), ("lr", 1.0 if self.lr is None else self.lr)):
            if not 0 < number < math.inf:
                yield f"--{name} {number:g}: must be above 0"
        if not 0 <= seed < MOST:
            yield f"--seed {seed}: must lie between 0 and {MOST - 1}"


@dataclass(frozen=True, slots=True)
class TrainingOptions(TrainingSchedule):
    """How a model is trained on: the options that decide its weights."""

    block: int | None = None
    """Tokens of a block; None: `BLOCK`, or what the model reads if that is less."""
    held_out: float = 0.05
    """Share of documents that are measured and never trained on."""
    mask_share: float = 0.15
    """Share of a masked model's words that is hidden."""
    hide: tuple[str, ...] = ()
    """Words that are always hidden from it, beside that share of the others."""
    apart: bool = False
    """Each document in blocks of its own, as far as it goes, not packed one behind the other."""
    seed: int = 0
    lora: bool = False
    """Train low-rank matrices beside the weights, and merge them in the end."""
    bf16: bool = False
    """Compute in bfloat16; weights stay float32."""
    gradient_checkpointing: bool = False
    """Compute activations twice rather than keep them."""

    @property
    def rate(self) -> float:
        """The learning rate that is used."""
        return self.lr or (RATE_LORA if self.lora else RATE)

    def faults(self) -> Iterator[str]:
        """A sentence for each option with an impossible value."""
        yield from self.schedule_faults(("block", self.block), self.seed)
        if not 0 <= self.held_out < 1:
            yield f"--held-out {self.held_out:g}: must be a share, from 0 up and below 1"
        if not 0 < self.mask_share < 1:
            yield f"--mask-share {self.mask_share:g}: must lie between 0 and 1"
        for word in self.hide:
            if not word.strip() or NO_NAME.search(word):
                yield f"--hide {word!r}: must be a word, without control characters"


def miscounted(name: str, value: int) -> Iterator[str]:
    """A sentence for a number of something that cannot be."""
    if not 1 <= value < MOST:
        yield f"--{name} {value}: must be at least 1" + (value >= MOST) * f", and below {MOST}"


def unusable(out: Path, device: str) -> Iterator[str]:
    """A sentence for a folder or device that cannot be."""
    yield from unprintable("out", str(out))
    if device not in ("auto", "cpu"):
        yield f"--device {device}: must be 'auto' or 'cpu'"


def unprintable(name: str, text: str) -> Iterator[str]:
    """A sentence for a name that terminals and tables would not show as it is."""
    if NO_NAME.search(text):
        yield f"--{name} {text!r}: holds a control character; use another name"


@dataclass(frozen=True, slots=True)
class TrainingRequest:
    """What is trained on what, and where it goes."""

    model: str
    """As ``--model`` has it."""
    corpus: tuple[str, ...]
    """Files and folders."""
    out: Path
    column: str = "text"
    delimiter: str = ""
    """Between the cells of CSV files, as ``--delimiter`` has it; empty for a comma, or for the
    semicolon or tab of a file whose first line has no comma."""
    label: str = ""
    """What the corpus is called in tables and figures; empty: by its first file."""
    checkpoints: int = 1
    """How many along the way, the last one included."""
    regime: TrainingOptions = field(default_factory=TrainingOptions)
    backend: str | None = None
    revision: str | None = None
    device: Device = "auto"

    @property
    def corpus_label(self) -> str:
        """The label, or the first file's name."""
        return self.label or Path(self.corpus[0]).stem

    def faults(self) -> Iterator[str]:
        """A sentence for each option with an impossible value."""
        yield from self.regime.faults()
        yield from unusable(self.out, self.device)
        yield from unprintable("label", self.label)
        yield from miscounted("checkpoints", self.checkpoints)


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """Documents read (their number is not known: total 0), or steps done."""

    stage: Literal["reading", "training"]
    done: int
    total: int
    loss: float = math.nan
    """Of the last step; NaN before the first."""


OnProgress = Callable[[TrainingProgress], None]


@dataclass(frozen=True, slots=True)
class PerplexityInterval:
    """A perplexity, or a ratio of two, with its 95 % interval."""

    value: float
    low: float | None = None
    """None, as `high`, where there is one text alone."""
    high: float | None = None

    def ends(self) -> str:
        """``38.01 to 42.30``; empty if there are none."""
        is_known = self.low is not None and self.high is not None
        return f"{self.low:.2f} to {self.high:.2f}" if is_known else ""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What perplexities before and after a training rest on, and how sure they are."""

    tokens: int
    """That were predicted; of a masked model those that were hidden."""
    texts: int
    """That these stand in."""
    before: PerplexityInterval
    after: PerplexityInterval
    ratio: PerplexityInterval
    """After over before, on the same tokens."""

    def described(self) -> str:
        """``0.75 times as high (0.70 to 0.80); 1234 tokens of 12 texts ...``."""
        texts = f"{self.tokens} tokens of {self.texts} text{'s' * (self.texts != 1)}"
        ends = [of.ends() for of in (self.ratio, self.before, self.after)]
        if not all(ends):
            return f"{self.ratio.value:.2f} times as high; {texts}, too few for an interval"
        return (
            f"{self.ratio.value:.2f} times as high ({ends[0]}); {texts}; 95 % intervals over "
            f"texts, before {ends[1]}, after {ends[2]}"
        )


@dataclass(frozen=True, slots=True)
class TrainingOutcome:
    """The result of a training."""

    steps: int
    tokens: int
    """That were trained on, each as often as it was shown."""
    loss: float
    """Mean over the last tenth of the steps."""
    before: float | None
    after: float | None
    """Perplexity on what was held out; None where nothing was."""
    warnings: tuple[str, ...] = ()
    held_out: HeldOut | None = None
    """None where nothing was held out, and of trainings from before it was kept."""

    def perplexity(self) -> str:
        """``40.12 before, 30.10 after, ...`` with what that rests on; empty without any."""
        if self.before is None or self.after is None:
            return ""
        rest = f", {self.held_out.described()}" if self.held_out else ""
        return f"{self.before:.2f} before, {self.after:.2f} after{rest}"
