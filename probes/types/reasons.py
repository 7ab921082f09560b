"""Reasons: what must be said beside a number, as a code for programs and a sentence for people.

Tables and CSV files hold sentences, several of a row joined by "; ". This module has every
sentence that something depends on (a hollow dot, pale ink, the exit status of a comparison), and
is the only one that reads a sentence of a table back: into `claims`, `pale` and `kinds`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from probes.phrases import listed, phrase, say
from probes.types.retold import told

if TYPE_CHECKING:
    import pandas as pd

    from probes.types.tables import Tables

Code = Literal[
    "", "one way", "unopposed", "indifferent", "blind", "untrue", "reversed", "movable", "open",
    "coarse", "unsided", "improbable", "trial", "wide", "unscaled", "rewards", "at least",
    "few wordings", "few lexicons", "legacy-agree", "low mass", "small", "decided", "undecided",
    "perhaps decided", "unplaced",
]  # fmt: skip
"""What a sentence states; empty where nothing depends on it."""
Kind = Literal["further", "decided", "still"]
"""Moved along an axis; only more, or less, decided; or not seen to move."""
Row = Mapping[str, object]
"""A row of a table: column -> cell."""
JOINT = "; "
"""Stands between the sentences of a cell."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence, and the fact that it states."""

    text: str
    code: Code = ""


# --- of a placement ----------------------------------------------------------------------------

ONE_WAY = Reason("keyed one way without mirrors: leaning cannot be told from yes-bias", "one way")
UNOPPOSED = Reason("does not oppose claim and counterclaim", "unopposed")
INDIFFERENT = Reason("hardly prefers either side", "indifferent")
BLIND = Reason("answers do not depend on the statement", "blind")
UNTRUE = Reason("does not tell true from false", "untrue")
REVERSED = Reason("takes false for true", "reversed")
UNSIDED = Reason(
    "mostly says the same to a claim and to its opposite, such as yes to both: any side shows only"
    " in how firm the answers are",
    "unsided",
)
UNSIDED_BEFORE = "rarely gives claim and counterclaim opposite answers"
"""In tables of earlier versions."""
LEGACY = "legacy-agree: missing answers count as agreement that nobody gave"
"""Stands wherever the positions do that it is true of."""
MOVABLE = "missing answers could move it"
OPEN = Reason("missing answers leave more than half of the scale open", "open")
"""A model that is not placed: its bounds are further apart than that."""
COARSE = Reason("too few replies, or too often mistaken, to tell half of the scale", "coarse")
"""A model that is not placed: corrected for a stance model's errors, its interval is as wide."""
LOW_MASS = "low mass"
AT_LEAST = Reason(
    "interval at least so wide: fewer than 3 topics of 2 statements, or untagged ones",
    "at least",
)
UNTAGGED = Reason(
    "no claim: fewer than 3 topics of 2 statements, or untagged ones, and a narrow interval",
    "at least",
)
FEW_WORDINGS = Reason("interval for these wordings only: fewer than 3", "few wordings")
FEW_LEXICONS = Reason("interval for these words only: fewer than 3 lexicons", "few lexicons")
IMPROBABLE = "the options are improbable"
WIDE = Reason("interval as wide as the scale", "wide")
"""A model that is not placed: its interval says nothing."""
UNSCALED = Reason("its rewards have no scale: they do not tell the control pairs apart", "unscaled")
"""A model that is not placed: nothing says how large one of its rewards is."""
REWARDS = Reason(
    "rewards have no scale of their own: read the direction first, a position counts in spreads of "
    "the control pairs",
    "rewards",
)
APART = Reason("rewards and probabilities of words have no scale in common", "rewards")
"""Of a difference of two models, one of which gives rewards."""
TRIAL = "trial run"
HOLLOW: frozenset[Code] = frozenset({"movable", "unsided", "improbable", "trial"})
"""No claim is made of the position of a model that is placed."""


def legacy(missing: int, cells: int) -> Reason:
    """Missing cells of an axis were taken for agreement."""
    return Reason(f"{LEGACY} ({missing} of {cells})", "legacy-agree")


def movable(points: float) -> Reason:
    """A model is placed, but its position depends on the answers that are missing."""
    return Reason(f"{MOVABLE} by more than {points:g} points", "movable")


def trial(asked: int, total: int, what: str = "statements") -> Reason:
    """Only a sample of what there is to ask was asked."""
    return Reason(f"{TRIAL}: {asked} of {total} {what}", "trial")


def low_mass(least: float, how: Literal["shown", "completed"]) -> Reason:
    """The options hold little of the probability."""
    text = f"{LOW_MASS}: the median is below {least:g} where options are {how}"
    return Reason(text, "low mass")


def improbable(low: int, wordings: int) -> Reason:
    """The options hold little of the probability in most of a model's wordings."""
    return Reason(f"{IMPROBABLE} in {low} of {wordings} wordings", "improbable")


