"""Comparison of pairs of models in memory: choice of pairs, and all results.

Works on placements; the numbers are computed in `table` and `breakdown`. Evidence and run folders
are read in `runs.compare`.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from probes.errors import UsageError, nearest
from probes.types import Header, Materials
from probes.types.reasons import sentences

if TYPE_CHECKING:
    import pandas as pd

    from probes.comparison.table import Named, Status
    from probes.placement.model import Placement

Which = Literal["kin", "all"]
"""kin: each model with its parent, if both were asked; all: all pairs."""
WORDS: Mapping[int, str] = {0: "not moved", 1: "moved", 3: "cannot be told apart"}
"""Exit status of `probes compare` -> verdict."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Pairs of models, and the results of their comparison."""

    pairs: "tuple[Named, ...]"
    """(from model, to model) of each pair."""
    differences: "pd.DataFrame"
    """One row per pair and axis (`table.differences`)."""
    placements: "Mapping[str, Placement]" = field(repr=False)
    """Model -> its placement."""
    materials: Materials = field(repr=False)
    """Set and protocol that both were asked."""

    @property
    def status(self) -> "Status":
        """0 not moved, 1 moved, 3 cannot be told apart (`table.status`)."""
        from probes.comparison.table import status

        return status(self.differences)

    def topics(self) -> "pd.DataFrame":
        """One row per pair, axis and topic (`breakdown.topics`)."""
        from probes.comparison import breakdown

        return _stacked([breakdown.topics(*pair) for pair in self._placed_pairs()])

    def statements(self) -> "pd.DataFrame":
        """The ten statements with the largest change of each pair (`breakdown.statements`)."""
        from probes.comparison import breakdown

        axes = self.materials.statements.axes
        return _stacked([breakdown.statements(*pair, axes) for pair in self._placed_pairs()])

    def shifts(self) -> "pd.DataFrame":
        """One row per pair and two axes: joint 95 % region of the difference (`table.shifts`)."""
        from probes.comparison.table import shifts

        return shifts(self.placements, self.pairs)

    def _placed_pairs(self) -> "Iterator[tuple[Placement, Placement]]":
        for against, model in self.pairs:
            yield self.placements[against], self.placements[model]

    def document(self) -> dict[str, object]:
        """All results as plain values for JSON; missing numbers are None."""
        from probes.comparison.table import status

        topics, statements = self.topics(), self.statements()
        parts = {"axes": self.differences, "topics": topics, "statements": statements}
        comparisons = []
        for against, model in self.pairs:
            of_pair = {name: _rows_of_pair(table, against, model) for name, table in parts.items()}
            code = status(of_pair["axes"])
            head: dict[str, object] = {"model": model, "against": against, "status": code}
            rows = {name: _records(table) for name, table in of_pair.items()}
            comparisons.append(head | {"verdict": WORDS[code]} | rows)
        return {
            "format": 1,
            "set": self.materials.statements.name,
            "set_sha256": self.materials.statements.sha256,
            "protocol": self.materials.recipe.name,
            "protocol_sha256": self.materials.recipe.sha256,
            "scale": self.materials.statements.scale,
            "margin": float(self.differences["margin"].iloc[0]),
            "status": self.status,
            "verdict": WORDS[self.status],
            "comparisons": comparisons,
        }


def _rows_of_pair(table: "pd.DataFrame", against: str, model: str) -> "pd.DataFrame":
    return table[(table["model"] == model) & (table["against"] == against)]


def _records(table: "pd.DataFrame") -> list[dict[str, object]]:
    """Rows as plain values, without the two models' names; a reason as a list of sentences."""
    rows: list[dict[str, object]] = []
    for record in table.drop(columns=["model", "against"]).to_dict("records"):
        row = {str(key): _plain(value) for key, value in record.items()}
        if "reason" in row:
            row["reason"] = sentences(row["reason"])
        rows.append(row)
    return rows


def _plain(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def chosen(headers: Sequence[Header], which: "Which | Sequence[Named]") -> "Sequence[Named]":
    """The pairs to compare: each model with its parent, all pairs, or those named.

    Raises:
        UsageError: a model does not exist, was asked something else, or is paired with itself;
            there is no such pair.
    """
    if len({(header.set_sha256, header.protocol_sha256) for header in headers}) > 1:
        raise UsageError("models are compared on one statement set and one protocol, not several")
    if not isinstance(which, str):
        return _checked([header.model.name for header in headers], which)
    from probes.comparison.table import every, kin

    pairs = kin(headers) if which == "kin" else every([h.model.name for h in headers])
    if not pairs and which == "kin":
        raise UsageError(
            "no model here has its parent beside it (models.yaml: parent); name two models, or use "
            "--all"
        )
    if not pairs:
        raise UsageError(f"{headers[0].model.name} is alone here; it takes two to compare")
    return pairs


def _checked(names: Sequence[str], pairs: "Sequence[Named]") -> "Sequence[Named]":
    """The pairs, after a check that all of their models exist."""
    for pair in pairs:
        for name in pair:
            if name not in names:
                raise UsageError(f"no model {name!r} was asked; {nearest(name, names)}")
        if len(set(pair)) < 2:
            raise UsageError(f"{pair[0]!r} cannot be compared with itself; name two that differ")
    if not pairs:
        raise UsageError("no pair of models was given, so there is nothing to compare")
    return pairs


def check(margin: float | None, materials: Materials) -> None:
    """Check the margin, and that the set has axes.

    Raises:
        UsageError: the margin is invalid, or there are no axes.
    """
    scale = materials.statements.scale
    if margin is not None and not 0 < margin <= scale:
        raise UsageError(
            f"--margin {margin:g}: must be above 0 and at most {scale:g}, in points of the scale"
        )
    if not materials.statements.axes:
        raise UsageError(f"{materials.statements.name}: a set without axes has no positions")


def compare(
    models: "Sequence[Placement]",
    pairs: "Sequence[Named]",
    materials: Materials,
    margin: float | None = None,
) -> Comparison:
    """Comparison of these pairs of models, from their placements."""
    from probes.comparison.table import differences

    compared = {name for pair in pairs for name in pair}
    placements = {model.info.name: model for model in models if model.info.name in compared}
    table = differences(placements, pairs, materials, margin)
    return Comparison(tuple(pairs), table, placements, materials)


def _stacked(tables: "Sequence[pd.DataFrame]") -> "pd.DataFrame":
    """Tables concatenated; empty ones are left out, since they would change column types."""
    import pandas as pd

    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else tables[0]
