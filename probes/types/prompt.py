"""Options, wordings and prompts: how one statement is asked."""

from __future__ import annotations

from dataclasses import dataclass

from probes.types.condition import Condition, Turn
from probes.types.instrument import Role, Side, Statement

MIRRORED = ":mirror"
"""Suffix of `Answer.statement` for a control's mirror (statement ids cannot hold a colon)."""


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
    """One way to ask about a statement: an `ask` (with ``{statement}``, perhaps ``{options}``) and
    an `answer` (with ``{slot}``)."""

    name: str
    ask: str
    answer: str
    options: tuple[Option, ...]
    orders: tuple[tuple[int, ...], ...] = ()
    """Permutations in which ``{options}`` are shown; empty where they are not shown."""
    joint: str = " "
    """Text between ask and answer for a model without a chat template."""
    language: str = "en"
    between: str = ", "
    last: str = " or "
    """Text before the last of the listed ``{options}``: "a, b or c"."""
    lexicon: str = ""
    """Name of the lexicon; empty: its first word on the agree side."""

    @property
    def words(self) -> str:
        """Name of the lexicon; wordings with the same name use the same words."""
        forms = [o.forms[0] for o in self.options if o.side == "agree" and not o.strong]
        return (self.lexicon or (forms or [self.name])[0]).casefold()


@dataclass(frozen=True, slots=True)
class Prompt:
    """A statement in a wording as one model reads it: ``before + form + after``."""

    statement: Statement
    """The statement asked about; for a blank, a Statement whose text is the filler."""
    role: Role
    """Statement, mirror, blank or control."""
    wording: str
    """Name of the wording."""
    before: str
    """The text before the slot."""
    after: str
    """The text after the slot."""
    options: tuple[Option, ...]
    """Options that can fill the slot."""
    mirrored: bool = False
    """Whether the mirror is asked instead of the statement's text."""
    order: int = 0
    """Index into the wording's orders."""
    seed: int = 0
    """Seed of this repetition."""
    top: int = 0
    """Number of most likely fills of the slot to return beside the options; 0: none."""
    condition: Condition | None = None
    """Condition of the prompt; None where the run has no conditions."""
    turns: tuple[Turn, ...] = ()
    """Turns before `before`, where a chat model takes messages instead of one text."""

    @property
    def name(self) -> str:
        """The `statement` of this prompt's answer: the id, marked for a control's mirror."""
        return self.statement.id + (MIRRORED if self.mirrored and self.role == "control" else "")

    @property
    def text(self) -> tuple[object, ...]:
        """Everything that determines the scores: prompts that are equal in this are scored once."""
        return self.before, self.after, self.options, self.turns

    @property
    def told(self) -> str:
        """Name of the condition; empty where there is none."""
        return self.condition.name if self.condition else ""
