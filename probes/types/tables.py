"""What a run concludes, as tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from probes.phrases import Saying, phrase
from probes.types.instrument import Axis

if TYPE_CHECKING:
    import pandas as pd

CONDITION = phrase("condition {name}")
"""Of a caption: the condition under which all but the tables of conditions are."""

REGION = phrase(
    "A region is about both axes at once, an arm of a cross about one alone, and only arms"
    " are widened near the ends of the scale: in a corner one can be much larger than the other."
)
"""Of a figure with joint regions of positions, and intervals as crosses (docs/method.md 4)."""


@dataclass(frozen=True, slots=True)
class Tables:
    """Everything a run concludes; figures draw from these and compute nothing.

    Each table is a CSV of the same name in the run folder.
    """

    axes: tuple[Axis, ...]
    """The set's, in its order."""
    scale: float
    """Positions lie in [-scale, scale]."""
    caption: str
    """Set, version, protocol and n: provenance for a figure's small line."""
    placements: pd.DataFrame
    """A row a model and axis: position, interval, bounds, and what speaks against it."""
    ellipses: pd.DataFrame
    """A row a model and pair of axes: the joint 95 % region."""
    reference: pd.DataFrame
    """Where all-yes, all-no and coin tosses land on each axis."""
    variance: pd.DataFrame
    """A row a model and axis: shares of topics, statements and wordings."""
    topics: pd.DataFrame
    """A row a model, axis and topic."""
    agreement: pd.DataFrame
    """A row a model, statement, role and wording: log-odds, leaning, yes-bias."""
    models: pd.DataFrame
    """A row a model: backend, family, parent, content and control gates with their intervals."""
    alignment: pd.DataFrame | None = None
    """A row a model and respondent of the set; None (and no CSV) where the set has none."""
    stances: pd.DataFrame | None = None
    """A row a model whose replies were judged: how many take which stance, and how often the
    forced-choice reader says otherwise; None where none were."""
    faithful: pd.DataFrame | None = None
    """A row a model and axis: what a published protocol's own rule concludes from the same
    evidence; None where the protocol has none."""
    wordings: pd.DataFrame | None = None
    """A row a model, axis and wording; None where an older version wrote the folder."""
    official: pd.DataFrame | None = None
    """A row a model and axis: the score of the test's own home; None where the set has none."""
    statements: pd.DataFrame | None = None
    """A row a model and statement, models that answered alike side by side; None likewise."""
    differences: pd.DataFrame | None = None
    """A row a pair of models and axis, as `comparison.table` has it: each model against its parent.
    None (and no CSV) where no model's parent was asked, too."""
    variants: pd.DataFrame | None = None
    """A row a model, statement, variant and wording; None where only first texts were asked."""
    shifts: pd.DataFrame | None = None
    """The joint 95 % regions of those differences, a row a pair of models and pair of axes."""
    conditions: pd.DataFrame | None = None
    """A row a model, condition and axis: position, and difference from the first condition. None
    (and no CSV) where the run has no conditions."""
    steering: pd.DataFrame | None = None
    """A row a model, axis and kind of condition with a declared position; None likewise."""
    challenge: pd.DataFrame | None = None
    """A row a model, axis and pole: answers given up under a counter-argument; None likewise."""
    intervals: str = ""
    """What the intervals are about: stands beside the caption where intervals are shown."""
    people: pd.DataFrame | None = None
    """A row a model, axis and group of people who answered the set; None where none are known."""
    people_spread: pd.DataFrame | None = None
    """A row an axis and group: how the people are spread; None likewise."""
    people_outlines: pd.DataFrame | None = None
    """A row a corner of a line round a share of a group, on two axes; None likewise."""
    requests: pd.DataFrame | None = None
    """A row a model and pair of requests; None where a set of statements was asked."""
    evenhandedness: pd.DataFrame | None = None
    """A row a model, axis and measure: what requests for either pole got; None likewise."""
    advice: pd.DataFrame | None = None
    """A row a model, profile and party, or other outcome: how often advised. None (and no CSV)
    where method `advice` did not ask."""
    advice_summary: pd.DataFrame | None = None
    """A row a model and measure of its advice; None likewise."""
    people_caption: str = ""
    """Who the people are, when they answered, how many, and their weights; never left out."""
    people_parts: tuple[Saying, ...] = ()
    """The same, to be said in another language."""
    language: str = "en"
    """Of the set: figures and reports take their words from it."""
    caption_parts: tuple[Saying, ...] = ()
    """The caption, to be said in another language."""
    interval_parts: tuple[Saying, ...] = ()
    """What the intervals are about, likewise."""
    texts: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Statement -> what it says."""
    rewards: pd.DataFrame | None = None
    """A row a wording of a model that gives rewards: the scale that the control pairs give; None
    (and no CSV) where no model does."""
    style: pd.DataFrame | None = None
    """A row a model and axis, and a baseline of style or term of the regression on them; None where
    method `preference` did not ask."""
    dose: pd.DataFrame | None = None
    """A row a model, axis and the corpus that it was trained further on; None but where `probes
    corpus dose` held models against corpora."""
    dose_fits: pd.DataFrame | None = None
    """A row a parent and axis of those: line and rank correlation; None likewise."""
    contrasts: pd.DataFrame | None = None
    """A row a classifier's child and base, rate and group: what `probes downstream` concludes. None
    but where a folder of predictions was read; so are those that follow."""
    gaps: pd.DataFrame | None = None
    """A row a classifier and rate: the gap over groups, and what chance shows."""
    losses: pd.DataFrame | None = None
    """A row a child, other loss, rate and group: what the loss leaves of the difference."""
    link: pd.DataFrame | None = None
    """A row a child, axis, rate and group: where it stands, or how far it moved, beside the
    difference in differences; None but where `probes downstream link` held the two together."""
    link_fits: pd.DataFrame | None = None
    """A row a base, axis, rate and group of those: rank correlation; None likewise."""

    @property
    def condition(self) -> str:
        """The first condition, under which all but the tables of conditions are; empty if none."""
        parts = (p for p in self.caption_parts if p.text == CONDITION)
        return next((str(part.parts["name"]) for part in parts), "")

    @property
    def trial(self) -> bool:
        """Whether any model was asked a sample of the statements alone; its dots are hollow."""
        return "trial" in self.placements and bool(self.placements["trial"].any())


@dataclass(frozen=True, slots=True)
class Across:
    """The same models on several instruments, trait by trait; each table is a CSV."""

    positions: pd.DataFrame
    """A row a trait, model and instrument: `across.csv`."""
    differences: pd.DataFrame
    """A row a trait, model and pair of instruments: `across_differences.csv`."""
    matrix: pd.DataFrame
    """A row a pair of (trait, instrument), correlated over models: `across_matrix.csv`."""
    traits: pd.DataFrame
    """A row a trait, with what may be said of it: `across_traits.csv`."""
    caption: str
    """Provenance, and what positions are."""
    language: str = "en"
    """Of the words of figures."""
    intervals: str = ""
    """What intervals and correlations are about."""


@dataclass(frozen=True, slots=True)
class Converged:
    """The same models on the same topics, asked in several ways; each table is a CSV."""

    across: Across
    """Positions, and the matrix of instruments and ways of asking."""
    pairs: pd.DataFrame
    """A row a pair of runs and model, topic by topic: `converge.csv`."""
    leaks: pd.DataFrame
    """A row a run in options, a run in text and a model: `leaks.csv`."""
    statements: pd.DataFrame | None
    """A row a model and axis of two runs of one set: `convergence.csv`; None without such."""


@dataclass(frozen=True, slots=True)
class Published:
    """Where others have put a model, on the axes of one instrument."""

    model: str
    source: str
    set: str
    at: Mapping[str, tuple[float, ...]] = field(hash=False)
    """Axis -> positions, one for each time that it was placed, in the same order on all axes."""


@dataclass(frozen=True, slots=True)
class Editions:
    """A set in several languages, and each model against itself across them."""

    tables: Mapping[str, Tables]
    """Language -> what the run in it concluded; the first is the one that others stand against."""
    differences: pd.DataFrame
    """A row a model, axis and other language: `languages.csv`."""
    caption: str
    caption_parts: tuple[Saying, ...] = ()
    """The caption, to be said in another language."""

    @property
    def language(self) -> str:
        """The first one: figures take their words from it."""
        return next(iter(self.tables.values())).language if self.tables else "en"
