"""A model's answers in memory, for notebooks and programs without a run folder."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probes.evidence.answers import DEFAULTS
from probes.types import Answer, Header, Materials

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Evidence:
    """The prompts and answers of one model."""

    header: Header
    """Model, set, protocol, seed and plan of the answers."""
    answers: tuple[Answer, ...]
    """One answer per cell, in the order of asking."""
    materials: Materials
    """The set, protocol and controls."""

    def frame(self) -> "pd.DataFrame":
        """A data frame with one row per answer: the fields of `Answer`, and a column for the
        log-probability (natural log) of each option, such as ``logprob agree``."""
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
