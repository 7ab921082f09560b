"""What a model replied: one reply, one answer, and the header of an evidence file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from probes.types.condition import Turn
from probes.types.instrument import Role
from probes.types.model import ModelInfo
from probes.types.prompt import Option

Status = Literal["ok", "refused", "unparsed", "failed"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a backend made of one prompt: scores of its options, or text, or neither."""

    logprobs: Mapping[str, float] | None = None
    """Option label -> natural log of its probability, summed over forms."""
    mass: float | None = None
    """Probability that the slot holds any of the forms at all, in [0, 1]."""
    text: str | None = None
    """What was written; None where options were scored."""
    status: Status = "ok"
    """Whether there is an answer, and if not, why."""
    choice: str | None = None
    """Label of the option that the text chose."""
    reason: str = ""
    """Why the text was read so, or why there is none."""
    fills: tuple[tuple[str, float], ...] | None = None
    """The slot's most likely fills (single tokens) with their natural log-probabilities."""
    unseen: float | None = None
    """Probability in [0, 1] that any of the options could have more of, where a model told only
    that of its most likely first tokens."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One JSON line of evidence. `key` names the cell; one line a cell."""

    statement: str
    """Id of the statement; of a control's mirror, marked."""
    role: Role
    """Statement, mirror, blank or control."""
    wording: str
    """Name of the wording."""
    order: int
    """Index of the order in which options were listed."""
    seed: int
    """Of this repetition."""
    before: str
    """The exact text before the slot."""
    after: str
    """The exact text behind it."""
    logprobs: Mapping[str, float] | None
    """Option label -> natural log of its probability; None where text was written."""
    mass: float | None
    """Probability that the slot holds any of the options, in [0, 1]."""
    status: Status
    """Whether there is an answer, and if not, why."""
    key: str
    """The cell's name, by which a run is resumed."""
    reply: str | None = None
    """What was written, where a model writes; from here on what says nothing is not in the line."""
    choice: str | None = None
    """Label of the option that the reply chose."""
    reason: str = ""
    """Why the reply was read so, or why there is none."""
    fills: Sequence[tuple[str, float]] | None = None
    """The slot's most likely fills with their natural log-probabilities."""
    unseen: float | None = None
    """Probability that the options could have more of, in [0, 1]."""
    variant: int = 0
    """Number of the statement's variant that was put; 0: the statement's own text."""
    condition: str = ""
    """Name of the condition; empty where the run has none."""
    turns: Sequence[Turn] = ()
    """What was said before `before`, where a chat takes messages and not a text."""


@dataclass(frozen=True, slots=True)
class Header:
    """First line of an answers file: what the lines below it are about."""

    model: ModelInfo
    """The model as it was loaded."""
    set: str
    """Name of the statement set."""
    set_sha256: str
    """Of the set."""
    protocol: str
    """Name of the protocol."""
    protocol_sha256: str
    """Of the protocol."""
    seed: int
    """Of the run."""
    limit: int | None
    """Most statements that were asked, as a trial; None: all."""
    plan: str
    """sha256 of the plan: every cell in order, and how they are batched."""
    cells: int
    """How many answers a whole run of this plan has."""
    wordings: Mapping[str, tuple[Option, ...]]
    """Options as this model scored them: pairs it cannot score are left out of `forms`."""
    dropped: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Wording -> forms left out because this model cannot score them or their antonym."""
    flags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Wording -> remarks, such as ``unequal_pieces``."""
    shown: tuple[str, ...] = ()
    """Wordings that show their options (mass is judged apart for these)."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Library -> its version."""
