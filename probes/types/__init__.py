"""The vocabulary: what a statement, prompt, reply, answer and placement are.

Frozen values and Protocols only; imports nothing of ours and nothing heavy. A statement becomes a
dot in one direction:

    Statement -> Prompt -> Reply -> Answer -> agreement -> placement -> figure

The agreement and placement steps work on tables (pandas), gathered in `Tables`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    import pandas as pd

    from probes.budget import Budget

Side = Literal["agree", "disagree", "neutral"]
Role = Literal["statement", "mirror", "blank", "control"]
Status = Literal["ok", "refused", "unparsed", "failed"]
Gives = Literal["", "prompt log-probabilities", "top log-probabilities", "text"]
"""What came back when a model behind an endpoint was tried; empty for models of our own."""
Missing = Literal["honest", "legacy-agree"]
"""How missing answers count: within bounds, as METHOD 4 says; or as agreement that nobody gave, to
reproduce published numbers that have it so."""

ENOUGH = 5
"""Replies to a prompt from which log-odds can be made of their counts (METHOD 3)."""
MIRRORED = ":mirror"
"""Ends the `Answer.statement` of a control's mirror (statement ids cannot hold a colon)."""


# --- instruments -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Axis:
    """A named line between two named poles; positions grow towards `positive`."""

    name: str
    negative: str
    positive: str


@dataclass(frozen=True, slots=True)
class Statement:
    """One claim that can be agreed with, and what agreeing says about each axis."""

    id: str
    text: str
    effects: Mapping[str, float] = field(default_factory=dict, hash=False)
    """Axis name -> signed weight: where agreeing pulls (positive pole: above zero)."""
    table: Mapping[str, tuple[float, float, float, float]] = field(default_factory=dict, hash=False)
    """Axis name -> points for strongly disagree, disagree, agree, strongly agree (table keys)."""
    mirror: str | None = None
    """The same issue claimed the other way round."""
    topic: str | None = None
    extremity: int = 1
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Scoring:
    """How agreement becomes a position.

    `effects`: position = scale x weighted mean of keyed leanings. `table`: position =
    (sum of points + constant) / divisor, an axis each.
    """

    kind: Literal["effects", "table"] = "effects"
    constant: Mapping[str, float] = field(default_factory=dict, hash=False)
    divisor: Mapping[str, float] = field(default_factory=dict, hash=False)
    options: Mapping[str, float] = field(default_factory=dict, hash=False)
    """Answers of an effects key and what each counts, from disagreement up; empty: no and yes."""
    centre: float = 0.0
    """What the instrument's own home prints is this + position."""
    decimals: int = 2
    """Digits behind the point that it prints."""

    @property
    def values(self) -> tuple[float, ...]:
        """What the answers of an effects key count, as shares of the strongest."""
        counts = tuple(self.options.values()) or (-1.0, 1.0)
        most = max(map(abs, counts))
        return tuple(value / most for value in counts)

    @property
    def agree(self) -> float:
        """What plain agreement counts under an effects key, above 0 and up to 1."""
        return min(value for value in self.values if value > 0)


@dataclass(frozen=True, slots=True)
class Respondent:
    """A party or person whose own answers a set carries, for models to be set against."""

    name: str
    answers: Mapping[str, Side] = field(default_factory=dict, hash=False)
    """Statement id -> answer; statements that it did not answer are left out."""


@dataclass(frozen=True, slots=True)
class StatementSet:
    """An instrument: statements, the axes that they load on, and the key."""

    name: str
    title: str
    language: str
    licence: str
    axes: tuple[Axis, ...]
    statements: tuple[Statement, ...]
    source: str = ""
    version: str = ""
    scale: float = 10.0
    """Positions lie in [-scale, scale]."""
    scoring: Scoring = field(default_factory=Scoring)
    sha256: str = ""
    """Of the file's bytes, in hexadecimal; where texts are borrowed, of all that it says then."""
    text_from: str = ""
    """Address that the texts come from; empty where the file itself holds them."""
    respondents: tuple[Respondent, ...] = ()
    """Whose answers are known; only with them a set may have no axes."""