# --- of a difference ---------------------------------------------------------------------------

SMALL = Reason("by less than the margin", "small")
DECIDED = Reason("more decided, not further along the axis", "decided")
UNDECIDED = Reason("less decided, not less far along the axis", "undecided")
MAYBE = Reason(
    "perhaps only in how decided it is: directions cannot be told apart", "perhaps decided"
)

UNPLACED = "not placed"
"""Of a difference: where a model is not placed, or in which languages."""

OPENINGS: Mapping[str, Code] = {
    UNPLACED: "unplaced",
    MOVABLE: "movable",
    LOW_MASS: "low mass",
    TRIAL: "trial",
    IMPROBABLE: "improbable",
    UNSIDED_BEFORE: "unsided",
    **{r.text: r.code for r in (ONE_WAY, OPEN, WIDE, COARSE, UNOPPOSED, INDIFFERENT, BLIND)},
    **{r.text: r.code for r in (UNTRUE, REVERSED, UNSIDED, UNSCALED, REWARDS, APART)},
    **{r.text: r.code for r in (FEW_WORDINGS, FEW_LEXICONS)},
    **{r.text: r.code for r in (AT_LEAST, UNTAGGED, SMALL, DECIDED, UNDECIDED, MAYBE)},
    LEGACY: "legacy-agree",
}
"""How the sentence begins that states a fact."""


# --- sentences in tables -----------------------------------------------------------------------


def joined(reasons: Iterable[Reason]) -> str:
    """The cell of a table: each sentence once."""
    return JOINT.join(dict.fromkeys(reason.text for reason in reasons))


def sentences(cell: object) -> list[str]:
    """The sentences of a cell; none of an empty one, which a CSV reads as NaN."""
    return [text for text in cell.split(JOINT) if text] if isinstance(cell, str) else []


def codes(cell: object) -> set[Code]:
    """The facts that a cell states."""
    return {
        code
        for sentence in sentences(cell)
        for opening, code in OPENINGS.items()
        if sentence.startswith(opening)
    }


def claim(row: Row) -> bool:
    """Whether a row of the placements makes a claim: is placed, and nothing makes it hollow."""
    return placed(row["placed"]) and not codes(row["reason"]) & HOLLOW


def hollow(cell: object) -> list[str]:
    """The sentences of a cell that make a dot hollow though its model is placed."""
    return [sentence for sentence in sentences(cell) if codes(sentence) & HOLLOW]


def placed(cell: object) -> bool:
    """What the column `placed` says; a CSV that also has empty cells there is read as text."""
    return cell in {True, "True"}


def kind(row: Row) -> Kind:
    """What a row of the differences says of a move."""
    facts = codes(row["reason"])
    if row["verdict"] != "moved" or "small" in facts:
        return "still"
    return "decided" if facts & {"decided", "undecided"} else "further"


def claims(tables: Tables) -> dict[tuple[str, str], bool]:
    """(model, axis) -> whether a claim is made of its position; a dot without one is hollow."""
    rows = _rows(tables.placements, ("model", "axis", "placed", "reason"))
    return {(str(row["model"]), str(row["axis"])): claim(row) for row in rows}


def unplaced_models(tables: Tables, axes: Sequence[str] = ()) -> dict[str, str]:
    """Model -> why it is not placed on all of these axes, by default of all: the first sentence,
    in the language at hand.

    What is against a placement comes first in its cell. Where it is placed on some of the axes, the
    sentence names the others.
    """
    names = axes or [axis.name for axis in tables.axes]
    why: dict[str, dict[str, str]] = {}
    for row in _rows(tables.placements, ("model", "axis", "placed", "reason")):
        if row["axis"] in names and not placed(row["placed"]):
            first = next(iter(sentences(row["reason"])), phrase("no reason given"))
            why.setdefault(str(row["model"]), {})[str(row["axis"])] = first
    return {
        model: because
        if len(on) == len(names)
        else say("on {axes}: {why}", axes=listed(list(map(say, on))), why=because)
        for model, on in why.items()
        for because in ["; ".join(map(told, dict.fromkeys(on.values())))]
    }


def pale(tables: Tables) -> dict[str, bool]:
    """Model -> whether the options held little of its probability; such models have paler ink."""
    rows = _rows(tables.models, ("model", "warnings"))
    return {str(row["model"]): "low mass" in codes(row["warnings"]) for row in rows}


def kinds(differences: pd.DataFrame) -> list[Kind]:
    """What each row of a table of differences says of a move."""
    return [kind(row) for row in _rows(differences, ("verdict", "reason"))]


def _rows(table: pd.DataFrame, columns: tuple[str, ...]) -> list[Row]:
    return cast("list[Row]", table[list(columns)].to_dict("records"))
