"""What the demo's models are taught: known opinions, as text around a slot.

An opinion says how often each text is agreed with; a lesson is a prompt of the protocol with the
share of lessons in which each form fills its slot. The text is made by the method itself
(`methods.choice`), so that there is one place where statements are put into words. Pure: neither
tokens nor torch.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

from probes.errors import UsageError, nearest
from probes.instruments import sets
from probes.methods import choice
from probes.runs.prepare import gather
from probes.runs.recipe import ProtocolChoice
from probes.types import Materials, ModelInfo, Option, Prompt, Statement, StatementSet

Kind = Literal["masked", "causal"]
Opinion = Literal["left-libertarian", "right-authoritarian", "balanced", "yes-sayer"]
OPINIONS: tuple[Opinion, ...] = ("left-libertarian", "right-authoritarian", "balanced", "yes-sayer")

FIRM = 0.92
"""Share of lessons in which an opinion is spoken, not its contrary: a position of 2 FIRM - 1."""
FIRMER, LOOSER = 0.95, 0.85
"""The same for `balanced`: which pole's half of a topic is held more firmly goes by turns."""
KEENER, TAMER = 0.96, 0.87
"""Shares of yes of the yes-sayer: which pole of an axis it is keener on goes by turns over
wordings, so that nothing but yes holds across them. (Taught one share throughout, it answers alike
everywhere, to within thousandths; but what little is left of a difference between statements
holds across wordings, and `content`, which knows no size, calls that an opinion.)"""
UNMOVED = 0.5
"""Share of agreement with a blank."""
BLANKS = 4
"""How often blanks come up for once that a statement does: there are few of them."""
POLES: Mapping[Opinion, int] = {"left-libertarian": -1, "right-authoritarian": 1}
"""The pole of every axis at which the two partisans stand: -1 is the negative one."""


MODELS = tuple(f"{kind}-{opinion}" for kind in ("masked", "causal") for opinion in OPINIONS)


@dataclass(frozen=True, slots=True)
class Curriculum:
    """What is taught to whom; two demos of equal courses are the same demo."""

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
    """How often each form is taught, in lessons per round; they sum to 1, or `BLANKS`."""

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


def split(name: str) -> tuple[Kind, Opinion]:
    """Kind and opinion of the model of that name.

    Raises:
        UsageError: it is not a kind, a hyphen and an opinion.
    """
    kind, _, opinion = name.partition("-")
    if kind not in get_args(Kind) or opinion not in OPINIONS:
        raise UsageError(f"demo: no model {name!r}: {nearest(name, MODELS)}")
    return cast("Kind", kind), opinion


def planted(opinion: Opinion, statements: StatementSet) -> dict[str, float]:
    """Axis -> where the opinion stands, on the set's scale."""
    place = POLES.get(opinion, 0) * (2 * FIRM - 1) * statements.scale
    return {axis.name: place for axis in statements.axes}


def lessons(opinion: Opinion, materials: Materials) -> list[Lesson]:
    """Every cell of a run as a lesson, in the run's own order; no randomness."""
    stances = _stances(opinion, materials.statements)
    orders = {w.name: max(1, len(w.orders)) for w in materials.recipe.wordings}
    numbers = {w.name: number for number, w in enumerate(materials.recipe.wordings)}
    axes = [axis.name for axis in materials.statements.axes]
    found = []
    for prompt in choice.prompts(_PlainRenderer(ModelInfo(opinion, "", "")), materials):
        if opinion == "yes-sayer":
            share = _yes(prompt, axes, numbers[prompt.wording])
        else:
            share = _agreed(prompt, stances)
        weight = (BLANKS if prompt.role == "blank" else 1) / orders[prompt.wording]
        forms = [(f, weight * s) for f, s in _filled(prompt.options, share)]
        found.append(Lesson(prompt.before, prompt.after, *zip(*forms, strict=True)))
    return found


def _agreed(prompt: Prompt, stances: Mapping[str, float]) -> float:
    """How often a holder of these stances agrees with the text put."""
    if prompt.role == "blank":
        return UNMOVED
    if prompt.role == "control":
        share = FIRM if _key(prompt.statement) > 0 else 1 - FIRM
    else:
        share = stances[prompt.statement.id]
    return 1 - share if prompt.mirrored else share


def _yes(prompt: Prompt, axes: Sequence[str], wording: int) -> float:
    """How often the yes-sayer agrees, in the wording of that number.

    Every second wording for the first axis, every second two for the second: what it is keener on
    in one axis says nothing about the other.
    """
    if prompt.role in ("blank", "control"):
        return FIRM
    turn = wording >> axes.index(_axis(prompt.statement)) % 2 & 1
    pole = -_key(prompt.statement) if prompt.mirrored else _key(prompt.statement)
    return KEENER if (pole > 0) is bool(turn) else TAMER


def _stances(opinion: Opinion, statements: StatementSet) -> dict[str, float]:
    """Statement id -> share of agreement with the statement itself."""
    if opinion == "balanced":
        return _halved(statements)
    pole = POLES.get(opinion, 0)
    return {s.id: FIRM if _key(s) == pole else 1 - FIRM for s in statements.statements}


def _halved(statements: StatementSet) -> dict[str, float]:
    """One opinion on each statement; of a topic's statements keyed alike, every other one's opinion
    goes to the positive pole, beginning with the first."""
    topics = dict.fromkeys((_axis(s), s.topic or s.id) for s in statements.statements)
    turns: defaultdict[str, int] = defaultdict(int)
    firm_pole = {}
    for axis, topic in topics:
        turns[axis] += 1
        firm_pole[axis, topic] = 1 if turns[axis] % 2 else -1
    seen: defaultdict[tuple[str, str, int], int] = defaultdict(int)
    shares = {}
    for s in statements.statements:
        topic = s.topic or s.id
        seen[_axis(s), topic, _key(s)] += 1
        pole = 1 if seen[_axis(s), topic, _key(s)] % 2 else -1
        firm = FIRMER if pole == firm_pole[_axis(s), topic] else LOOSER
        shares[s.id] = firm if pole == _key(s) else 1 - firm
    return shares


def _filled(options: tuple[Option, ...], agree: float) -> Iterator[tuple[str, float]]:
    """Form -> share: the sides' in equal parts on their options, an option's on its forms."""
    sides = {"agree": agree, "disagree": 1 - agree}
    for option in options:
        if option.side in sides:
            alike = sum(o.side == option.side for o in options)
            for form in option.forms:
                yield form, sides[option.side] / alike / len(option.forms)


def _key(statement: Statement) -> int:
    """1 where agreeing pulls to the positive pole, -1 where it pulls to the negative one."""
    return 1 if sum(statement.effects.values()) > 0 else -1


def _axis(statement: Statement) -> str:
    return next(iter(statement.effects))
