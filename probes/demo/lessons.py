"""What the demo's models are taught: known opinions, as text around a slot.

An opinion says how often each text is agreed with; a lesson is a prompt of the protocol with the
share of lessons in which each form fills its slot. The text is made by the method itself
(`methods.choice`), so that there is one place where statements are put into words. Pure: neither
tokens nor torch.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

from probes.demo import keying
from probes.errors import UsageError, nearest
from probes.instruments import sets
from probes.methods import choice
from probes.runs.prepare import gather
from probes.runs.recipe import ProtocolChoice
from probes.types import Materials, ModelInfo, Option, Prompt, StatementSet, Wording

Kind = Literal["masked", "causal"]
Opinion = Literal["left-libertarian", "right-authoritarian", "balanced", "yes-sayer"]
OPINIONS: tuple[Opinion, ...] = ("left-libertarian", "right-authoritarian", "balanced", "yes-sayer")

PARTISAN = 0.92
"""Share of lessons that say a partisan's opinion, not its contrary: a position of 2 PARTISAN - 1.
"""
BALANCED = 0.95, 0.85
"""The same for `balanced`, by turns: half of a topic's opinions, those of one pole, are held more
firmly than those of the other."""
YES = 0.96, 0.87
"""Shares of yes of the yes-sayer: the pole of an axis for which it says yes more often alternates
over wordings, so that nothing but yes holds across them. (Taught one share throughout, it answers
alike everywhere, to within thousandths; but what little is left of a difference between statements
holds across wordings, and `opposition`, which knows no size, calls that an opinion.)"""
BLANK = 0.5
"""Share of agreement with a blank."""
BLANK_WEIGHT = 4
"""How often blanks come up for once that a statement does: there are few of them."""
POLES: Mapping[Opinion, int] = {"left-libertarian": -1, "right-authoritarian": 1}
"""The pole of every axis at which the two partisans stand: -1 is the negative one."""


MODELS = tuple(f"{kind}-{opinion}" for kind in ("masked", "causal") for opinion in OPINIONS)


@dataclass(frozen=True, slots=True)
class Curriculum:
    """What is taught to which models; two demos with equal curricula are the same demo."""

    set: str = "compass"
    protocol: str = "default"
    models: tuple[str, ...] = MODELS
    """Names: a kind, a hyphen, an opinion."""
    steps: int = 400
    batch: int = 32
    seed: int = 0

    def steps_of(self, opinion: Opinion) -> int:
        """Four times as many for the yes-sayer: its lessons differ by little."""
        return 4 * self.steps if opinion == "yes-sayer" else self.steps

    def materials(self) -> Materials:
        """Set, protocol and controls.

        Raises:
            SetError: one of them has faults.
        """
        return gather(sets.load(self.set), ProtocolChoice(self.protocol))


@dataclass(frozen=True, slots=True)
class Lesson:
    """A prompt and what fills its slot: ``before + form + after``."""

    before: str
    after: str
    forms: tuple[str, ...]
    shares: tuple[float, ...]
    """How often each form is taught, in lessons per round; they sum to 1, or `BLANK_WEIGHT`."""

    @property
    def texts(self) -> Iterator[str]:
        """The filled texts, form by form."""
        return (self.before + form + self.after for form in self.forms)


@dataclass(frozen=True, slots=True)
class _PlainRenderer:
    """Puts ask and answer together as a model without a chat template does."""

    info: ModelInfo

    def render(self, ask: str, begin: str, joint: str) -> str:
        return ask + joint + begin


def kind_and_opinion(name: str) -> tuple[Kind, Opinion]:
    """Kind and opinion of the model of that name.

    Raises:
        UsageError: it is not a kind, a hyphen and an opinion.
    """
    kind, _, opinion = name.partition("-")
    if kind not in get_args(Kind) or opinion not in OPINIONS:
        raise UsageError(f"demo: no model {name!r}: {nearest(name, MODELS)}")
    return cast("Kind", kind), opinion


def planted_positions(opinion: Opinion, statements: StatementSet) -> dict[str, float]:
    """Axis -> where the opinion stands, on the set's scale."""
    position = POLES.get(opinion, 0) * (2 * PARTISAN - 1) * statements.scale
    return {axis.name: position for axis in statements.axes}


