"""Simulated respondents, whose answers follow a rule: `recovery` asks them like models.

Two kinds. *Non-readers* answer without reading the statement: yes to all, a coin, the wording, the
first option that is shown. The others hold a leaning on one axis and views of their own around it.
A refuser has a leaning and refuses the texts of one pole. All use the key and none the text, so
they test the key, the protocol and the estimator, and say nothing about the sentences.
"""

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from probes.types import ModelInfo, Option, Prompt, Recipe, Reply, StatementSet
from probes.validity.balance import pull

CERTAIN = 6.0
"""Log-odds of a side where a respondent has no doubt."""
KNOWLEDGE = 4.0
"""Log-odds with which true respondents know the truth of a control."""
VIEWS = 1.0
"""SD of a true respondent's own views on statements around its leaning, in log-odds."""
NOISE = 0.5
"""SD from wording to wording, in log-odds."""
STEP = 1.9
"""Between "agree" and "strongly agree" in log-odds (ordered logit): "strongly" is the more
probable of the two from ln(e^1.9 - 2) = 1.5 on."""
NEUTRAL = -7.0
"""Log-probability of options that are on neither side."""


@dataclass(frozen=True, slots=True)
class ScriptedStance:
    """How a text is taken: log-odds of agreeing, and the share of "strongly" on either side."""

    log_odds: float
    strong: float | None = None
    """None: the further from 0 the log-odds, the stronger."""


Rule = Callable[[Prompt], ScriptedStance | Option | None]
"""A stance, one of the prompt's options and no other, or None: refuses."""


@dataclass(frozen=True)
class ScriptedRespondent:
    """A respondent that follows a rule; implements `Scorer`."""

    info: ModelInfo
    rule: Rule
    axis: str = ""
    """The axis that it is about; empty: all."""
    truth: float | None = None
    """Where on that axis it stands; None: nowhere, it must not be placed there."""
    chance: bool = False
    """Its position is random, and says nothing of the instrument."""
    packed: bool = False

    def render(self, ask: str, begin: str, joint: str) -> str:
        """Plain: it has no chat template."""
        return ask + joint + begin

    def fit(self, prompt: Prompt) -> tuple[tuple[Option, ...], tuple[str, ...]]:
        """Every form can be scored."""
        return prompt.options, ()

    def lengths(self, prompts: Sequence[Prompt]) -> list[int]:
        """It has no tokens."""
        return [1] * len(prompts)

    def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """What the rule says to each prompt, whatever stands beside it."""
        return [_reply(self.rule(prompt), prompt.options) for prompt in prompts]


def non_readers(of: StatementSet, recipe: Recipe) -> Iterator[ScriptedRespondent]:
    """Those that answer without reading: none of them has a leaning that could be placed.

    "Strongly" makes a difference to table keys only, and is left out elsewhere.
    """
    graded = of.scoring.kind == "table"
    for how, strong in (("", 0.01), ("strongly ", 0.99)) if graded else (("", 0.01),):
        for what, log_odds in (("agrees", CERTAIN), ("disagrees", -CERTAIN)):
            yield _scripted(
                f"{how}{what} with everything", _always(ScriptedStance(log_odds, strong))
            )
    yield _scripted("tosses a coin", _coin, chance=True)
    yield _scripted("answers by the wording", _by_wording, chance=True)
    yield _scripted("takes the first option shown", _first_option(recipe))


def with_leaning(of: StatementSet, axis: str, share: float) -> ScriptedRespondent:
    """One who stands at `share` of the scale, in (-1, 1), on `axis` and at 0 on all others.

    Log-odds of agreeing with what pulls to the positive pole are 2 artanh(share), the link by which
    positions are read, plus views of its own on each statement (`VIEWS`), balanced so that they do
    not move it, plus `NOISE` in each wording. It knows the controls.
    """
    rule = _leaning(of, axis, share, f"{axis} {share}")
    return ScriptedRespondent(
        _info(f"{axis} at {share * of.scale:+g}"), rule, axis, share * of.scale
    )


def refuser(of: StatementSet, axis: str, pole: int) -> ScriptedRespondent:
    """A true centrist who refuses every text that pulls to one pole, mirrors among them."""
    pulls = {s.id: pull(s, axis) for s in of.statements}
    rest = _leaning(of, axis, 0.0, f"{axis} refuser {pole}")

    def rule(prompt: Prompt) -> ScriptedStance | Option | None:
        toward = pulls.get(prompt.statement.id, 0) * (-1 if prompt.mirrored else 1)
        return None if toward == pole and prompt.role != "control" else rest(prompt)

    poles = {a.name: (a.negative, a.positive) for a in of.axes}[axis]
    return ScriptedRespondent(_info(f"refuses {poles[pole > 0]} texts"), rule, axis)


