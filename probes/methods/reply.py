"""Method `reply`: the model writes a reply, from which rules read the chosen option.

Prompts are those of `choice`, with options in the order in which they are listed. For recorded
replies, the wordings, orders and repetitions of the record are asked; statements without a reply
are missing answers. Pure: knows texts and options.
"""

from collections.abc import Sequence
from dataclasses import replace

from probes.methods.choice import prompts as every_prompt
from probes.methods.choice import shown
from probes.replies.choice import read_choice
from probes.replies.thinking import open_thought, without_thinking
from probes.types import (
    Materials,
    Model,
    Option,
    Prompt,
    RecordedModel,
    Reply,
    Writer,
    Writing,
)

NEEDS = "write"
SHOWN = 5
"""Most texts without a reply that a flag names."""


def prompts(
    model: Model, materials: Materials, *, seed: int = 0, limit: int | None = None
) -> list[Prompt]:
    """The prompts of every cell (see `choice.prompts`). A record has no controls or blanks."""
    recipe = materials.recipe
    if isinstance(model, RecordedModel):
        rounds = model.rounds
        recorded = tuple(w for w in recipe.wordings if w.name in rounds)
        recipe = replace(recipe, wordings=recorded, blanks=(), repetitions=1)
        materials = replace(materials, recipe=recipe, controls=None)
        cells = [
            replace(prompt, seed=repetition)
            for prompt in every_prompt(model, materials, limit=limit)
            for order, repetition in rounds[prompt.wording]
            if order == prompt.order
        ]
    else:
        cells = every_prompt(model, materials, seed=seed, limit=limit)
    orders = {w.name: w.orders for w in shown(recipe, model).wordings}
    return [replace(p, options=_listed(p, orders[p.wording])) for p in cells]


def fitted(
    model: Writer, asked: Sequence[Prompt]
) -> tuple[list[Prompt], dict[str, tuple[Option, ...]], dict[str, tuple[str, ...]]]:
    """The prompts unchanged; by wording, their options and flags."""
    options: dict[str, tuple[Option, ...]] = {}
    for prompt in asked:
        options.setdefault(prompt.wording, prompt.options)
    flags = {name: tuple(_gaps(model, [p for p in asked if p.wording == name])) for name in options}
    return list(asked), options, flags


def read_reply(prompt: Prompt, text: str | None, language: str) -> Reply:
    """Parse the option that a reply chose, in the set's language or English, without its thinking.

    A reply to an open question has no choice: it is stored, and its stance is classified later.
    """
    if text is None:
        return Reply(status="failed", reason="no reply")
    thinks = prompt.condition is not None and prompt.condition.thinking == "on"
    answer = without_thinking(f"{open_thought(prompt.before) if thinks else ''}{text}")
    if answer is None:
        return Reply(text=text, status="unparsed", reason="still thinking where it ends")
    if not prompt.options:
        empty = not answer.strip()
        return Reply(text=text, status="unparsed" if empty else "ok", reason="empty" * empty)
    choice = read_choice(answer, prompt.options, language)
    return Reply(text=text, status=choice.status, choice=choice.label, reason=choice.reason)


def _listed(prompt: Prompt, orders: Sequence[Sequence[int]]) -> tuple[Option, ...]:
    return tuple(prompt.options[i] for i in orders[prompt.order]) if orders else prompt.options


def _gaps(model: Writer, cells: Sequence[Prompt]) -> list[str]:
    """Flags of a record: statements without a reply, or without one in every repetition."""
    if not isinstance(model, RecordedModel):
        return []
    missing: dict[str, list[bool]] = {}
    for prompt, reply in zip(cells, model.write(cells, Writing()), strict=True):
        variant = f":{prompt.statement.variant}" if prompt.statement.variant else ""
        name = f"{prompt.statement.id}{variant}{':mirror' if prompt.mirrored else ''}"
        missing.setdefault(name, []).append(reply is None)
    none = [name for name, absent in missing.items() if all(absent)]
    partial = [name for name, absent in missing.items() if any(absent) and not all(absent)]
    notes = [f"no reply to {_some(none)}"] if none else []
    return [*notes, *([f"not every repetition of {_some(partial)}"] if partial else [])]


def _some(names: Sequence[str]) -> str:
    """The first few names, and the number of others."""
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
