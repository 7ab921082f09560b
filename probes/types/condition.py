"""A condition: a named variation of how everything is asked, beside the wording."""

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
    """What one side said before the question."""

    role: Speaker
    text: str


@dataclass(frozen=True, slots=True)
class PastExchange:
    """A user's turn and a model's, earlier in the conversation."""

    __pydantic_config__ = STRICT

    user: Text
    model: Text


@dataclass(frozen=True, slots=True)
class Condition:
    """What a model is told beside the question; a condition that says nothing is the plain run."""

    name: str
    """By which evidence and tables call it."""
    system: str = ""
    """The system prompt. Where there is no system role it begins the first user's turn."""
    persona: str = ""
    """Who the model is to speak as; behind the system prompt, in the same turn."""
    user: str = ""
    """What the user says of themself; begins the first user's turn."""
    prefix: tuple[PastExchange, ...] = ()
    """Earlier turns, word for word."""
    examples: Annotated[int, Interval(ge=0, le=20)] = 0
    """Answers of a respondent to so many other statements, in the same wording, before the
    question: by `position`, of `respondent`, or, without either, to control statements."""
    respondent: str = ""
    """Name of a respondent of the set, who gives the `examples`."""
    length: str = ""
    """How long the answer is to be; behind the question in a chat, else before the statement."""
    thinking: Thinking = ""
    """Whether a model that thinks before it answers does so; empty: as without conditions."""
    challenge: Challenged = ""
    """The question is asked again, after an answer on this side and `counter`."""
    counter: str = ""
    """What the user says against that answer, with ``{counter}`` for the counter-claim."""
    position: Mapping[str, float] = field(default_factory=dict, hash=False)
    """Axis -> where the persona, the user or the examples stand, in points of the scale."""

    @property
    def kind(self) -> str:
        """Who stands at its `position`: the persona, the user, or the respondent of the
        examples."""
        return "user" if self.user else "examples" if self.examples else "persona"