# --- rules -------------------------------------------------------------------------------------


def _always(stance: ScriptedStance) -> Rule:
    return lambda _: stance


def _coin(prompt: Prompt) -> ScriptedStance:
    """Each prompt gets a toss for the side and one for the strength."""
    side, strong = (_chance(prompt.before, prompt.after, n) < 0.5 for n in "12")
    return ScriptedStance(CERTAIN if side else -CERTAIN, 0.99 if strong else 0.01)


def _by_wording(prompt: Prompt) -> ScriptedStance:
    """Each wording has its own answer, shaken a little from prompt to prompt."""
    return ScriptedStance(3 * _normal("wording", prompt.wording) + NOISE * _normal(prompt.before))


def _first_option(recipe: Recipe) -> Rule:
    orders = {w.name: w.orders for w in recipe.wordings}

    def rule(prompt: Prompt) -> ScriptedStance | Option:
        shown = orders[prompt.wording]
        return prompt.options[shown[prompt.order][0]] if shown else ScriptedStance(0.0, 0.5)

    return rule


def _leaning(
    of: StatementSet, axis: str, share: float, name: str
) -> Callable[[Prompt], ScriptedStance]:
    """The rule of `with_leaning`."""
    pulls = {s.id: pull(s, axis) for s in of.statements}
    leaning = 2 * math.atanh(share)
    views = dict(_views(pulls, name))
    opinions = {key: sign * leaning + views[key] for key, sign in pulls.items()}

    def rule(prompt: Prompt) -> ScriptedStance:
        if prompt.role == "blank":
            return ScriptedStance(0.0)
        log_odds = opinions.get(prompt.statement.id, 0.0)
        if prompt.role == "control":
            log_odds = math.copysign(KNOWLEDGE, sum(prompt.statement.effects.values()))
        cell = (name, prompt.role, prompt.name, prompt.wording)  # the same in every option order
        return ScriptedStance((-log_odds if prompt.mirrored else log_odds) + NOISE * _normal(*cell))

    return rule


def _views(pulls: Mapping[str, int], name: str) -> Iterator[tuple[str, float]]:
    """Normal quantiles, shuffled over the statements that pull to the same side."""
    for side in (-1, 0, 1):
        group = [key for key, sign in pulls.items() if sign == side]
        group.sort(key=lambda key: _chance(name, key))
        for place, key in enumerate(group):
            yield key, VIEWS * NormalDist().inv_cdf((place + 0.5) / len(group))


def _chance(*what: str) -> float:
    """A number in (0, 1) that depends on nothing but `what`."""
    digest = hashlib.blake2b("\0".join(what).encode(), digest_size=6).digest()
    return (int.from_bytes(digest, "big") + 0.5) / 2**48


def _normal(*what: str) -> float:
    return NormalDist().inv_cdf(_chance(*what))


# --- replies -----------------------------------------------------------------------------------


def _scripted(name: str, rule: Rule, *, chance: bool = False) -> ScriptedRespondent:
    return ScriptedRespondent(_info(name), rule, chance=chance)


def _info(name: str) -> ModelInfo:
    return ModelInfo(name, "scripted", name, dtype="none")


def _reply(stance: ScriptedStance | Option | None, options: Sequence[Option]) -> Reply:
    if stance is None:
        return Reply(status="refused")
    if isinstance(stance, Option):
        sure = {o.label: 0.0 if o == stance else -CERTAIN for o in options}
        return Reply(logprobs=sure, mass=0.5)
    return Reply(logprobs=_spread(stance, options), mass=0.5)


def _spread(stance: ScriptedStance, options: Sequence[Option]) -> dict[str, float]:
    """Log-probabilities: each side's share, and of that what is "strongly", evenly on options."""
    logprobs = {}
    for option in options:
        if option.side == "neutral":
            logprobs[option.label] = NEUTRAL
            continue
        toward = stance.log_odds if option.side == "agree" else -stance.log_odds
        same_side = [o for o in options if o.side == option.side]
        same_strength = [o for o in same_side if o.strong == option.strong]
        part = 1 / len(same_strength)
        if len(same_strength) < len(same_side):
            strong = _strong(toward) if stance.strong is None else stance.strong
            part *= strong if option.strong else 1 - strong
        logprobs[option.label] = math.log(part) - math.log1p(math.exp(-toward))
    return logprobs


def _strong(toward: float) -> float:
    """Share of "strongly" in a side with these log-odds: s(L - STEP) / s(L), s the logistic."""
    return (1 + math.exp(-toward)) / (1 + math.exp(STEP - toward))
