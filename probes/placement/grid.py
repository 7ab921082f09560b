"""One model's evidence as grids: statements x wordings, one grid for each column of agreement.

Turns a table into arrays and lists what was asked. Key and estimator are applied later.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from probes.agreement.log_odds import FOUR
from probes.placement.interval import Floats
from probes.types import Recipe, Statement, StatementSet

MEASURES = (
    *("log_odds", "lam", "leaning", "raw", "mirrored", "yes_bias", "blank_corrected"),
    *("blank_spread", "mass", "unanswered", "neutral", "room", *FOUR),
)


@dataclass(frozen=True, slots=True)
class Cells:
    """One model's grids, for the statements asked and the wordings that it can score."""

    statements: tuple[Statement, ...]
    """Statements that were asked, in set order."""
    wordings: tuple[str, ...]
    """Wordings with at least one scored or declined answer, in the protocol's order."""
    lexicons: tuple[str, ...]
    """Lexicon of each wording; wordings that share one count as one in an interval."""
    offered: int
    """Number of wordings in the protocol."""
    grids: Mapping[str, Floats]
    """Column -> ``(statements, wordings)``, NaN where missing."""

    def about(self, statements: Collection[Statement]) -> "Cells":
        """The cells of these statements only."""
        rows = [i for i, statement in enumerate(self.statements) if statement in statements]
        return replace(
            self,
            statements=tuple(self.statements[i] for i in rows),
            grids={name: grid[rows] for name, grid in self.grids.items()},
        )

    def of(self, wordings: Collection[str]) -> "Cells":
        """The cells of these wordings of the protocol only."""
        columns = [i for i, name in enumerate(self.wordings) if name in wordings]
        return replace(
            self,
            wordings=tuple(self.wordings[i] for i in columns),
            lexicons=tuple(self.lexicons[i] for i in columns),
            offered=len(wordings),
            grids={name: grid[:, columns] for name, grid in self.grids.items()},
        )


def cells(agreement: pd.DataFrame, statements: StatementSet, recipe: Recipe) -> Cells:
    """Grids from one model's rows of the agreement table; controls are left out.

    A wording in which every answer failed is one that the model cannot score: it is left out, but
    counts in `offered`. A wording in which every answer was declined stays: its cells are missing.
    """
    rows = agreement[(agreement["role"] == "statement").to_numpy()]
    status, wording, about = (rows[name].to_numpy() for name in ("status", "wording", "statement"))
    offered = [w.name for w in recipe.wordings]
    evident = list(dict.fromkeys(wording))
    scorable = set(wording[status != "failed"])
    order = [w for w in dict.fromkeys([*offered, *evident]) if w in scorable]
    ids = set(about)
    evident_statements = tuple(s for s in statements.statements if s.id in ids)
    line = {s.id: n for n, s in enumerate(evident_statements)}
    column = {name: n for n, name in enumerate(order)}
    places = [(line.get(s, -1), column.get(w, -1)) for s, w in zip(about, wording, strict=True)]
    indices = np.array(places, dtype=np.intp).reshape(-1, 2)
    located = (indices >= 0).all(axis=1)
    grids = {name: np.full((len(evident_statements), len(order)), np.nan) for name in MEASURES}
    for name, grid in grids.items():
        grid[*indices[located].T] = rows[name].to_numpy(dtype=np.float64)[located]
    words = {w.name: w.words for w in recipe.wordings}
    lexicons = tuple(words.get(name, name) for name in order)
    return Cells(evident_statements, tuple(order), lexicons, len(offered) or len(evident), grids)


def median(grid: Floats) -> float:
    """Median of the finite cells; NaN if there is none."""
    return float(np.nanmedian(grid)) if np.isfinite(grid).any() else np.nan
