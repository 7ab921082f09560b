"""Warnings about a model as a whole, reported with its position on every axis."""

from collections.abc import Mapping

import numpy as np

from probes.agreement.rewards import ControlScale
from probes.phrases import phrase
from probes.placement.grid import Cells, median
from probes.types import Header, ModelInfo, Recipe
from probes.types.reasons import REWARDS, Reason, improbable, low_mass

LARGE_BIAS = float(np.tanh(1.0))
"""tanh of b = 2 log-odds: a yes-bias above it is large."""
ATTENUATED = Reason(
    phrase("attenuated by yes-bias: too few replies go the other way to tell its size")
)

FLAGS: Mapping[str, str] = {
    "unequal_pieces": "words for and against have unequal numbers of pieces",
    "reward_of_one_text": "its reward is of question and reply as one text",
    "reward_of_two_texts": "its reward is of question and reply as two texts",
}
"""Flags of the evidence that are codes -> sentence; other flags are sentences already."""


def warnings_of(
    grid: Cells, recipe: Recipe, header: Header, scales: Mapping[str, ControlScale]
) -> list[Reason]:
    """Warnings from the options' probability, the evidence's flags, the kind of access, and rewards
    (which have `scales`)."""
    mass, flags = _mass_warnings(grid, recipe), _flag_warnings(header)
    bias = _bias_warnings(grid) if recipe.method == "reply" else []
    rewards = _reward_warnings(scales) if header.model.rewards else []
    return [*mass, *flags, *bias, *_access_warnings(recipe, header.model), *rewards]


def _reward_warnings(scales: Mapping[str, ControlScale]) -> list[Reason]:
    """Warnings on the interpretation of positions from rewards, and on wordings left out."""
    lost = ", ".join(name for name, scale in scales.items() if not scale.usable)
    left_out = f"its rewards do not tell the control pairs apart in {lost}: left out"
    return [REWARDS, *([Reason(left_out)] if lost else [])]


def _bias_warnings(grid: Cells) -> list[Reason]:
    """Warning if yes-bias is so large that replies do not show its size."""
    means = [median(np.abs(column)) for column in grid.grids["yes_bias"].T]
    large = [mean > LARGE_BIAS for mean in means if np.isfinite(mean)]
    return [ATTENUATED] if 2 * sum(large) > len(large) else []


def _mass_warnings(grid: Cells, recipe: Recipe) -> list[Reason]:
    """Warnings if the options have little probability, with separate thresholds for wordings that
    show them; and if so in most wordings, which makes the model's dots hollow."""
    shown = np.array([w in {w.name for w in recipe.wordings if w.orders} for w in grid.wordings])
    limits, mass = recipe.thresholds, grid.grids["mass"]
    warnings = []
    for which, least in ((True, limits.mass_shown), (False, limits.mass_completed)):
        if median(mass[:, shown == which]) < least:
            warnings.append(low_mass(least, "shown" if which else "completed"))
    least_of = np.where(shown, limits.mass_shown, limits.mass_completed)
    low = [m < least for m, least in zip(masses(grid), least_of, strict=True) if np.isfinite(m)]
    return [improbable(sum(low), len(low)), *warnings] if 2 * sum(low) > len(low) else warnings


def masses(grid: Cells) -> list[float]:
    """Median mass of each wording; NaN where unknown."""
    return [median(column) for column in grid.grids["mass"].T]


def _flag_warnings(header: Header) -> list[Reason]:
    """Remarks of the evidence on wordings, and on words that were left out."""
    notes = dict.fromkeys(note for flags in header.flags.values() for note in flags)
    warnings = [
        Reason(
            f"{FLAGS.get(note, note)} in "
            + ", ".join(w for w, flags in header.flags.items() if note in flags)
        )
        for note in notes
    ]
    dropped = [name for name, forms in header.dropped.items() if forms]
    return [*warnings, *([Reason(f"words left out in {', '.join(dropped)}")] if dropped else [])]


def _access_warnings(recipe: Recipe, info: ModelInfo) -> list[Reason]:
    """Remarks on models that return less than all probabilities."""
    if info.gives == "text":
        return [Reason(phrase("gives text alone: its replies were read"))]
    if info.gives == "top log-probabilities" and recipe.method == "choice":
        return [Reason(phrase("scored by first tokens: the bounds hold what was not told of"))]
    return []
