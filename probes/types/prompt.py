"""How one statement is put: options, wordings, prompts."""

from __future__ import annotations

from dataclasses import dataclass

from probes.types.condition import Condition, Turn
from probes.types.instrument import Role, Side, Statement

MIRRORED = ":mirror"
"""Ends the `Answer.statement` of a control's mirror (statement ids cannot hold a colon)."""


@dataclass(frozen=True, slots=True)
class Option:
    """A label with its surface forms.

    Forms are antonym pairs by position: form i of an agree option belongs to form i of the
    disagree option of the same strength. A leading space belongs to the form.
    """

    label: str
    side: Side
    forms: tuple[str, ...]
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Wording:
    """How a statement is put: an `ask` (with ``{statement}``, perhaps ``{options}``) and an
    `answer` (with ``{slot}``)."""

    name: str
    ask: str
    answer: str
    options: tuple[Option, ...]
    orders: tuple[tuple[int, ...], ...] = ()
    """Permutations in which ``{options}`` are shown; empty where they are not shown."""
    joint: str = " "
    """What stands between ask and answer for a model without a chat template."""
    language: str = "en"
    between: str = ", "
    last: str = " or "
    """How ``{options}`` are listed: "a, b or c"."""
    lexicon: str = ""
    """Name of its words; empty: the first of them on the agree side."""

    @property
    def words(self) -> str:
        """What its lexicon goes by: wordings in which this is equal share their words."""
        forms = [o.forms[0] for o in self.options if o.side == "agree" and not o.strong]
        return (self.lexicon or (forms or [self.name])[0]).casefold()


@dataclass(frozen=True, slots=True)
class Prompt:
    """A statement in a wording, as one model reads it: ``before + form + after``."""

    statement: Statement
    """What it is about; for a blank, a Statement whose text is the filler."""
    role: Role
    """Statement, mirror, blank or control."""
    wording: str
    """Name of the wording."""
    before: str
    """The text before the slot."""
    after: str
    """The text behind the slot."""
    options: tuple[Option, ...]
    """What may stand in the slot."""
    mirrored: bool = False
    """The text put is the statement's mirror."""
    order: int = 0
    """Index into the wording's orders."""
    seed: int = 0
    """Of this repetition."""
    top: int = 0
    """So many of the slot's most likely fills are wanted beside the options; 0: none."""
    condition: Condition | None = None
    """Under which it is put; None where the run has no conditions."""
    turns: tuple[Turn, ...] = ()
    """What is said before `before`, where a chat takes messages and not a text."""

    @property
    def name(self) -> str:
        """The `statement` of this prompt's answer: the id, marked for a control's mirror."""
        return self.statement.id + (MIRRORED if self.mirrored and self.role == "control" else "")

    @property
    def text(self) -> tuple[object, ...]:
        """What decides the scores: prompts with equal texts are asked once."""
        return self.before, self.after, self.options, self.turns

    @property
    def told(self) -> str:
        """Name of its condition; empty where there is none."""
        return self.condition.name if self.condition else ""
