"""Method `preference`: which of two texts on one topic a model rewards more as a reply.

The question names the topic only, and the two replies are a statement and its mirror. So there is
no yes-bias, but preferences for style do not cancel either; they are in the table `style`
(docs/method.md 11). Each pair is asked twice, with the texts exchanged. Pure: knows texts and
options, neither tokens nor torch.
"""

from collections.abc import Sequence
from dataclasses import replace

from probes.asking.texts import around_slot, ask
from probes.errors import ModelError, UsageError
from probes.methods.choice import every_claim
from probes.types import Materials, Model, Option, Prompt, Recipe, Role, Statement, Wording

NEEDS = "score"
THIS, OTHER = "this", "other"
OPTIONS = (Option(THIS, "agree", ("{statement}",)), Option(OTHER, "disagree", ("{mirror}",)))
"""The options of every wording; prompts have the actual texts as forms."""
ANY = "this"
"""Stands in for the topic of a statement without one."""


def prompts(
    model: Model, materials: Materials, *, seed: int = 0, limit: int | None = None
) -> list[Prompt]:
    """The prompts of every cell of a run, statements first, then controls (as `choice.prompts`).

    Raises:
        ModelError: the model gives no rewards.
        UsageError: a statement has no mirror, or a wording is not open (slot at its end).
    """
    if model.info.rewards is None and model.info.backend != "planted":
        raise ModelError(
            f"{model.info.name}: gives probabilities, which fall with a text's length, and method "
            "preference compares rewards of whole replies: --model reward:MODEL or "
            "implicit:MODEL,reference=MODEL"
        )
    recipe = replace(materials.recipe, blanks=())
    _require_open(recipe)
    return [
        _prompt(model, claim, wording, seed + repetition)
        for repetition in range(recipe.repetitions)
        for claim in every_claim(replace(materials, recipe=recipe), limit)
        for wording in recipe.wordings
    ]


def fitted(
    model: Model, asked: Sequence[Prompt]
) -> tuple[list[Prompt], dict[str, tuple[Option, ...]], dict[str, tuple[str, ...]]]:
    """The prompts with their two texts as options; by wording, the options without texts, and the
    model's flags."""
    first = {prompt.wording: prompt for prompt in reversed(asked)}
    cells = [replace(prompt, options=_texts(prompt)) for prompt in asked]
    flags = getattr(model, "flags", ())
    return cells, {name: p.options for name, p in first.items()}, dict.fromkeys(first, flags)


def _require_open(recipe: Recipe) -> None:
    if recipe.conditions:
        raise UsageError("method preference is asked without conditions")
    for wording in recipe.wordings:
        if wording.options or not wording.answer.endswith("{slot}"):
            raise UsageError(
                f"wording {wording.name!r}: method preference needs open wordings (options: {{}}), "
                "whose answer ends with the slot"
            )


def _prompt(
    model: Model, claim: tuple[Statement, Role, bool], wording: Wording, seed: int
) -> Prompt:
    statement, role, mirrored = claim
    if not statement.mirror:
        raise UsageError(
            f"statement {statement.id!r} has no mirror, and method preference compares the two"
        )
    question = ask(wording, statement.topic or ANY, 0)
    begin = wording.answer.removesuffix("{slot}")
    before, options = around_slot(
        model.render(question, begin, wording.joint), replace(wording, options=OPTIONS)
    )
    return Prompt(statement, role, wording.name, before, "", options, mirrored, 0, seed)


def _texts(prompt: Prompt) -> tuple[Option, ...]:
    """The options of a prompt with its two texts as forms; exchanged for the mirror."""
    texts = [prompt.statement.text, str(prompt.statement.mirror)]
    order = reversed(texts) if prompt.mirrored else texts
    return tuple(
        replace(option, forms=(option.forms[0].replace(own.forms[0], text),))
        for option, own, text in zip(prompt.options, OPTIONS, order, strict=True)
    )