# --- questions ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Option:
    """A label with its surface forms.

    Forms are antonym pairs by position: form i of an agree option belongs to form i of the
    disagree option of the same strength. A leading space belongs to the form.
    """

    label: str
    side: Side
    forms: tuple[str, ...]
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Wording:
    """How a statement is put: an `ask` (with ``{statement}``, perhaps ``{options}``) and an
    `answer` (with ``{slot}``)."""

    name: str
    ask: str
    answer: str
    options: tuple[Option, ...]
    orders: tuple[tuple[int, ...], ...] = ()
    """Permutations in which ``{options}`` are shown; empty where they are not shown."""
    joint: str = " "
    """What stands between ask and answer for a model without a chat template."""
    language: str = "en"
    between: str = ", "
    last: str = " or "
    """How ``{options}`` are listed: "a, b or c"."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Protocol data of METHOD: what is placed, and what is warned about."""

    answered: float = 0.8
    """Least share of answered pairs."""
    wordings: float = 0.5
    """Least share of scorable wordings."""
    content: float = 0.5
    content_p: float = 0.01
    mass_shown: float = 0.10
    """Median mass below which a model is warned about, where options are shown ..."""
    mass_completed: float = 0.005
    """... and where a sentence is completed."""
    blank_spread: float = 1.0
    """Largest spread over fillers, in log-odds, that blank correction bears."""
    bounds: float = 2.0
    """Width of [minimum, maximum], in points, beyond which a dot is hollow."""
    margin: float = 1.0
    """Points within which two positions count as equal."""


@dataclass(frozen=True, slots=True)
class Writing:
    """How a model writes its replies, where a protocol's method has it write."""

    tokens: int = 100
    """Most new tokens of a reply."""
    sampling: Literal["checkpoint", "sample", "greedy"] = "checkpoint"
    """As the checkpoint's own generation settings say, with sampling switched on where they are
    greedy; by the numbers below; or the most probable token each time."""
    temperature: float = 1.0
    top_k: int = 0
    """Most probable tokens that are sampled from; 0: all."""
    top_p: float = 1.0
    """Least probability of the tokens that are sampled from, most probable first."""
    sentences: int = 0
    """A reply may end with its so-manieth sentence; 0: only with its last token."""


STANCES = ("agree", "disagree", "neither", "unrelated")
"""What a reply may do with a statement; the last two take no side: there the answer is missing."""


@dataclass(frozen=True, slots=True)
class Stance:
    """How the stance of a written reply is judged: by a model of natural language inference.

    Each of `STANCES` that is to be told apart has a hypothesis; a softmax over the hypotheses'
    entailment logits gives their shares (zero-shot classification, Yin et al. 2019).
    """

    model: str = "facebook/bart-large-mnli"
    """Hub id, folder or entry of models.yaml."""
    revision: str = ""
    premise: str = "{reply}"
    """With ``{reply}``, and perhaps ``{statement}``."""
    hypotheses: Mapping[str, str] = field(
        default_factory=lambda: {
            "agree": "The author agrees with this claim: {statement}",
            "disagree": "The author disagrees with this claim: {statement}",
            "neither": "The author takes no side on this claim: {statement}",
            "unrelated": "The author writes about something else than this claim: {statement}",
        },
        hash=False,
    )
    threshold: float = 0.5
    """Least share of the stance that is believed; below it a reply's stance is unknown."""
    margin: float = 0.3
    """Agree's share of agree and disagree, less disagree's, from which it is "strongly"."""


