"""Protocols: wordings, method, repetitions and thresholds; and the materials of a run."""

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
"""How missing answers count: `honest` gives bounds, as in docs/method.md 4; `legacy-agree` counts
them as agreement, to reproduce published numbers computed that way."""

Variants = Literal["first", "one", "all"]
"""Which texts of statements with variants are asked: their own, one drawn by seed, or all."""

REPEATS = 2
"""Replies in each order of options, for a model that returns text only: more would narrow the
interval by less than a twentieth (docs/method.md 3)."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Thresholds of docs/method.md: for placing a model, and for warnings."""

    __pydantic_config__ = STRICT

    answered: Share = 0.8
    """Minimum share of answered pairs."""
    wordings: Share = 0.5
    """Minimum share of scorable wordings."""
    opposition_p: Share = 0.01
    """Maximum p-value of the test for opposite answers to statement and mirror (with mirrors)."""
    content_p: Share = 0.01
    """Maximum p-value of the test that answers differ between statements (sets without mirrors)."""
    sided: Share = 0.25
    """Minimum share of opposite answers to claim and counterclaim; below it the dot is hollow."""
    mass_shown: Share = 0.10
    """Median mass below which a model gets a warning, in wordings that show their options."""
    mass_completed: Share = 0.005
    """Median mass below which a model gets a warning, in wordings that complete a sentence."""
    blank_spread: NotNegative = 1.0
    """Maximum spread over fillers, in log-odds, for blank correction to be applied."""
    bounds: NotNegative = 2.0
    """Maximum width of [minimum, maximum], in points; beyond it the dot is hollow."""
    margin: NotNegative = 1.0
    """Difference in points up to which two positions count as equal; a mean leaning within it has
    no direction."""


STANCES = ("agree", "disagree", "neither", "unrelated")
"""Stances of a reply towards a statement; the last two count as missing answers."""


@dataclass(frozen=True, slots=True)
class Stance:
    """Settings for judging the stance of written replies with a natural language inference model.

    Each of `STANCES` that is to be distinguished has a hypothesis; a softmax over the hypotheses'
    entailment logits gives their shares (zero-shot classification, Yin et al. 2019).
    """

    __pydantic_config__ = STRICT

    model: Text = "facebook/bart-large-mnli"
    """Hub id, folder or entry of models.yaml."""
    revision: str = ""
    premise: Text = "{reply}"
    """Template of the premise: ``{reply}``, and perhaps ``{statement}``."""
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
    """Minimum share of the most likely stance; below it the reply's stance is unknown."""
    margin: Share = 0.3
    """Minimum of |agree - disagree| / (agree + disagree), of the shares, for "strongly"."""


@dataclass(frozen=True, slots=True)
class Faithful:
    """Decision rule of a published protocol, reported beside the method's own result.

    "Agree" if the evidence for agreement is at least that against it, "strongly" from a margin on,
    "disagree" if there is no evidence at all.
    """

    __pydantic_config__ = STRICT

    cite: Text
    margin: Share = 0.3
    top: Annotated[int, Interval(ge=0, le=1000)] = 0
    """Number of most likely fills that count; 0: the whole vocabulary."""
    positive: tuple[Text, ...] = ()
    negative: tuple[Text, ...] = ()
    """Words that are evidence for (`positive`) and against (`negative`), where a slot is filled."""
    set: str = ""
    """Name of the instrument that the protocol was published with."""
    elements: Mapping[str, tuple[Text, ...]] = field(default_factory=dict, hash=False)
    """``code``, ``paper`` or ``reconstructed`` -> elements of the protocol known from it."""


@dataclass(frozen=True, slots=True)
class OwnMethod:
    """A user's own method file that a run used; never executed from here."""

    __pydantic_config__ = STRICT

    name: Text
    """Name of the file."""
    sha256: Annotated[str, Len(64, 64)]
    """sha256 of the file's bytes, in hexadecimal."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A protocol: wordings + method + repetitions + thresholds, under a citable name."""

    name: str
    """Name by which the protocol is cited."""
    title: str
    """Title in one line."""
    method: str
    """Method: choice (options are scored) or reply (text is written)."""
    wordings: tuple[Wording, ...]
    """Wordings in which each statement is asked."""
    blanks: tuple[str, ...] = ()
    """Content-free fillers that replace the statement, for blank correction."""
    controls: str = ""
    """Name of the set of non-political control pairs with known truth; empty for none."""
    repetitions: int = 1
    """Number of times that each cell is asked, each with its own seed."""
    thresholds: Thresholds = field(default_factory=Thresholds)
    """Thresholds for placing models and for warnings."""
    writing: Writing = field(default_factory=Writing)
    """Settings for written replies."""
    stance: Stance | None = None
    """Settings for judging the stance of written replies; None: judged only in open wordings."""
    faithful: Faithful | None = None
    """Published decision rule to report beside the method."""
    instead: Mapping[str, Recipe] = field(default_factory=dict, hash=False)
    """Backend -> recipe that its models are asked instead of this one, under the same name."""
    conditions: tuple[Condition, ...] = ()
    """Conditions under which everything is asked, in turn; the first is the reference."""
    own_method: OwnMethod | None = None
    """The user's own method, which asks instead of `method`; `method` says how replies are read."""
    sha256: str = ""
    """sha256 of the content."""

    def of(self, model: ModelInfo) -> Recipe:
        """The recipe that a model is asked: that of its backend; if options were to be scored but
        the model returns text only, it chooses them in `REPEATS` sampled replies an order."""
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
    """Accuracy of a stance model on labelled replies, for correcting its errors.

    Rates in [0, 1]: the share of agreeing (disagreeing) replies that it judged to agree (disagree).
    """

    agree: float
    disagree: float
    weights: str
    """sha256 of the stance model's weights."""
    asked: str = ""
    """sha256 of the judging settings: premise, hypotheses and threshold."""
    source: str = ""
    """Name of the labelled file."""
    agreeing: int = 0
    disagreeing: int = 0
    """Numbers of labelled replies that agree and that disagree."""

    @property
    def sentence(self) -> str:
        """Sentence to report beside every corrected number."""
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
        """Relative standard error of ``1 / (agree + disagree - 1)``, by the delta method.

        Computed from rates after adding one success and one failure (Lang & Reiczigel 2014).
        """
        rates = ((self.agree, self.agreeing), (self.disagree, self.disagreeing))
        adjusted = [((rate * n + 1) / (n + 2), n + 2) for rate, n in rates]
        variance = sum(rate * (1 - rate) / n for rate, n in adjusted)
        return math.sqrt(variance) / (self.agree + self.disagree - 1)


@dataclass(frozen=True, slots=True)
class Materials:
    """Everything a run asks: a set, a protocol, and the control pairs that the protocol names."""

    statements: StatementSet
    recipe: Recipe
    controls: StatementSet | None = None
    missing: Missing = "honest"
    """How unanswered statements count when models are placed."""
    correction: Correction | None = None
    """Correction for the errors of the stance model; None: its judgements are used uncorrected."""
    method: str = ""
    """Path of the user's own method as typed; empty: the protocol's method."""
    variants: Variants = "first"
    every: tuple[Statement, ...] = ()
    """All statements of the set, where `statements` holds those of one round only."""
