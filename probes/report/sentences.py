"""Sentences of the page that depend on the run."""

from probes.report import rows
from probes.report.load import RunData

HOLLOW = (
    "missing answers could move it, it rarely gives claim and counterclaim opposite answers, or "
    "the options are improbable"
)
ABSENT = "Models that are not placed have no dot."


def title(models: int, unplaced: int) -> str:
    """The page's heading; `unplaced` of the models are placed on no axis."""
    if unplaced == models:
        return f"No claim about {counted(models, 'model')}"
    some = f"{models - unplaced} of " if unplaced else ""
    return f"Where {some}{counted(models, 'model')} {'stands' if models == 1 else 'stand'}"


def lede(run_data: RunData, asked: int) -> str:
    """What was done, in a sentence."""
    recipe, axes = run_data.materials.recipe, run_data.materials.statements.axes
    ends = " and ".join(f"{a.name} ({a.negative} to {a.positive})" for a in axes)
    on = f", on {'axes' if len(axes) > 1 else 'the axis'} {ends}" if axes else ""
    return (
        f"{counted(asked, 'statement')} in {counted(len(recipe.wordings), 'wording')}, put to "
        f"{counted(len(run_data.answered), 'model')} by protocol {recipe.name}{on}."
    )


def figure_caption(run_data: RunData) -> str:
    """What marks of the chart mean."""
    axes = run_data.materials.statements.axes
    if len(axes) < 2:
        return f"Bars are 95 % intervals. {ABSENT} A hollow dot makes no claim: {HOLLOW}."
    some = (
        ""
        if len(axes) == 2
        else (f"Two of {len(axes)} axes at a time; the choice is above, and the table has all. ")
    )
    return (
        f"{some}Crosses are 95 % intervals, shapes joint 95 % regions. {ABSENT} A hollow dot with "
        f"dotted lines makes no claim: {HOLLOW}. In grey: within two standard deviations of coin "
        "tosses, and the same answer to everything."
    )


def pairs_note(models: int, compared: int) -> str:
    """Which pairs are compared, and what p values are adjusted for."""
    if models > rows.ALL_PAIRS:
        return (
            f"Of more than {rows.ALL_PAIRS} models, each is compared only with the one it came "
            f"from; p values are adjusted for {compared} comparisons (Holm)."
        )
    return f"P values are adjusted for all {compared} comparisons of this run (Holm)."


def counted(number: int, noun: str) -> str:
    """``counted(2, "model")`` is "2 models"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}".replace(",", "\N{THIN SPACE}")
