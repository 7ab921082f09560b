"""A model's answers in memory, for a notebook or program that keeps no run folder."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probes.evidence.answers import DEFAULTS
from probes.types import Answer, Header, Materials

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one model was asked and what it made of it."""

    header: Header
    """What the answers are about: model, set, protocol, plan."""
    answers: tuple[Answer, ...]
    """One a cell, in the order in which they were asked."""
    materials: Materials
    """The set, protocol and controls."""

    def frame(self) -> "pd.DataFrame":
        """One row an answer: the fields of `Answer`, with a column for each option's natural log
        of probability (``logprob agree`` ...)."""
        import pandas as pd

        rows = []
        for answer in self.answers:
            left = {"logprobs"} | {n for n, no in DEFAULTS.items() if getattr(answer, n) == no}
            row = {n: getattr(answer, n) for n in Answer.__slots__ if n not in left}
            rows.append(row | {f"logprob {k}": v for k, v in (answer.logprobs or {}).items()})
        table = pd.DataFrame(rows)
        if "variant" in table:
            table["variant"] = table["variant"].fillna(0).astype(int)
        return table
