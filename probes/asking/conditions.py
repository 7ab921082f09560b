"""The conditions of a run: checks against set and protocol, the models that they apply to, and
flags."""

from collections.abc import Mapping
from difflib import get_close_matches

from probes.asking.told import opening
from probes.errors import UsageError, nearest
from probes.types import Condition, Conversant, Model, Recipe, StatementSet

IN_USER_TURN = "its system prompt stands in the user's turn: no system role"
AS_TEXT = "said as text before the statement: no chat"
UNASKED = "not asked: a challenge needs a chat, in which an answer can be answered"
TYPO = 0.7
"""Similarity (`difflib`) above which an unknown axis is taken for a misspelling."""
FLAG = "condition {}"
"""Key of a condition's flags in the header of the answers."""


def conditions(model: Model, recipe: Recipe) -> tuple[Condition | None, ...]:
    """The conditions for a model; challenges need a chat. ``(None,)`` if there are none."""
    usable = tuple(c for c in recipe.conditions if model.info.chat or not c.challenge)
    return usable or (None,)


def flags(model: Model, recipe: Recipe) -> Mapping[str, tuple[str, ...]]:
    """Caveats on each condition for this model, for the header of the answers."""
    chat = isinstance(model, Conversant) and model.info.chat
    notes: dict[str, tuple[str, ...]] = {}
    for condition in recipe.conditions:
        speaks = [*opening(condition), *condition.prefix, *["..."] * condition.examples]
        if not chat:
            note = UNASKED if condition.challenge else AS_TEXT if speaks else ""
        else:
            systemless = isinstance(model, Conversant) and not model.takes_system()
            note = IN_USER_TURN if (condition.system or condition.persona) and systemless else ""
        if note:
            notes[FLAG.format(condition.name)] = (note,)
    return notes


def check(recipe: Recipe, statements: StatementSet) -> None:
    """Check that a set can be asked under the protocol's conditions.

    Raises:
        UsageError: it cannot.
    """
    for condition in recipe.conditions:
        if fault := _unfit(condition, recipe, statements):
            raise UsageError(f"condition {condition.name!r}: {fault}")


def _unfit(condition: Condition, recipe: Recipe, statements: StatementSet) -> str:
    """The first conflict of a condition with set and protocol; empty if there is none."""
    open_wording = next((w.name for w in recipe.wordings if not w.options), "")
    if open_wording and (condition.examples or condition.challenge):
        key = "examples" if condition.examples else "challenge"
        return f"{key}: the wording {open_wording!r} has no options, so no answer to show"
    if condition.examples and not (condition.position or condition.respondent or recipe.controls):
        return f"examples: need a position, or control statements, and {recipe.name} has none"
    if condition.challenge and not any(s.mirror for s in statements.statements):
        return f"challenge: no statement of {statements.name} has a mirror to argue with"
    if condition.thinking == "on" and recipe.method != "reply":
        return "thinking: on is for protocols whose models write, as open; here options are scored"
    respondents = [respondent.name for respondent in statements.respondents]
    if condition.respondent and condition.respondent not in respondents:
        near = nearest(condition.respondent, respondents)
        return f"respondent: {statements.name} has none {condition.respondent!r}; {near}"
    return _misplaced(condition, statements)


def _misplaced(condition: Condition, statements: StatementSet) -> str:
    """The first fault of a condition's position; empty if there is none. Axes that the set does not
    have are allowed, since a condition may serve several sets, unless they look misspelt."""
    names, scale = [axis.name for axis in statements.axes], statements.scale
    free = [name for name in names if name not in condition.position]
    for axis in condition.position:
        if axis not in names and (near := get_close_matches(axis, free, cutoff=TYPO)):
            return f"position: {statements.name} has no axis {axis!r}; did you mean {near[0]!r}?"
    if far := [
        a
        for a, coordinate in condition.position.items()
        if a in names and not abs(coordinate) <= scale
    ]:
        return f"position: {far[0]} must lie within {scale:g} of the centre, as positions do"
    return ""
