"""How a whole set is put, and what counts: protocols and what is needed to ask."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

from annotated_types import Interval, Len

from probes.types.condition import Condition
from probes.types.constraints import STRICT, NotNegative, Share, Text
from probes.types.instrument import Statement, StatementSet
from probes.types.model import ModelInfo
from probes.types.prompt import Wording
from probes.types.writing import Writing

Missing = Literal["honest", "legacy-agree"]
"""How missing answers count: within bounds, as docs/method.md 4 says; or as agreement that nobody
gave, to reproduce published numbers that have it so."""

Variants = Literal["first", "one", "all"]
"""Which texts of statements with variants are put: their own, one by seed, or every one."""

REPEATS = 2
"""Replies in each order of options of a model that gives text alone: more narrow the interval by
less than a twentieth (docs/method.md 3)."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Protocol data of docs/method.md: what is placed, and what is warned about."""

    __pydantic_config__ = STRICT

    answered: Share = 0.8
    """Least share of answered pairs."""
    wordings: Share = 0.5
    """Least share of scorable wordings."""
    opposition_p: Share = 0.01
    """Largest p value of the test that statement and mirror are answered as opposites ..."""
    content_p: Share = 0.01
    """... and, in sets without mirrors, of the test that statements are answered differently."""
    sided: Share = 0.25
    """Share of opposite answers to claim and counterclaim below which a dot is hollow."""
    mass_shown: Share = 0.10
    """Median mass below which a model is warned about, where options are shown ..."""
    mass_completed: Share = 0.005
    """... and where a sentence is completed."""
    blank_spread: NotNegative = 1.0
    """Largest spread over fillers, in log-odds, that blank correction bears."""
    bounds: NotNegative = 2.0
    """Width of [minimum, maximum], in points, beyond which a dot is hollow."""
    margin: NotNegative = 1.0
    """Points within which two positions count as equal; a mean leaning below it is none."""


STANCES = ("agree", "disagree", "neither", "unrelated")
"""What a reply may do with a statement; the last two take no side: there the answer is missing."""


@dataclass(frozen=True, slots=True)
class Stance:
    """How the stance of a written reply is judged: by a model of natural language inference.

    Each of `STANCES` that is to be told apart has a hypothesis; a softmax over the hypotheses'
    entailment logits gives their shares (zero-shot classification, Yin et al. 2019).
    """

    __pydantic_config__ = STRICT

    model: Text = "facebook/bart-large-mnli"
    """Hub id, folder or entry of models.yaml."""
    revision: str = ""
    premise: Text = "{reply}"
    """With ``{reply}``, and perhaps ``{statement}``."""
    hypotheses: Mapping[str, Text] = field(
        default_factory=lambda: {
            "agree": "The author agrees with this claim: {statement}",
            "disagree": "The author disagrees with this claim: {statement}",
            "neither": "The author takes no side on this claim: {statement}",
            "unrelated": "The author writes about something else than this claim: {statement}",
        },
        hash=False,
    )
    threshold: Share = 0.5
    """Least share of the stance that is believed; below it a reply's stance is unknown."""
    margin: Share = 0.3
    """Agree's share of agree and disagree, less disagree's, from which it is "strongly"."""


@dataclass(frozen=True, slots=True)
class Faithful:
    """What a published protocol concludes by a rule of its own, beside what the method concludes.

    "Agree" where the evidence for it is at least that against, "strongly" from a margin on, and
    "disagree" where there is no evidence at all.
    """

    __pydantic_config__ = STRICT

    cite: Text
    margin: Share = 0.3
    top: Annotated[int, Interval(ge=0, le=1000)] = 0
    """Only so many of the most likely fills count; 0: the whole vocabulary."""
    positive: tuple[Text, ...] = ()
    negative: tuple[Text, ...] = ()
    """Words that are evidence for and against, where a slot is filled."""
    set: str = ""
    """The instrument that it was used with."""
    elements: Mapping[str, tuple[Text, ...]] = field(default_factory=dict, hash=False)
    """``code``, ``paper`` or ``reconstructed`` -> the elements of the protocol known from there."""


