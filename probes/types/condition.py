"""A condition: a named change to all prompts, apart from the wording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from annotated_types import Interval

from probes.types.constraints import STRICT, Text

Speaker = Literal["system", "user", "assistant"]
Thinking = Literal["", "on", "off"]
Challenged = Literal["", "agree", "disagree"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a conversation before the question: who speaks, and the text."""

    role: Speaker
    text: str


@dataclass(frozen=True, slots=True)
class PastExchange:
    """An earlier exchange in the conversation: a user's turn and the model's turn."""

    __pydantic_config__ = STRICT

    user: Text
    model: Text


@dataclass(frozen=True, slots=True)
class Condition:
    """Everything a model is told beside the question; with all fields empty, it is told nothing."""

    name: str
    """Name of the condition in evidence and tables."""
    system: str = ""
    """The system prompt. For a model without a system role it begins the first user's turn."""
    persona: str = ""
    """Who the model is to speak as; follows the system prompt in the same turn."""
    user: str = ""
    """What the user says of themself; begins the first user's turn."""
    prefix: tuple[PastExchange, ...] = ()
    """Earlier turns, word for word."""
    examples: Annotated[int, Interval(ge=0, le=20)] = 0
    """Number of examples before the question: answers to other statements in the same wording, by
    somebody at `position` or by `respondent`; without either, answers to control statements."""
    respondent: str = ""
    """Name of the set's respondent who gives the `examples`."""
    length: str = ""
    """Instruction on length; after the question in a chat, else before the statement."""
    thinking: Thinking = ""
    """Whether a model that can think before it answers does so; empty: as without conditions."""
    challenge: Challenged = ""
    """Side of the answer that is challenged: the question is asked again after it and `counter`."""
    counter: str = ""
    """The user's objection to that answer, with ``{counter}`` for the counter-claim."""
    position: Mapping[str, float] = field(default_factory=dict, hash=False)
    """Axis -> position of the persona, user or respondent of the examples, in points."""

    @property
    def kind(self) -> str:
        """Whose `position` it is: the persona's, the user's, or the example respondent's."""
        return "user" if self.user else "examples" if self.examples else "persona"