@dataclass(frozen=True, slots=True)
class Faithful:
    """What a published protocol concludes by a rule of its own, beside what the method concludes.

    "Agree" where the evidence for it is at least that against, "strongly" from a margin on, and
    "disagree" where there is no evidence at all.
    """

    cite: str
    margin: float = 0.3
    top: int = 0
    """Only so many of the most likely fills count; 0: the whole vocabulary."""
    positive: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()
    """Words that are evidence for and against, where a slot is filled."""
    set: str = ""
    """The instrument that it was used with."""
    elements: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    """``code``, ``paper`` or ``reconstructed`` -> the elements of the protocol known from there."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A protocol: wordings + method + repetitions + thresholds, under a citable name."""

    name: str
    title: str
    method: str
    wordings: tuple[Wording, ...]
    blanks: tuple[str, ...] = ()
    """Content-free fillers, put in a statement's place."""
    controls: str = ""
    """Name of the set of non-political pairs with a known truth; empty for none."""
    repetitions: int = 1
    thresholds: Thresholds = field(default_factory=Thresholds)
    writing: Writing = field(default_factory=Writing)
    stance: Stance | None = None
    """How the stance of written replies is judged; None: only where wordings are open."""
    faithful: Faithful | None = None
    instead: Mapping[str, Recipe] = field(default_factory=dict, hash=False)
    """Backend -> what its models are asked in place of this, under the same name."""
    sha256: str = ""

    def of(self, model: ModelInfo) -> Recipe:
        """What a model is asked: as its backend has it; and where options were to be scored by one
        that gives text alone, they are chosen in `ENOUGH` replies that are drawn."""
        recipe = self.instead.get(model.backend, self)
        if model.gives != "text" or recipe.method != "choice":
            return recipe
        return replace(
            recipe,
            method="reply",
            blanks=(),
            repetitions=max(recipe.repetitions, ENOUGH),
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
            "replies), while sides missed, or seen where there is none, stay as they are, and "
            "intervals do not carry the uncertainty of these rates"
        )


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


@dataclass(frozen=True, slots=True)
class Prompt:
    """A statement in a wording, as one model reads it: ``before + form + after``."""

    statement: Statement
    """What it is about; for a blank, a Statement whose text is the filler."""
    role: Role
    wording: str
    before: str
    after: str
    options: tuple[Option, ...]
    mirrored: bool = False
    """The text put is the statement's mirror."""
    order: int = 0
    """Index into the wording's orders."""
    seed: int = 0
    top: int = 0
    """So many of the slot's most likely fills are wanted beside the options; 0: none."""

    @property
    def name(self) -> str:
        """The `statement` of this prompt's answer: the id, marked for a control's mirror."""
        return self.statement.id + (MIRRORED if self.mirrored and self.role == "control" else "")

    @property
    def text(self) -> tuple[str, str, tuple[Option, ...]]:
        """What decides the scores: prompts with equal texts are asked once."""
        return self.before, self.after, self.options


