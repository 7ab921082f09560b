"""Data classes of further pretraining: options, request, progress, outcome. No torch, no files."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from probes.files.escape import NO_NAME

RATE, RATE_LORA = 5e-5, 2e-4
"""Default learning rates: of all weights, and of low-rank matrices (LoRA)."""
MOST = 2**31
"""Upper limit of counts (steps, tokens) and seeds."""
Device = Literal["auto", "cpu"]
BLOCK = 128
"""Default tokens of a block; less if the model's context is shorter."""


@dataclass(frozen=True, slots=True)
class TrainingSchedule:
    """Number of steps, batch size and learning rate of any training."""

    steps: int | None = None
    """Optimizer steps; None: as many as `epochs` gives."""
    epochs: float = 1.0
    batch_size: int = 8
    """Examples per batch on each device."""
    accumulate: int = 1
    """Batches per optimizer step (gradient accumulation)."""
    lr: float | None = None
    """The peak learning rate; None: the default."""

    def schedule_faults(self, length: tuple[str, int | None], seed: int) -> Iterator[str]:
        """A sentence for each option with an impossible value; `length` is the name and value of
        the option for the tokens of an example."""
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
    """Pretraining options: all that the trained weights depend on."""

    block: int | None = None
    """Tokens of a block; None: `BLOCK`, or the model's context if shorter."""
    held_out: float = 0.05
    """Share of documents held out for perplexity, 0 to 1."""
    mask_share: float = 0.15
    """Share of tokens that is masked, 0 to 1 (masked models)."""
    hide: tuple[str, ...] = ()
    """Words that are always masked, in addition to that share of the other tokens."""
    apart: bool = False
    """Start a new block at each document, instead of packing documents into full blocks."""
    seed: int = 0
    lora: bool = False
    """Train low-rank matrices (LoRA), merged into the weights at the end."""
    bf16: bool = False
    """Compute in bfloat16; weights stay float32."""
    gradient_checkpointing: bool = False
    """Recompute activations in the backward pass to save memory."""

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
    """A sentence if a count is below 1 or too large."""
    if not 1 <= value < MOST:
        yield f"--{name} {value}: must be at least 1" + (value >= MOST) * f", and below {MOST}"


def unusable(out: Path, device: str) -> Iterator[str]:
    """A sentence for an invalid folder name or device."""
    yield from unprintable("out", str(out))
    if device not in ("auto", "cpu"):
        yield f"--device {device}: must be 'auto' or 'cpu'"


def unprintable(name: str, text: str) -> Iterator[str]:
    """A sentence for a name with control characters, which terminals and tables cannot show."""
    if NO_NAME.search(text):
        yield f"--{name} {text!r}: holds a control character; use another name"


@dataclass(frozen=True, slots=True)
class TrainingRequest:
    """A request to train one model on one corpus."""

    model: str
    """Value of ``--model``."""
    corpus: tuple[str, ...]
    """Files and folders."""
    out: Path
    column: str = "text"
    delimiter: str = ""
    """Delimiter of CSV files (``--delimiter``); empty for a comma."""
    label: str = ""
    """Name of the corpus in tables and figures; empty: the name of its first file."""
    checkpoints: int = 1
    """Number of checkpoints, the final one included."""
    regime: TrainingOptions = field(default_factory=TrainingOptions)
    backend: str | None = None
    revision: str | None = None
    device: Device = "auto"

    @property
    def corpus_label(self) -> str:
        """The label, or the name of the first file without extension."""
        return self.label or Path(self.corpus[0]).stem

    def faults(self) -> Iterator[str]:
        """A sentence for each option with an impossible value."""
        yield from self.regime.faults()
        yield from unusable(self.out, self.device)
        yield from unprintable("label", self.label)
        yield from miscounted("checkpoints", self.checkpoints)


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """Documents read (`total` is 0: unknown), or optimizer steps done and in total."""

    stage: Literal["reading", "training"]
    done: int
    total: int
    loss: float = math.nan
    """Loss of the last step; NaN before the first."""


OnProgress = Callable[[TrainingProgress], None]


@dataclass(frozen=True, slots=True)
class PerplexityInterval:
    """A perplexity, or a ratio of two perplexities, with its 95 % interval."""

    value: float
    low: float | None = None
    """Lower end; None if there is a single text."""
    high: float | None = None
    """Upper end; None if there is a single text."""

    def ends(self) -> str:
        """The ends of the interval, such as ``38.01 to 42.30``; empty without an interval."""
        is_known = self.low is not None and self.high is not None
        return f"{self.low:.2f} to {self.high:.2f}" if is_known else ""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Perplexity on held-out texts before and after a training, with intervals."""

    tokens: int
    """Number of predicted tokens; of a masked model, of masked tokens."""
    texts: int
    """Number of texts with such a token."""
    before: PerplexityInterval
    after: PerplexityInterval
    ratio: PerplexityInterval
    """Perplexity after divided by perplexity before, on the same tokens."""

    def described(self) -> str:
        """Ratio, sample size and intervals in words, such as ``0.75 times as high (0.70 to 0.80);
        1234 tokens of 12 texts ...``."""
        texts = f"{self.tokens} tokens of {self.texts} text{'s' * (self.texts != 1)}"
        ends = [part.ends() for part in (self.ratio, self.before, self.after)]
        if not all(ends):
            return f"{self.ratio.value:.2f} times as high; {texts}, too few for an interval"
        return (
            f"{self.ratio.value:.2f} times as high ({ends[0]}); {texts}; 95 % intervals over "
            f"texts, before {ends[1]}, after {ends[2]}"
        )


@dataclass(frozen=True, slots=True)
class TrainingOutcome:
    """The result of a pretraining."""

    steps: int
    tokens: int
    """Number of training tokens, each counted as often as it was used."""
    loss: float
    """Mean training loss over the last tenth of the steps."""
    before: float | None
    """Held-out perplexity before training; None if nothing was held out."""
    after: float | None
    """Held-out perplexity after training; None if nothing was held out."""
    warnings: tuple[str, ...] = ()
    held_out: HeldOut | None = None
    """None without held-out texts, and in records of older versions."""

    def perplexity(self) -> str:
        """Perplexity in words, such as ``40.12 before, 30.10 after, ...``; empty without held-out
        texts."""
        if self.before is None or self.after is None:
            return ""
        rest = f", {self.held_out.described()}" if self.held_out else ""
        return f"{self.before:.2f} before, {self.after:.2f} after{rest}"
