"""Method `preference`: which of two texts on one topic a model rewards more, as replies.

The question names the topic alone, and the two replies are a statement and its mirror: nobody says
yes to anything, and so nothing cancels by mirrors either. What is liked about the texts' style
stands in the table of style (docs/method.md 11). Each pair is asked as statement and as mirror,
with the texts exchanged. Pure: knows texts and options, neither tokens nor torch.
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
"""The replies of every wording; the texts themselves stand in the prompts alone."""
ANY = "this"
"""In the place of the topic of a statement that has none."""


def prompts(
    model: Model, materials: Materials, *, seed: int = 0, limit: int | None = None
) -> list[Prompt]:
    """Every cell of a run, statements first, then controls (`choice.prompts`).

    Raises:
        ModelError: the model gives no rewards.
        UsageError: a statement has no mirror, or a wording has no slot for a whole reply.
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
    """The prompts with their two texts as options; the options of each wording, without texts; and
    what a model remarks on how it reads them."""
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
    """The options of a prompt with its texts in their places, the one that is put first."""
    texts = [prompt.statement.text, str(prompt.statement.mirror)]
    order = reversed(texts) if prompt.mirrored else texts
    return tuple(
        replace(option, forms=(option.forms[0].replace(own.forms[0], text),))
        for option, own, text in zip(prompt.options, OPTIONS, order, strict=True)
    )