def lessons(opinion: Opinion, materials: Materials) -> list[Lesson]:
    """Every cell of a run as a lesson, in the run's own order; no randomness."""
    shares = _agreement_shares(opinion, materials.statements)
    orders = {w.name: max(1, len(w.orders)) for w in materials.recipe.wordings}
    tilts = _tilts(materials.recipe.wordings)
    axes = [axis.name for axis in materials.statements.axes]
    taught = []
    for prompt in plain_prompts(materials):
        if opinion == "yes-sayer":
            share = _yes_share(prompt, axes, tilts[prompt.wording])
        else:
            share = _agreement_share(prompt, shares)
        weight = (BLANK_WEIGHT if prompt.role == "blank" else 1) / orders[prompt.wording]
        forms = [(form, weight * s) for form, s in _form_shares(prompt.options, share)]
        taught.append(Lesson(prompt.before, prompt.after, *zip(*forms, strict=True)))
    return taught


def plain_prompts(materials: Materials) -> Sequence[Prompt]:
    """Every cell of a run, in its order, as a model without a chat template is asked."""
    return choice.prompts(_PlainRenderer(ModelInfo("plain", "", "")), materials)


def _agreement_share(prompt: Prompt, shares: Mapping[str, float]) -> float:
    """How often a respondent with these shares by statement agrees with the text of a prompt."""
    if prompt.role == "blank":
        return BLANK
    if prompt.role == "control":
        share = PARTISAN if keying.key(prompt.statement) > 0 else 1 - PARTISAN
    else:
        share = shares[prompt.statement.id]
    return 1 - share if prompt.mirrored else share


def _yes_share(prompt: Prompt, axes: Sequence[str], tilts: tuple[int, int]) -> float:
    """How often the yes-sayer agrees, in a wording that favours these poles, an axis each.

    Args:
        prompt: What it is asked.
        axes: Names of the set's axes.
        tilts: Of the first and the second axis, and so on by turns: -1, 0 or 1 (`_tilts`).
    """
    if prompt.role in ("blank", "control"):
        return PARTISAN
    key = keying.key(prompt.statement)
    pole = -key if prompt.mirrored else key
    favour = pole * tilts[axes.index(keying.axis(prompt.statement)) % 2]
    return sum(YES) / 2 + favour * (YES[0] - YES[1]) / 2


def _tilts(wordings: Sequence[Wording]) -> dict[str, tuple[int, int]]:
    """Which pole of two axes the yes-sayer favours in each wording.

    Over the wordings that share a lexicon, and over those that share none, neither pole is
    favoured, so that no mean over wordings or lexicons is. On the second axis it is by twos.
    """
    groups: dict[str, list[str]] = {}
    sizes = Counter(w.words for w in wordings)
    for wording in wordings:
        groups.setdefault(wording.words if sizes[wording.words] > 1 else "", []).append(
            wording.name
        )
    tilts = dict[str, tuple[int, int]]()
    for names in groups.values():
        fours, rest = divmod(len(names), 4)
        first = [1, -1] * (len(names) // 2) + [0] * (rest % 2)
        second = [1, 1, -1, -1] * fours + [0] * (rest % 2) + [1, -1] * (rest // 2)
        tilts |= dict(zip(names, zip(first, second, strict=True), strict=True))
    return tilts


def _agreement_shares(opinion: Opinion, statements: StatementSet) -> dict[str, float]:
    """Statement id -> share of agreement with the statement itself."""
    if opinion == "balanced":
        return _balanced_shares(statements)
    pole = POLES.get(opinion, 0)
    return {
        statement.id: PARTISAN if keying.key(statement) == pole else 1 - PARTISAN
        for statement in statements.statements
    }


def _balanced_shares(statements: StatementSet) -> dict[str, float]:
    """One opinion on each statement; of a topic's statements keyed alike, every other one's opinion
    goes to the positive pole, beginning with the first."""
    shares = {}
    for statement, turn in zip(statements.statements, keying.turns(statements), strict=True):
        pole = -1 if turn.number % 2 else 1
        share = BALANCED[(turn.number + turn.topic) % 2]
        shares[statement.id] = share if pole == turn.key else 1 - share
    return shares


def _form_shares(options: tuple[Option, ...], agree: float) -> Iterator[tuple[str, float]]:
    """Form -> share: the sides' in equal parts on their options, an option's on its forms."""
    sides = {"agree": agree, "disagree": 1 - agree}
    for option in options:
        if option.side in sides:
            count = sum(other.side == option.side for other in options)
            for form in option.forms:
                yield form, sides[option.side] / count / len(option.forms)
