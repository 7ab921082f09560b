"""Pairs of models compared: which there are, and all that is concluded of them, in memory.

The numbers are made in `pairs` and `breakdown`, here is what they are made of; run folders are read
in `compare`.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from probes.errors import UsageError, nearest
from probes.types import Answer, Header, Materials

if TYPE_CHECKING:
    import pandas as pd

    from probes.comparison.table import Named, Status
    from probes.placement.model import Placement

Which = Literal["kin", "all"]
"""Each model against its parent where both were asked; or all with all."""
WORDS: Mapping[int, str] = {0: "not moved", 1: "moved", 3: "cannot be told apart"}
"""What the exit status of `probes compare` says."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Pairs of models, and what may be said of each."""

    pairs: "tuple[Named, ...]"
    """From which model to which."""
    differences: "pd.DataFrame"
    """A row a pair and axis (`pairs.differences`)."""
    placements: "Mapping[str, Placement]" = field(repr=False)
    """By model."""
    materials: Materials = field(repr=False)

    @property
    def status(self) -> "Status":
        """0 not moved, 1 moved, 3 cannot be told apart (`pairs.status`)."""
        from probes.comparison.table import status

        return status(self.differences)

    def topics(self) -> "pd.DataFrame":
        """A row a pair, axis and topic (`breakdown.topics`)."""
        from probes.comparison import breakdown

        return _stacked([breakdown.topics(*both) for both in self._both()])

    def statements(self) -> "pd.DataFrame":
        """The ten statements of each pair that moved most (`breakdown.statements`)."""
        from probes.comparison import breakdown

        axes = self.materials.statements.axes
        return _stacked([breakdown.statements(*both, axes) for both in self._both()])

    def shifts(self) -> "pd.DataFrame":
        """A row a pair and two axes: joint 95 % region of the difference (`pairs.shifts`)."""
        from probes.comparison.table import shifts

        return shifts(self.placements, self.pairs)

    def _both(self) -> "Iterator[tuple[Placement, Placement]]":
        for against, model in self.pairs:
            yield self.placements[against], self.placements[model]

    def document(self) -> dict[str, object]:
        """All of it as plain values for JSON; numbers that there are not are None."""
        from probes.comparison.table import status

        topics, statements = self.topics(), self.statements()
        parts = {"axes": self.differences, "topics": topics, "statements": statements}
        found = []
        for against, model in self.pairs:
            mine = {name: _of(table, against, model) for name, table in parts.items()}
            said = status(mine["axes"])
            head: dict[str, object] = {"model": model, "against": against, "status": said}
            rows = {name: _records(table) for name, table in mine.items()}
            found.append(head | {"verdict": WORDS[said]} | rows)
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
            "comparisons": found,
        }


def _of(table: "pd.DataFrame", against: str, model: str) -> "pd.DataFrame":
    return table[(table["model"] == model) & (table["against"] == against)]


def _records(table: "pd.DataFrame") -> list[dict[str, object]]:
    """Rows as plain values, without the two models' names; a reason as a list of sentences."""
    rows: list[dict[str, object]] = []
    for record in table.drop(columns=["model", "against"]).to_dict("records"):
        row = {str(key): _plain(value) for key, value in record.items()}
        if "reason" in row:
            row["reason"] = [said for said in str(row["reason"]).split("; ") if said]
        rows.append(row)
    return rows


def _plain(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def of_evidence(
    evidence: Iterable[tuple[Header, Iterable[Answer]]],
    which: "Which | Sequence[Named]",
    materials: Materials,
    margin: float | None = None,
) -> Comparison:
    """Pairs of models, from their evidence: against their parents, all against all, or named.

    Raises:
        UsageError: a model is not there, was asked something else, or is to be compared with
            itself; the margin makes no sense.
    """
    check(margin, materials)
    kept = list(evidence)
    headers = [header for header, _ in kept]
    if len({(header.set_sha256, header.protocol_sha256) for header in headers}) > 1:
        raise UsageError("models are compared on one statement set and one protocol, not several")
    for header in headers:
        if not all(header.wordings.values()):
            raise UsageError(
                f"{header.model.name}: its replies are open and their stance is not judged; ask it"
                " in a folder, with `probes run --out`"
            )
    pairs = _pairs(headers, which) if isinstance(which, str) else _there(headers, which)
    return concluded(kept, pairs, materials, margin)


def check(margin: float | None, materials: Materials) -> None:
    """Whether the margin makes sense, and there are axes at all.

    Raises:
        UsageError: not so.
    """
    scale = materials.statements.scale
    if margin is not None and not 0 < margin <= scale:
        raise UsageError(
            f"--margin {margin:g}: must be above 0 and at most {scale:g}, in points of the scale"
        )
    if not materials.statements.axes:
        raise UsageError(f"{materials.statements.name}: a set without axes has no positions")


def _pairs(headers: Sequence[Header], which: Which) -> "list[Named]":
    from probes.comparison import table as pairs

    found = pairs.kin(headers) if which == "kin" else pairs.every([h.model.name for h in headers])
    if not found and which == "kin":
        raise UsageError(
            "no model here has its parent beside it (models.yaml: parent); name two models, or use "
            "--all"
        )
    if not found:
        raise UsageError(f"{headers[0].model.name} is alone here; it takes two to compare")
    return found


def _there(headers: Sequence[Header], which: "Sequence[Named]") -> "Sequence[Named]":
    """The pairs, all of whose models are there."""
    names = [header.model.name for header in headers]
    for pair in which:
        for name in pair:
            if name not in names:
                raise UsageError(f"no model {name!r} was asked; {nearest(name, names)}")
        if len(set(pair)) < 2:
            raise UsageError(f"{pair[0]!r} cannot be compared with itself; name two that differ")
    if not which:
        raise UsageError("no pair of models was given, so there is nothing to compare")
    return which


def concluded(
    evidence: Iterable[tuple[Header, Iterable[Answer]]],
    which: "Sequence[Named]",
    materials: Materials,
    margin: float | None,
) -> Comparison:
    """The pairs `which`, from the evidence of (at least) their models."""
    from probes.comparison import table as pairs
    from probes.replies import stance

    materials = replace(materials, recipe=stance.with_stance_options(materials.recipe))
    wanted = {name for pair in which for name in pair}
    found = {h.model.name: _placed(h, a, materials) for h, a in evidence if h.model.name in wanted}
    table = pairs.differences(found, which, materials, margin)
    return Comparison(tuple(which), table, found, materials)


def _stacked(tables: "Sequence[pd.DataFrame]") -> "pd.DataFrame":
    """One below the other; those without rows have no types to give."""
    import pandas as pd

    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else tables[0]


def _placed(header: Header, lines: Iterable[Answer], materials: Materials) -> "Placement":
    from probes.agreement.table import agreement
    from probes.placement.model import placement

    table = agreement(header, lines, materials.recipe, materials.correction)
    return placement(table, materials, header)
