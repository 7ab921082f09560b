"""Gates over all of a model's statements: does it respond to what it is asked?

The statistics are computed in `gates`. Criteria on a single axis are in `criteria`.
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
"""Number of pairs at which the test has power for an opposition of one half; with fewer, a failed
test says little."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Statistics of how a model reads its prompts, over all of its answers."""

    opposition: gates.Variation
    """Opposition; unknown without mirrors."""
    content: gates.Variation
    sided: float
    control: gates.Control
    mirrors: bool
    """Whether any statement was asked with its mirror."""
    pairs: int
    """Number of pairs answered in any wording."""
    single: bool
    """Whether there is at most one answer sheet and no mirrors: then the gates do not apply."""
    unscaled: bool = False
    """Whether its numbers are rewards for which the control pairs give no scale."""

    @classmethod
    def of(cls, grid: Cells, control: gates.Control, *, replies: bool) -> "Reading":
        """Computed from all statements asked; `replies`: whether answers have no probabilities."""
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
        """Reasons for not placing the model on any axis; empty if there are none."""
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
