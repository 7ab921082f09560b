"""Sentences of the page that depend on the run; those above the chart in the language at hand."""

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
    """The page's heading; of `unplaced` of the models nothing is claimed on any axis."""
    every, placed = _number(models), _number(models - unplaced)
    if unplaced == models:
        return plural(models, "No claim about {n} model", "No claim about {n} models", n=every)
    if unplaced:
        text = phrase("Where {placed} of {n} models stand")
        return say(text, placed=placed, n=every)
    return plural(models, "Where {n} model stands", "Where {n} models stand", n=every)


def lede(run_data: RunData, asked: int) -> str:
    """What was done, in a sentence."""
    recipe, axes = run_data.materials.recipe, run_data.materials.statements.axes
    put, models = len(recipe.wordings), len(run_data.answered)
    parts = {
        "statements": plural(asked, "{n} statement", "{n} statements", n=_number(asked)),
        "wordings": plural(put, "{n} wording", "{n} wordings"),
        "models": plural(models, "{n} model", "{n} models", n=_number(models)),
        "protocol": recipe.name,
    }
    if not axes:
        text = phrase("{statements} in {wordings}, put to {models} by protocol {protocol}.")
        return say(text, **parts)
    text = phrase("{name} ({negative} to {positive})")
    named = ((say(a.name), say(a.negative), say(a.positive)) for a in axes)
    ends = [say(text, name=name, negative=one, positive=other) for name, one, other in named]
    return plural(
        len(axes),
        "{statements} in {wordings}, put to {models} by protocol {protocol}, on the axis {axes}.",
        "{statements} in {wordings}, put to {models} by protocol {protocol}, on axes {axes}.",
        axes=listed(ends),
        **parts,
    )


def figure_caption(run_data: RunData) -> str:
    """What marks of the chart mean."""
    axes = len(run_data.materials.statements.axes)
    if axes < 2:
        return " ".join(map(say, (BARS, ABSENT, HOLLOW)))
    some = []
    if axes > 2:
        text = phrase("Two of {n} axes at a time; the choice is above, and the table has all.")
        some.append(say(text, n=axes))
    return " ".join([*some, *map(say, (CROSSES, REGION, ABSENT, HOLLOW, BACKDROP))])


def absent(tables: Tables, axes: Sequence[str]) -> str:
    """Who has no dot in the chart of these axes, and why, as figures say it; empty without any."""
    by_reason: dict[str, list[str]] = {}
    for model, why in unplaced_models(tables, axes).items():
        by_reason.setdefault(why, []).append(model)
    groups = [f"{', '.join(models)} ({why})" for why, models in by_reason.items()]
    return say("No claim about: {models}.", models="; ".join(groups)) if groups else ""


def pairs_note(models: int, compared: int) -> str:
    """Which pairs are compared, and what p values are adjusted for."""
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
    """Thousands apart."""
    return f"{number:,}".replace(",", "\N{THIN SPACE}")
