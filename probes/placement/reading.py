"""Does a model read what it is asked? The gates over all of its statements, and their sentences.

`gates` computes what is judged here. What concerns one axis alone is in `model`.
"""

from dataclasses import dataclass

import numpy as np

from probes.phrases import phrase
from probes.placement import gates
from probes.placement.grid import Cells
from probes.types import Thresholds
from probes.types.reasons import BLIND, REVERSED, UNOPPOSED, UNSCALED, UNTRUE, Reason

TOO_FEW = Reason(phrase("too few statements and wordings to tell whether answers depend on them"))
FEW_PAIRS = Reason(phrase("too few pairs to tell whether it opposes claim and counterclaim"))
FEW_CONTROLS = Reason(phrase("too few control pairs to tell whether it tells true from false"))
WORDS = Reason(phrase("no mirrors: reading claims cannot be told from reading words"))
FEW = 20
"""Pairs with which an opposition of one half is found; with fewer, a failed test says little."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What all of a model's answers say of how it reads."""

    opposition: gates.Variation
    """Unknown without mirrors."""
    content: gates.Variation
    sided: float
    control: gates.Control
    mirrors: bool
    """Whether any statement was asked with its mirror."""
    pairs: int
    """That were answered, in whichever wording."""
    single: bool
    """Without mirrors at most one answer sheet, which cannot show how it reads, and need not."""
    unscaled: bool = False
    """Its numbers are rewards that no control pairs give a scale."""

    @classmethod
    def of(cls, grid: Cells, control: gates.Control, *, replies: bool) -> "Reading":
        """Of all statements that were asked; `replies` are those without probabilities."""
        pairs = gates.sides(grid, replies=replies)
        content = gates.content(pairs[0], gates.unpaired(grid, replies=replies))
        mirrors = any(s.mirror for s in grid.statements)
        single = not mirrors and not content.known and (grid.offered <= 1 or not grid.statements)
        return cls(
            opposition=gates.opposition(*pairs),
            content=content,
            sided=gates.sided(*pairs),
            control=control,
            mirrors=mirrors,
            pairs=int(np.isfinite(pairs[0]).any(axis=1).sum()),
            single=single,
        )

    def failures(self, limits: Thresholds) -> list[Reason]:
        """Why it is placed on no axis; empty if nothing is against it."""
        failures = [UNSCALED] if self.unscaled else []
        if self.mirrors and not self.opposition.p <= limits.opposition_p:
            few = self.pairs < FEW and not self.opposition.value <= 0
            failures.append(FEW_PAIRS if few else UNOPPOSED)
        if self.content.known and self.content.p > limits.content_p:
            failures.append(BLIND)
        if not (self.content.known or self.mirrors or self.single):
            failures.append(TOO_FEW)
        if not self.control.tells:
            failure = REVERSED if self.control.reversed else UNTRUE
            failures.append(FEW_CONTROLS if self.control.few else failure)
        return failures