@dataclass(frozen=True, slots=True)
class OwnMethod:
    """A method file of a user's own that a run was asked by. It is named, never run from here."""

    __pydantic_config__ = STRICT

    name: Text
    """Of the file."""
    sha256: Annotated[str, Len(64, 64)]
    """Of the file's bytes, in hexadecimal."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A protocol: wordings + method + repetitions + thresholds, under a citable name."""

    name: str
    """By which it is cited."""
    title: str
    """What it is, in a line."""
    method: str
    """How it asks: choice (options are scored) or reply (text is written)."""
    wordings: tuple[Wording, ...]
    """The sentences that each statement is put in."""
    blanks: tuple[str, ...] = ()
    """Content-free fillers, put in a statement's place."""
    controls: str = ""
    """Name of the set of non-political pairs with a known truth; empty for none."""
    repetitions: int = 1
    """How often each cell is asked, with seeds of their own."""
    thresholds: Thresholds = field(default_factory=Thresholds)
    """From when on something is said, or a model not placed."""
    writing: Writing = field(default_factory=Writing)
    """How replies are written."""
    stance: Stance | None = None
    """How the stance of written replies is judged; None: only where wordings are open."""
    faithful: Faithful | None = None
    """A published rule that is shown beside the method."""
    instead: Mapping[str, Recipe] = field(default_factory=dict, hash=False)
    """Backend -> what its models are asked in place of this, under the same name."""
    conditions: tuple[Condition, ...] = ()
    """Under which everything is asked, one after the other; the first is the reference."""
    own_method: OwnMethod | None = None
    """The user's own method that asks in place of `method`, which says how its replies are read."""
    sha256: str = ""
    """Of its content."""

    def of(self, model: ModelInfo) -> Recipe:
        """What a model is asked: as its backend has it; and where options were to be scored by one
        that gives text alone, they are chosen in `REPEATS` replies an order
        that are drawn."""
        recipe = self.instead.get(model.backend, self)
        if model.gives != "text" or recipe.method != "choice":
            return recipe
        return replace(
            recipe,
            method="reply",
            blanks=(),
            repetitions=max(recipe.repetitions, REPEATS),
            writing=replace(recipe.writing, sampling="sample"),
        )


@dataclass(frozen=True, slots=True)
class Correction:
    """How well a stance model does on labelled replies that it said agree or disagree to.

    Rates in [0, 1]: of the replies that agree, or disagree, the share that it said so of.
    """

    agree: float
    disagree: float
    weights: str
    """sha256 of the stance model's weights."""
    asked: str = ""
    """sha256 of what it was asked: premise, hypotheses and threshold."""
    source: str = ""
    """The labelled file."""
    agreeing: int = 0
    disagreeing: int = 0
    """How many labelled replies the rates come from."""

    @property
    def sentence(self) -> str:
        """What must be said beside every number that was corrected."""
        return (
            f"stances corrected for agree and disagree mistaken for each other, by {self.source} "
            f"(where the stance model gave a side, it was right on {self.agree:.0%} of "
            f"{self.agreeing} agreeing and {self.disagree:.0%} of {self.disagreeing} disagreeing "
            "replies), while sides missed, or seen where there is none, stay as they are; "
            "intervals of leanings carry the sampling error of these rates, and yes-bias is taken "
            "out as far as they can tell it"
        )

    @property
    def error(self) -> float:
        """Standard error of ``1 / (agree + disagree - 1)`` as a share of it, by the delta method.

        Of rates after adding one success and one failure, as Lang & Reiczigel (2014) do.
        """
        rates = ((self.agree, self.agreeing), (self.disagree, self.disagreeing))
        adjusted = [((rate * n + 1) / (n + 2), n + 2) for rate, n in rates]
        variance = sum(rate * (1 - rate) / n for rate, n in adjusted)
        return math.sqrt(variance) / (self.agree + self.disagree - 1)


@dataclass(frozen=True, slots=True)
class Materials:
    """What a run asks: a set, a protocol, and the control pairs that the protocol names."""

    statements: StatementSet
    recipe: Recipe
    controls: StatementSet | None = None
    missing: Missing = "honest"
    """How unanswered statements count when all is placed."""
    correction: Correction | None = None
    """For the errors of the stance model; None: its word is taken."""
    method: str = ""
    """Path of the user's own method, as it was typed; empty: the protocol's."""
    variants: Variants = "first"
    every: tuple[Statement, ...] = ()
    """All statements of the set, where `statements` are those of one round of asking."""
