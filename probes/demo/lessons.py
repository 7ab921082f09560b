"""Training data of the demo's models: prompts with answer forms, for known opinions.

An opinion gives the probability of agreeing with each text; a lesson is a prompt of the protocol
with the relative frequency of each answer form in its slot. The prompts come from the method itself
(`methods.choice`), so they are the same in training and in measurement. No tokens, no torch.
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
"""Share of lessons that express a partisan's opinion; its position is 2 PARTISAN - 1 of the scale.
"""
BALANCED = 0.95, 0.85
"""The same for `balanced`; which of the two is used alternates over the opinions of a topic, so
those towards one pole are stronger than those towards the other."""
YES = 0.96, 0.87
"""Shares of yes of the yes-sayer. The pole with the higher share alternates over wordings, so that
only acquiescence is consistent across wordings. (With one share for all, the tiny differences left
between statements would be consistent across wordings, and the check `opposition`, which ignores
effect size, would take them for an opinion.)"""
BLANK = 0.5
"""Share of agreement with a blank prompt."""
BLANK_WEIGHT = 4
"""Weight of a blank prompt relative to a statement, because there are few of them."""
POLES: Mapping[Opinion, int] = {"left-libertarian": -1, "right-authoritarian": 1}
"""The pole of all axes that a partisan favours: -1 the negative one, 1 the positive one."""


MODELS = tuple(f"{kind}-{opinion}" for kind in ("masked", "causal") for opinion in OPINIONS)


@dataclass(frozen=True, slots=True)
class Curriculum:
    """Settings of a demo; a demo is resumed only with equal settings."""

    set: str = "compass"
    protocol: str = "default"
    models: tuple[str, ...] = MODELS
    """Model names, ``KIND-OPINION``."""
    steps: int = 400
    batch: int = 32
    seed: int = 0

    def steps_of(self, opinion: Opinion) -> int:
        """Optimizer steps; four times as many for the yes-sayer, whose lessons differ little."""
        return 4 * self.steps if opinion == "yes-sayer" else self.steps

    def materials(self) -> Materials:
        """Load set, protocol and controls.

        Raises:
            SetError: one of them has faults.
        """
        return gather(sets.load(self.set), ProtocolChoice(self.protocol))


@dataclass(frozen=True, slots=True)
class Lesson:
    """A prompt and the answer forms for its slot; a text is ``before + form + after``."""

    before: str
    after: str
    forms: tuple[str, ...]
    shares: tuple[float, ...]
    """Frequency of each form, in texts per round. Over the orders of options of a prompt they sum
    to 1 (blanks: `BLANK_WEIGHT`)."""

    @property
    def texts(self) -> Iterator[str]:
        """The text with each form in the slot."""
        return (self.before + form + self.after for form in self.forms)


@dataclass(frozen=True, slots=True)
class _PlainRenderer:
    """Renders prompts for a model without a chat template."""

    info: ModelInfo

    def render(self, ask: str, begin: str, joint: str) -> str:
        return ask + joint + begin


def kind_and_opinion(name: str) -> tuple[Kind, Opinion]:
    """Kind and opinion of the model with this name.

    Raises:
        UsageError: the name is not ``KIND-OPINION``.
    """
    kind, _, opinion = name.partition("-")
    if kind not in get_args(Kind) or opinion not in OPINIONS:
        raise UsageError(f"demo: no model {name!r}: {nearest(name, MODELS)}")
    return cast("Kind", kind), opinion


def planted_positions(opinion: Opinion, statements: StatementSet) -> dict[str, float]:
    """Axis -> true position of the opinion, on the set's scale."""
    position = POLES.get(opinion, 0) * (2 * PARTISAN - 1) * statements.scale
    return {axis.name: position for axis in statements.axes}


def lessons(opinion: Opinion, materials: Materials) -> list[Lesson]:
    """Every prompt of a run as a lesson, in the run's order; deterministic."""
    shares = _agreement_shares(opinion, materials.statements)
    orders = {w.name: max(1, len(w.orders)) for w in materials.recipe.wordings}
    tilts = _tilts(materials.recipe.wordings)
    axes = [axis.name for axis in materials.statements.axes]
    all_lessons = []
    for prompt in plain_prompts(materials):
        if opinion == "yes-sayer":
            share = _yes_share(prompt, axes, tilts[prompt.wording])
        else:
            share = _agreement_share(prompt, shares)
        weight = (BLANK_WEIGHT if prompt.role == "blank" else 1) / orders[prompt.wording]
        forms = [(form, weight * s) for form, s in _form_shares(prompt.options, share)]
        all_lessons.append(Lesson(prompt.before, prompt.after, *zip(*forms, strict=True)))
    return all_lessons


def plain_prompts(materials: Materials) -> Sequence[Prompt]:
    """Every prompt of a run, in its order, for a model without a chat template."""
    return choice.prompts(_PlainRenderer(ModelInfo("plain", "", "")), materials)


def _agreement_share(prompt: Prompt, shares: Mapping[str, float]) -> float:
    """Share of agreement with a prompt's text, given shares of agreement by statement."""
    if prompt.role == "blank":
        return BLANK
    if prompt.role == "control":
        share = PARTISAN if keying.key(prompt.statement) > 0 else 1 - PARTISAN
    else:
        share = shares[prompt.statement.id]
    return 1 - share if prompt.mirrored else share


def _yes_share(prompt: Prompt, axes: Sequence[str], tilts: tuple[int, int]) -> float:
    """The yes-sayer's share of agreement with a prompt.

    Args:
        prompt: The prompt.
        axes: Names of the set's axes.
        tilts: Favoured pole (-1, 1 or 0 for none) of axes 1, 3, ... and of axes 2, 4, ...
    """
    if prompt.role in ("blank", "control"):
        return PARTISAN
    key = keying.key(prompt.statement)
    pole = -key if prompt.mirrored else key
    favour = pole * tilts[axes.index(keying.axis(prompt.statement)) % 2]
    return sum(YES) / 2 + favour * (YES[0] - YES[1]) / 2


def _tilts(wordings: Sequence[Wording]) -> dict[str, tuple[int, int]]:
    """Wording -> the poles that the yes-sayer favours, for axes 1, 3, ... and axes 2, 4, ...

    They sum to 0 over the wordings of each lexicon, and over the wordings without a shared lexicon,
    so no mean over wordings or lexicons favours a pole. On the second axis the sign changes at
    every second wording, so that both axes differ.
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
    """Shares for `balanced`: among a topic's statements with the same key, opinions alternate
    between the positive pole (first) and the negative one."""
    shares = {}
    for statement, turn in zip(statements.statements, keying.turns(statements), strict=True):
        pole = -1 if turn.number % 2 else 1
        share = BALANCED[(turn.number + turn.topic) % 2]
        shares[statement.id] = share if pole == turn.key else 1 - share
    return shares


def _form_shares(options: tuple[Option, ...], agree: float) -> Iterator[tuple[str, float]]:
    """``(form, share)``: each side's share is split equally over its options, then their forms."""
    sides = {"agree": agree, "disagree": 1 - agree}
    for option in options:
        if option.side in sides:
            count = sum(other.side == option.side for other in options)
            for form in option.forms:
                yield form, sides[option.side] / count / len(option.forms)
