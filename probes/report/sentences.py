"""Sentences of the page that depend on the run; those above the chart are translated."""

from collections.abc import Sequence

from probes.phrases import listed, phrase, plural, say
from probes.report import rows
from probes.report.load import RunData
from probes.types import Tables
from probes.types.reasons import unplaced_models
from probes.types.tables import REGION

BARS = phrase("Bars are 95 % intervals.")
CROSSES = phrase("Crosses are 95 % intervals, shapes joint 95 % regions.")
ABSENT = phrase("Models that are not placed have no dot.")
HOLLOW = phrase(
    "A hollow dot with dotted lines makes no claim: missing answers could move it, it mostly says"
    " the same to a claim and to its opposite, the options are improbable, or the run is a trial."
)
BACKDROP = phrase(
    "In grey: within two standard deviations of coin tosses, and the same answer to everything."
)


def title(models: int, unplaced: int) -> str:
    """Heading of the page; `unplaced` of the models have no claim on any axis."""
    every, placed = _number(models), _number(models - unplaced)
    if unplaced == models:
        return plural(models, "No claim about {n} model", "No claim about {n} models", n=every)
    if unplaced:
        text = phrase("Where {placed} of {n} models stand")
        return say(text, placed=placed, n=every)
    return plural(models, "Where {n} model stands", "Where {n} models stand", n=every)


def lede(run_data: RunData, asked: int) -> str:
    """The introduction: one sentence on what was asked of how many models."""
    recipe, axes = run_data.materials.recipe, run_data.materials.statements.axes
    wordings, models = len(recipe.wordings), len(run_data.answered)
    parts = {
        "statements": plural(asked, "{n} statement", "{n} statements", n=_number(asked)),
        "wordings": plural(wordings, "{n} wording", "{n} wordings"),
        "models": plural(models, "{n} model", "{n} models", n=_number(models)),
        "protocol": recipe.name,
    }
    if not axes:
        text = phrase("{statements} in {wordings}, put to {models} by protocol {protocol}.")
        return say(text, **parts)
    text = phrase("{name} ({negative} to {positive})")
    labels = ((say(a.name), say(a.negative), say(a.positive)) for a in axes)
    ends = [
        say(text, name=name, negative=negative, positive=positive)
        for name, negative, positive in labels
    ]
    return plural(
        len(axes),
        "{statements} in {wordings}, put to {models} by protocol {protocol}, on the axis {axes}.",
        "{statements} in {wordings}, put to {models} by protocol {protocol}, on axes {axes}.",
        axes=listed(ends),
        **parts,
    )


def figure_caption(run_data: RunData) -> str:
    """Caption of the chart: the meaning of its marks."""
    axes = len(run_data.materials.statements.axes)
    if axes < 2:
        return " ".join(map(say, (BARS, ABSENT, HOLLOW)))
    some = []
    if axes > 2:
        text = phrase("Two of {n} axes at a time; the choice is above, and the table has all.")
        some.append(say(text, n=axes))
    return " ".join([*some, *map(say, (CROSSES, REGION, ABSENT, HOLLOW, BACKDROP))])


def absent(tables: Tables, axes: Sequence[str]) -> str:
    """Sentence on the models without a dot in the chart of these axes, with reasons, as in figures;
    empty if every model has one."""
    by_reason: dict[str, list[str]] = {}
    for model, why in unplaced_models(tables, axes).items():
        by_reason.setdefault(why, []).append(model)
    groups = [f"{', '.join(models)} ({why})" for why, models in by_reason.items()]
    return say("No claim about: {models}.", models="; ".join(groups)) if groups else ""


def pairs_note(models: int, compared: int) -> str:
    """Note on which pairs are compared, and on the adjustment of p-values."""
    if models > rows.ALL_PAIRS:
        return plural(
            compared,
            "Of more than {most} models, each is compared only with the one it came from: {n}"
            " comparison.",
            "Of more than {most} models, each is compared only with the one it came from; p values"
            " are adjusted for {n} comparisons (Holm).",
            most=rows.ALL_PAIRS,
        )
    return plural(
        compared,
        "It is the only comparison of this run, so its p value is not adjusted.",
        "P values are adjusted for all {n} comparisons of this run (Holm).",
    )


def _number(number: int) -> str:
    """A number with thin spaces between thousands."""
    return f"{number:,}".replace(",", "\N{THIN SPACE}")