# --- evidence ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reply:
    """What a backend made of one prompt: scores of its options, or text, or neither."""

    logprobs: Mapping[str, float] | None = None
    """Option label -> natural log of its probability, summed over forms."""
    mass: float | None = None
    """Probability that the slot holds any of the forms at all, in [0, 1]."""
    text: str | None = None
    status: Status = "ok"
    choice: str | None = None
    """Label of the option that the text chose."""
    reason: str = ""
    """Why the text was read so, or why there is none."""
    fills: tuple[tuple[str, float], ...] | None = None
    """The slot's most likely fills (single tokens) with their natural log-probabilities."""
    unseen: float | None = None
    """Probability in [0, 1] that any of the options could have more of, where a model told only
    that of its most likely first tokens."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One JSON line of evidence. `key` names the cell; one line a cell."""

    statement: str
    role: Role
    wording: str
    order: int
    seed: int
    before: str
    after: str
    logprobs: Mapping[str, float] | None
    mass: float | None
    status: Status
    key: str
    reply: str | None = None
    """What was written, where a model writes; from here on what says nothing is not in the line."""
    choice: str | None = None
    reason: str = ""
    fills: Sequence[tuple[str, float]] | None = None
    unseen: float | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model answers over HTTP, as OpenAI's do, and what may be asked of it."""

    url: str
    """Of the interface, up to what its paths have in common: ``http://localhost:8000/v1``."""
    key_env: str = ""
    """Name of the environment variable that holds the key; empty: it needs none."""
    concurrency: int = 8
    """Requests under way at any time."""
    per_minute: int = 0
    """Requests that may begin in a minute; 0: any number."""
    timeout: float = 120.0
    """Seconds that a reply may take as a whole."""
    tries: int = 8
    """How often a request is sent, the first time counted, before the run stops."""
    prices: tuple[float, float] | None = None
    """Of a million tokens read, and written, in any currency."""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """An entry of `models.yaml`, or what `--model` says of a checkpoint that is not listed."""

    name: str
    id: str
    """Hub id or local folder."""
    backend: str | None = None
    """Name of a file in `backends/`; None: read from the checkpoint's own configuration."""
    revision: str | None = None
    family: str = ""
    parent: str = ""
    """The entry or hub id that this model was trained from."""
    corpus: str = ""
    """What it was further trained on, in a word or two: figures colour by it."""
    step: int | None = None
    """Optimiser steps after which the checkpoint was taken, along a trajectory."""
    released: str = ""
    """Year and month, ``YYYY-MM``."""
    parameters: int | None = None
    access: Literal["open", "gated", "api", ""] = ""
    """Empty for what is not listed, so not known."""
    endpoint: Endpoint | None = None
    """Of backend `endpoint`."""
    gpus: float | None = None
    """GPUs that it takes up on a cluster: a share of one, or so many; None: one where there are
    any."""


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How checkpoints are loaded: the options of `probes run` that concern the machine."""

    device: str = "auto"
    dtype: str = "auto"
    device_map: str | None = None
    adapter: str | None = None
    chat: bool | None = None
    """Use the chat template; None: if the tokenizer has one."""
    trust_remote_code: bool = False
    seed: int = 0
    budget: Budget | None = None
    """What models behind endpoints may cost, all together."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What a loaded model says of itself; goes into the evidence."""

    name: str
    backend: str
    id: str
    revision: str = ""
    """Commit hash of a hub model; empty for a local folder."""
    weights: str = ""
    """sha256 over the names and bytes of the weight files."""
    tokenizer: str = ""
    """sha256 over the tokenizer's serialised form."""
    device: str = "cpu"
    dtype: str = "float32"
    chat: bool = False
    bos: bool = False
    """Whether token sequences begin with a beginning-of-sequence token."""
    tolerance: float = 1e-4
    """Largest difference in probability between batched and single scores."""
    family: str = ""
    parent: str = ""
    corpus: str = ""
    step: int | None = None
    released: str = ""
    """Year and month, ``YYYY-MM``; empty if not known."""
    parameters: int | None = None
    access: str = ""
    """``open``, ``gated`` or ``api``; empty if not known."""
    gives: Gives = ""

    @classmethod
    def of(cls, spec: ModelSpec, backend: str) -> ModelInfo:
        """With what its entry says, before anything of it is loaded."""
        return cls(
            spec.name,
            backend,
            spec.id,
            family=spec.family,
            parent=spec.parent,
            corpus=spec.corpus,
            step=spec.step,
            released=spec.released,
            parameters=spec.parameters,
            access=spec.access,
        )

    @property
    def turns(self) -> bool:
        """Whether its answer is a turn of its own, which nobody can begin for it."""
        return self.chat and bool(self.gives)


@dataclass(frozen=True, slots=True)
class Header:
    """First line of an answers file: what the lines below it are about."""

    model: ModelInfo
    set: str
    set_sha256: str
    protocol: str
    protocol_sha256: str
    seed: int
    limit: int | None
    plan: str
    """sha256 of the plan: every cell in order, and how they are batched."""
    cells: int
    """How many answers a whole run of this plan has."""
    wordings: Mapping[str, tuple[Option, ...]]
    """Options as this model scored them: pairs it cannot score are left out of `forms`."""
    dropped: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Wording -> forms left out because this model cannot score them or their antonym."""
    flags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Wording -> remarks, such as ``unequal_pieces``."""
    shown: tuple[str, ...] = ()
    """Wordings that show their options (mass is judged apart for these)."""
    versions: Mapping[str, str] = field(default_factory=dict)


