"""Types of the evidence: one reply, one answer, and the header of an evidence file."""

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
    """Result of one prompt: scores of its options, or text, or a status that explains why not."""

    logprobs: Mapping[str, float] | None = None
    """Option label -> natural log of its probability, summed over forms."""
    mass: float | None = None
    """Probability that the slot holds any form of any option, in [0, 1]."""
    text: str | None = None
    """The written text; None where options were scored."""
    status: Status = "ok"
    """Whether there is an answer, and if not, why."""
    choice: str | None = None
    """Label of the option that the text chose."""
    reason: str = ""
    """Why the text was read as this choice, or why there is no answer."""
    fills: tuple[tuple[str, float], ...] | None = None
    """The slot's most likely fills (single tokens) with their natural log-probabilities."""
    unseen: float | None = None
    """Upper bound in [0, 1] on the probability that an option can hold beyond `logprobs`, where a
    model gives only its most likely first tokens."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One JSON line of evidence; `key` identifies the cell, and each cell has one line."""

    statement: str
    """Id of the statement; with a mark for the mirror of a control."""
    role: Role
    """Statement, mirror, blank or control."""
    wording: str
    """Name of the wording."""
    order: int
    """Index of the order in which options were listed."""
    seed: int
    """Seed of this repetition."""
    before: str
    """The exact text before the slot."""
    after: str
    """The exact text after the slot."""
    logprobs: Mapping[str, float] | None
    """Option label -> natural log of its probability; None where text was written."""
    mass: float | None
    """Probability that the slot holds any of the options, in [0, 1]."""
    status: Status
    """Whether there is an answer, and if not, why."""
    key: str
    """Key of the cell; a resumed run skips the keys that are there."""
    reply: str | None = None
    """The written reply, if a model writes. Empty fields from here on are not in the JSON line."""
    choice: str | None = None
    """Label of the option that the reply chose."""
    reason: str = ""
    """Why the reply was read as this choice, or why there is no answer."""
    fills: Sequence[tuple[str, float]] | None = None
    """The slot's most likely fills with their natural log-probabilities."""
    unseen: float | None = None
    """Upper bound in [0, 1] on the probability that an option can hold beyond `logprobs`."""
    variant: int = 0
    """Number of the statement's variant that was asked; 0: the statement's own text."""
    condition: str = ""
    """Name of the condition; empty where the run has none."""
    turns: Sequence[Turn] = ()
    """Turns before `before`, where a chat model takes messages instead of one text."""


@dataclass(frozen=True, slots=True)
class Header:
    """First line of an answers file: model, set, protocol and plan of the answers below."""

    model: ModelInfo
    """The model as loaded."""
    set: str
    """Name of the statement set."""
    set_sha256: str
    """sha256 of the set."""
    protocol: str
    """Name of the protocol."""
    protocol_sha256: str
    """sha256 of the protocol."""
    seed: int
    """Seed of the run."""
    limit: int | None
    """Maximum number of statements asked, in a trial run; None: all."""
    plan: str
    """sha256 of the plan: every cell in order, and the batches."""
    cells: int
    """Number of answers of a complete run of this plan."""
    wordings: Mapping[str, tuple[Option, ...]]
    """Wording -> its options; `forms` lacks the antonym pairs that this model cannot score."""
    dropped: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Wording -> forms left out because this model cannot score them or their antonym."""
    flags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Wording -> remarks, such as ``unequal_pieces``."""
    shown: tuple[str, ...] = ()
    """Wordings that show their options; their mass has a threshold of its own."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Library -> version."""
