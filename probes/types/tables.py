"""The result tables of a run, and of several runs compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from probes.phrases import Saying, phrase
from probes.types.instrument import Axis

if TYPE_CHECKING:
    import pandas as pd

CONDITION = phrase("condition {name}")
"""Part of a caption: the condition of all tables other than those of conditions."""

REGION = phrase(
    "A region is about both axes at once, an arm of a cross about one alone, and only arms"
    " are widened near the ends of the scale: in a corner one can be much larger than the other."
)
"""Remark of a figure that shows joint regions of positions as well as crosses of intervals
(docs/method.md, section 4)."""


@dataclass(frozen=True, slots=True)
class Tables:
    """Result tables of a run; figures draw from these and compute nothing.

    Each table is a CSV of the same name in the run folder.
    """

    axes: tuple[Axis, ...]
    """Axes of the set, in its order."""
    scale: float
    """Positions lie in [-scale, scale]."""
    caption: str
    """Set, version, protocol and n: provenance, in small print below a figure."""
    placements: pd.DataFrame
    """One row per model and axis: position, interval, bounds, and reasons against a claim."""
    ellipses: pd.DataFrame
    """One row per model and pair of axes: the joint 95 % region."""
    reference: pd.DataFrame
    """Positions of reference respondents (always yes, always no, coin tosses) on each axis."""
    variance: pd.DataFrame
    """One row per model and axis: shares of variance of topics, statements and wordings."""
    topics: pd.DataFrame
    """One row per model, axis and topic."""
    agreement: pd.DataFrame
    """One row per model, statement, role and wording: log-odds, leaning, yes-bias."""
    models: pd.DataFrame
    """One row per model: backend, family, parent, content and control gates with their
    intervals."""
    alignment: pd.DataFrame | None = None
    """One row per model and respondent of the set; None (and no CSV) where the set has none."""
    stances: pd.DataFrame | None = None
    """One row per model whose replies were judged: numbers of replies by stance, and how often the
    forced-choice reader disagrees; None where none were judged."""
    faithful: pd.DataFrame | None = None
    """One row per model and axis: result of a published protocol's own decision rule on the same
    evidence; None where the protocol has none."""
    wordings: pd.DataFrame | None = None
    """One row per model, axis and wording; None where an older version wrote the folder."""
    official: pd.DataFrame | None = None
    """One row per model and axis: score by the official test's formula; None if it has none."""
    statements: pd.DataFrame | None = None
    """One row per model and statement, models with similar answers next to each other; None where
    an older version wrote the folder."""
    differences: pd.DataFrame | None = None
    """One row per pair of models and axis, with the columns of `comparison.table`: each model
    against its parent. None (and no CSV) where no model's parent was asked."""
    variants: pd.DataFrame | None = None
    """One row per model, statement, variant and wording; None where only first texts were asked."""
    shifts: pd.DataFrame | None = None
    """Joint 95 % regions of the `differences`: one row per pair of models and pair of axes."""
    conditions: pd.DataFrame | None = None
    """One row per model, condition and axis: position, and difference from the first condition.
    None (and no CSV) where the run has no conditions."""
    steering: pd.DataFrame | None = None
    """One row per model, axis and kind of condition with a declared position; None without such."""
    challenge: pd.DataFrame | None = None
    """One row per model, axis and pole: answers changed after a counter-argument; else None."""
    intervals: str = ""
    """Scope of the intervals; printed beside the caption where intervals are shown."""
    people: pd.DataFrame | None = None
    """One row per model, axis and group of people who answered the set; None without people."""
    people_spread: pd.DataFrame | None = None
    """One row per axis and group: distribution of the people's positions; None without people."""
    people_outlines: pd.DataFrame | None = None
    """One row per vertex of an outline of a group's share, on two axes; None without people."""
    requests: pd.DataFrame | None = None
    """One row per model and pair of requests; None where a set of statements was asked."""
    evenhandedness: pd.DataFrame | None = None
    """One row per model, axis and measure: results of the requests for either pole; None where a
    set of statements was asked."""
    advice: pd.DataFrame | None = None
    """One row per model, profile and party (or other outcome): how often it was advised. None (and
    no CSV) unless method `advice` asked."""
    advice_summary: pd.DataFrame | None = None
    """One row per model and measure of its advice; None unless method `advice` asked."""
    people_caption: str = ""
    """Who the people are, when they answered, their number and weights; always printed."""
    people_parts: tuple[Saying, ...] = ()
    """`people_caption` as sentences that can be translated."""
    language: str = "en"
    """Language of the set, and of the words in figures and reports."""
    caption_parts: tuple[Saying, ...] = ()
    """`caption` as sentences that can be translated."""
    interval_parts: tuple[Saying, ...] = ()
    """`intervals` as sentences that can be translated."""
    texts: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Statement id -> its text."""
    rewards: pd.DataFrame | None = None
    """One row per wording of a model that gives rewards: the scale estimated from control pairs;
    None (and no CSV) where no model does."""
    style: pd.DataFrame | None = None
    """One row per model, axis and style baseline or regression term; only with `preference`."""
    dose: pd.DataFrame | None = None
    """One row per model, axis and corpus that the model was further trained on; None outside
    `probes corpus dose`."""
    dose_fits: pd.DataFrame | None = None
    """One row per parent and axis: regression line and rank correlation of `dose`; None outside
    `probes corpus dose`."""
    contrasts: pd.DataFrame | None = None
    """One row per fine-tuned classifier and its base, rate and group: results of `probes
    downstream`. None (as are the next four tables) unless a folder of predictions was read."""
    gaps: pd.DataFrame | None = None
    """One row per classifier and rate: the gap between groups, and its distribution by chance."""
    losses: pd.DataFrame | None = None
    """One row per classifier, other loss, rate and group: difference left with that loss."""
    link: pd.DataFrame | None = None
    """One row per classifier, axis, rate and group: the model's position or shift, and the
    difference in differences; None outside `probes downstream link`."""
    link_fits: pd.DataFrame | None = None
    """One row per base, axis, rate and group: rank correlation of `link`; None outside `probes
    downstream link`."""

    @property
    def condition(self) -> str:
        """First condition, that of all tables other than `conditions`; empty without any."""
        parts = (p for p in self.caption_parts if p.text == CONDITION)
        return next((str(part.parts["name"]) for part in parts), "")

    @property
    def trial(self) -> bool:
        """Whether any model was asked only a sample of the statements; its dots are hollow."""
        return "trial" in self.placements and bool(self.placements["trial"].any())


@dataclass(frozen=True, slots=True)
class Across:
    """Results of the same models on several instruments, compared by trait; each table is a CSV."""

    positions: pd.DataFrame
    """One row per trait, model and instrument: `across.csv`."""
    differences: pd.DataFrame
    """One row per trait, model and pair of instruments: `across_differences.csv`."""
    matrix: pd.DataFrame
    """One row per pair of (trait, instrument), correlated over models: `across_matrix.csv`."""
    traits: pd.DataFrame
    """One row per trait, with the conclusions that the data support: `across_traits.csv`."""
    caption: str
    """Provenance, and the meaning of positions."""
    language: str = "en"
    """Language of the words in figures."""
    intervals: str = ""
    """Scope of intervals and correlations."""


@dataclass(frozen=True, slots=True)
class Converged:
    """Results of the same models on the same topics by several methods; each table is a CSV."""

    across: Across
    """Positions, and the correlation matrix of instruments and methods."""
    pairs: pd.DataFrame
    """One row per pair of runs and model, compared by topic: `converge.csv`."""
    leaks: pd.DataFrame
    """One row per pair of runs (with options, with text) and model: `leaks.csv`."""
    statements: pd.DataFrame | None
    """One row per model and axis of two runs of one set: `convergence.csv`; else None."""


@dataclass(frozen=True, slots=True)
class Published:
    """Published positions of a model on the axes of one instrument."""

    model: str
    source: str
    set: str
    at: Mapping[str, tuple[float, ...]] = field(hash=False)
    """Axis -> positions, one for each published measurement, in the same order on all axes."""


@dataclass(frozen=True, slots=True)
class Editions:
    """A set in several languages, and each model compared with itself across them."""

    tables: Mapping[str, Tables]
    """Language -> tables of the run in it; the first is the reference of the comparison."""
    differences: pd.DataFrame
    """One row per model, axis and other language: `languages.csv`."""
    caption: str
    caption_parts: tuple[Saying, ...] = ()
    """The caption as sentences that can be translated."""

    @property
    def language(self) -> str:
        """The first language, used for the words in figures."""
        return next(iter(self.tables.values())).language if self.tables else "en"