# --- numbers -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tables:
    """Everything a run concludes; figures draw from these and compute nothing.

    Each field but the first three is a CSV of the same name in the run folder.
    """

    axes: tuple[Axis, ...]
    scale: float
    caption: str
    """Set, version, protocol and n: provenance for a figure's small line."""
    placements: pd.DataFrame
    ellipses: pd.DataFrame
    reference: pd.DataFrame
    variance: pd.DataFrame
    topics: pd.DataFrame
    agreement: pd.DataFrame
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
    statements: pd.DataFrame | None = None
    """A row a model and statement, models that answered alike side by side; None likewise."""
    differences: pd.DataFrame | None = None
    """A row a pair of models and axis, as `comparison.table` has it: each model against its parent.
    None (and no CSV) where no model's parent was asked, too."""
    shifts: pd.DataFrame | None = None
    """The joint 95 % regions of those differences, a row a pair of models and pair of axes."""


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


# --- doors -------------------------------------------------------------------------------------


class Model(Protocol):
    """What every backend offers; `Scorer` and `Writer` add the verbs."""

    @property
    def info(self) -> ModelInfo:
        """What was loaded."""

    def render(self, ask: str, begin: str, joint: str) -> str:
        """The text before the slot: by the chat template (ask as the user's turn, `begin` as the
        start of the model's own), else ``ask + joint + begin``."""


@runtime_checkable
class Scorer(Model, Protocol):
    """A model that gives probabilities to options."""

    @property
    def packed(self) -> bool:
        """Whether prompts of a batch share a row without padding, once `lengths` was asked: then
        texts that begin alike belong side by side, else texts of equal length do."""

    def fit(self, prompt: Prompt) -> tuple[tuple[Option, ...], tuple[str, ...]]:
        """The prompt's options with only the antonym pairs that this model can score in this
        place, and flags (``unequal_pieces``). Raises `ModelError` if no pair is left."""

    def lengths(self, prompts: Sequence[Prompt]) -> list[int]:
        """Tokens of each prompt, for planning batches. Raises `ModelError` naming the statement
        and wording if one is longer than the context."""

    def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """One batch, one `Reply` a prompt, in order. Raises `ScoreError` on numbers that are not
        finite, `MemoryError` if the batch does not fit."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a stance model makes of one premise and hypothesis: its logits."""

    entailment: float
    neutral: float
    contradiction: float
    cut: bool = False
    """The premise was longer than the model's context, and its end was left out."""


class Judge(Protocol):
    """A model that says whether a text entails another: backend `stance`."""

    @property
    def info(self) -> ModelInfo:
        """What was loaded."""

    def lengths(self, pairs: Sequence[tuple[str, str]]) -> list[int]:
        """Tokens of each premise and hypothesis as they are read, for planning batches. Raises
        `ModelError` for a hypothesis that is longer than the context."""

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Verdict]:
        """One batch of premises and hypotheses, in order. Raises `ScoreError` on numbers that are
        not finite, `MemoryError` if the batch does not fit."""


@runtime_checkable
class Writer(Model, Protocol):
    """A model that writes text."""

    def write(self, prompts: Sequence[Prompt], writing: Writing) -> list[str | None]:
        """One continuation a prompt, in order; None where there is none. What a prompt's `seed`
        makes of it does not depend on the batch."""


@runtime_checkable
class Author(Writer, Protocol):
    """A writer that can say beforehand what writing takes."""

    def costs(self, prompts: Sequence[Prompt], writing: Writing) -> list[int]:
        """Tokens of each prompt, for planning batches. Raises `ModelError` naming the statement
        and wording if prompt and reply are longer than the context."""

    def remarks(self, writing: Writing) -> tuple[str, ...]:
        """What must be said of replies that are written so, such as sampling switched on."""


@runtime_checkable
class Foresighted(Model, Protocol):
    """A model that answers sooner if it knows what will be asked: it works ahead."""

    def expect(self, prompts: Sequence[Prompt], writing: Writing | None) -> None:
        """These will be asked in this order: to be scored, or written on as `writing` says."""
