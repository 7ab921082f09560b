"""Method `choice`: scores the options of a wording in its slot.

There is one `Prompt` for each text (statements, mirrors, control pairs, blanks) in each wording,
option order and condition. Pure: knows texts and options, neither tokens nor torch.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from probes.asking.conditions import conditions
from probes.asking.sample import sample
from probes.asking.texts import around_slot, balanced, cloze
from probes.asking.told import Setting, WordedClaim
from probes.types import (
    Materials,
    Model,
    Option,
    Prompt,
    Recipe,
    Role,
    Scorer,
    Statement,
    Turn,
)

NEEDS = "score"


def prompts(
    model: Model, materials: Materials, *, seed: int = 0, limit: int | None = None
) -> list[Prompt]:
    """Every cell of a run, statements first, then controls, then blanks.

    `limit` draws a sample of that many statements and controls. Repetition r has seed ``seed + r``.
    """
    recipe, claims = shown(materials.recipe, model), list(every_claim(materials, limit))
    top = recipe.faithful.top if recipe.faithful else 0
    settings = [Setting(c, materials) for c in conditions(model, recipe)]
    return [
        replace(_prompt(model, question, setting), seed=seed + repetition, top=top)
        for setting in settings
        for repetition in range(recipe.repetitions)
        for claim in claims
        for wording in recipe.wordings
        for order in range(max(1, len(wording.orders)))
        if setting.asks(question := WordedClaim(*claim, wording, order))
    ]


def shown(recipe: Recipe, model: Model) -> Recipe:
    """The protocol with the option orders for this model. A chat endpoint is shown the options of
    every wording (`texts.cloze`), so orders are balanced: each option once in each position."""
    if not model.info.turns:
        return recipe
    return replace(recipe, wordings=tuple(balanced(w) for w in recipe.wordings))


def fitted(
    model: Scorer, asked: Sequence[Prompt]
) -> tuple[list[Prompt], dict[str, tuple[Option, ...]], dict[str, tuple[str, ...]]]:
    """The prompts with only the forms that the model can score, and by wording those options and
    flags. Forms are selected once per wording, so that all statements have the same ones.

    If options are letters by position, forms are selected once per order, and an option of the
    wording has the forms of all orders.

    Raises:
        ModelError: a wording has no antonym pair that the model can score.
    """
    fits: dict[tuple[str, int], tuple[Option, ...]] = {}
    options: dict[str, tuple[Option, ...]] = {}
    flags: dict[str, tuple[str, ...]] = {}
    for prompt in asked:
        name, fit_key = prompt.wording, _fit_of(model, prompt)
        if fit_key not in fits:
            fits[fit_key], flags[name] = model.fit(prompt)
            options[name] = _together(options.get(name, fits[fit_key]), fits[fit_key])
    return [replace(p, options=fits[_fit_of(model, p)]) for p in asked], options, flags


def _fit_of(model: Model, prompt: Prompt) -> tuple[str, int]:
    """Key of the prompts whose options have the same forms: wording, and order for chats."""
    return prompt.wording, prompt.order if model.info.turns else 0


def _together(first: Sequence[Option], second: Sequence[Option]) -> tuple[Option, ...]:
    """The options with the forms of both arguments."""
    return tuple(
        replace(a, forms=tuple(dict.fromkeys(a.forms + b.forms)))
        for a, b in zip(first, second, strict=True)
    )


def every_claim(materials: Materials, limit: int | None) -> Iterator[tuple[Statement, Role, bool]]:
    """Each text to ask: its statement, its role, and whether it is the mirror."""
    for statement in sample(materials.statements.statements, limit):
        yield statement, "statement", False
        if statement.mirror:
            yield statement, "mirror", True
    controls = sample(materials.controls.statements, limit) if materials.controls else ()
    for control in controls:
        yield control, "control", False
        yield control, "control", True
    for number, filler in enumerate(materials.recipe.blanks, start=1):
        yield Statement(f"blank-{number}", filler), "blank", False


def _prompt(model: Model, question: WordedClaim, setting: Setting) -> Prompt:
    wording, after, turns = question.wording, "", tuple[Turn, ...]()
    if model.info.turns:
        letters = model.info.gives == "top log-probabilities"
        message, options = cloze(wording, question.text, question.order, letters=letters)
        before, turns = setting.messages(model, question, message)
    else:
        begin, after = wording.answer.split("{slot}")
        before, options = around_slot(setting.render(model, question, begin), wording)
    return Prompt(
        question.statement,
        question.role,
        wording.name,
        before,
        after,
        options,
        question.mirrored,
        question.order,
        condition=setting.condition,
        turns=turns,
    )
