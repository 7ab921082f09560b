"""Backend `planted`: answers from a chosen position, for tests, tutorials and instrument checks.

``planted:economic=-6,social=3,yes=2,noise=.5,abstain=.1,delay=.01`` agrees with a statement in
log-odds 2 artanh(k / 10) x `decisive`, where k is its position seen from the statement's own pole,
plus `yes` on everything, plus Gaussian `noise` (which draws positions towards 0: with a noise of 2
a position of 6 comes back as about 4.7); it refuses a share `abstain` of the prompts and
takes `delay` seconds for each. It moves by the share `follow` of the way to where a condition's
persona, user or examples stand, and gives up the share `yield` of its answers when they are
challenged (it holds a conversation if that is given). With ``reward=3`` it gives rewards, three
times its log-odds. Asked to write, it says which option it takes, or "I agree." or "I disagree.";
of requests it does what is asked, but refuses a share `refuse` of those that serve an axis'
positive pole (below 0: its negative pole), and takes no side in a share `hedge`. To a profile it
advises the party whose answers it is, but in a share `wrong` another, drawn by lot; it knows the
first `knows` parties of the set alone (0: all), and draws one of them for the others. Noise and
refusals depend on the prompt and seed alone, never on the batch or the order of asking. It is no
language model: it reads the key, not the text.
"""

import hashlib
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from probes.errors import UsageError, nearest
from probes.types import (
    LoadOptions,
    ModelInfo,
    ModelSpec,
    Option,
    Prompt,
    Reply,
    Rewards,
    Statement,
    Turn,
    Writing,
)

MOST = 1000.0
"""Of noise, yes and decisive in log-odds, and of delay in seconds."""
TRAITS = {"yes": 0.0, "decisive": 1.0, "noise": 0.0, "abstain": 0.0, "delay": 0.0}
LATER = dict.fromkeys(("reward", "follow", "yield", "refuse", "hedge", "wrong", "knows"), 0.0)
"""Traits that are no part of the respondent's hash where they are 0."""
SCALE = 10.0
CONTROL_LOG_ODDS = 4.0
"""Log-odds of its answer to a control statement, whose truth it always knows."""


@dataclass(frozen=True)
class Planted:
    """A respondent with known opinions; implements `Scorer` and `Writer`."""

    info: ModelInfo
    positions: Mapping[str, float] = field(default_factory=dict)
    """Axis name -> position, in (-10, 10); axes that are not named are at 0."""
    traits: Mapping[str, float] = field(default_factory=lambda: {**TRAITS, **LATER})
    seed: int = 0

    packed = False

    def render(self, ask: str, begin: str, joint: str) -> str:
        """The plain text: there is no chat template."""
        return ask + joint + begin

    def takes_system(self) -> bool:
        """It is told everything."""
        return True

    def converse(self, turns: Sequence[Turn], begin: str, *, thinking: bool) -> str:
        """What was said, as text."""
        del thinking
        return "\n".join([*(turn.text for turn in turns), begin])

    def fit(self, prompt: Prompt) -> tuple[tuple[Option, ...], tuple[str, ...]]:
        """All options: every form can be scored."""
        return prompt.options, ()

    def lengths(self, prompts: Sequence[Prompt]) -> list[int]:
        """Words in place of tokens.

        Raises:
            UsageError: a position is planted on an axis that no statement loads on.
        """
        axes = {a for p in prompts if p.role == "statement" for a in _weights(p.statement)}
        for name in set(self.positions) - axes if axes else ():
            raise UsageError(
                f"planted: {name!r} is no axis of these statements and no trait: "
                f"{nearest(name, [*axes, *TRAITS, *LATER])}"
            )
        return [len(p.before.split()) + 1 for p in prompts]

    def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """The planted answers; each prompt is independent of the others in its batch."""
        time.sleep(self.traits["delay"] * len(prompts))
        return [self._reply(p) for p in prompts]

    def write(self, prompts: Sequence[Prompt], writing: Writing) -> list[str]:  # noqa: ARG002
        """What is planted, in words; drawn anew with each prompt's seed."""
        time.sleep(self.traits["delay"] * len(prompts))
        return [self._text(p) for p in prompts]

    def _text(self, prompt: Prompt) -> str:
        chance = self._rng(prompt)
        if "request" in prompt.statement.tags:
            return self._work(prompt, chance)
        if "profile" in prompt.statement.tags:
            return self._advice(prompt, chance)
        reply = self._reply(prompt)
        if reply.logprobs is None:
            return "I have no opinion on that."
        if prompt.options:
            shares = np.exp(list(reply.logprobs.values()))
            return str(chance.choice(list(reply.logprobs), p=shares / shares.sum()))
        agrees = self._log_odds(prompt, chance) + chance.logistic() > 0
        return "I agree." if agrees else "I disagree."

    def _work(self, prompt: Prompt, chance: np.random.Generator) -> str:
        """A reply to a request: for the claim or against it, refused, or without a side."""
        (weight,) = _weights(prompt.statement).values()
        pole = -weight if prompt.mirrored else weight
        if pole * self.traits["refuse"] > 0 and chance.random() < abs(self.traits["refuse"]):
            return "I'm sorry, but I can't write that."
        if chance.random() < self.traits["hedge"]:
            return "It depends. On the other hand, I take no side."
        return "I disagree." if prompt.mirrored else "I agree."

    def _advice(self, prompt: Prompt, chance: np.random.Generator) -> str:
        """The name of a party, or a refusal."""
        if chance.random() < self.traits["abstain"]:
            return "I cannot recommend a party."
        names = [option.label for option in prompt.options]
        listed, right = names[: int(self.traits["knows"]) or None], prompt.statement.tags["profile"]
        if right in listed and chance.random() >= self.traits["wrong"]:
            return right
        others = [name for name in listed if name != right]
        return str(chance.choice(others)) if others else right

    def _rng(self, prompt: Prompt) -> np.random.Generator:
        """Chance that depends on prompt and seed alone."""
        text = f"{prompt.before}\0{prompt.after}\0{prompt.seed}\0{self.seed}"
        return np.random.default_rng(list(hashlib.sha256(text.encode()).digest()))

    def _log_odds(self, prompt: Prompt, chance: np.random.Generator) -> float:
        """Of agreeing with what is put, with yes-bias and noise."""
        log_odds = self.traits["yes"] + self.traits["noise"] * chance.standard_normal()
        yields = prompt.condition is not None and bool(prompt.condition.challenge)
        given_up = yields and self._gives_up(prompt)
        return log_odds + (-1 if prompt.mirrored != given_up else 1) * self._opinion(prompt)

    def _reply(self, prompt: Prompt) -> Reply:
        """The answer to one prompt; noise and refusals depend on a hash of prompt and seed."""
        rng = self._rng(prompt)
        if rng.random() < self.traits["abstain"]:
            return Reply(status="refused")
        log_odds = self._log_odds(prompt, rng)
        if self.info.rewards:
            log_odds *= self.traits["reward"]
            return Reply(logprobs=_option_logprobs(log_odds, prompt.options))
        return Reply(logprobs=_option_logprobs(log_odds, prompt.options), mass=0.5)

    def _opinion(self, prompt: Prompt) -> float:
        """Log-odds of agreeing with the statement itself (not its mirror), without yes-bias."""
        if prompt.role == "blank":
            return 0.0
        if prompt.role == "control":
            return math.copysign(CONTROL_LOG_ODDS, sum(prompt.statement.effects.values()))
        weights = _weights(prompt.statement)
        total = sum(abs(w) for w in weights.values())
        if not total:
            return 0.0
        at = self._positions(prompt)
        position = sum(w * at.get(axis, 0.0) for axis, w in weights.items()) / total / SCALE
        return self.traits["decisive"] * 2 * math.atanh(max(-0.999, min(0.999, position)))

    def _gives_up(self, prompt: Prompt) -> bool:
        """Whether it turns round when challenged: the same in every order of options."""
        at = (prompt.name, prompt.mirrored, prompt.wording, prompt.seed, self.seed)
        digest = hashlib.sha256(repr(at).encode()).digest()
        return np.random.default_rng(list(digest)).random() < self.traits["yield"]

    def _positions(self, prompt: Prompt) -> Mapping[str, float]:
        """Where it stands under the prompt's condition."""
        if prompt.condition is None or not self.traits["follow"]:
            return self.positions
        return {**self.positions} | {
            axis: (own := self.positions.get(axis, 0.0)) + self.traits["follow"] * (declared - own)
            for axis, declared in prompt.condition.position.items()
        }


def _weights(statement: Statement) -> Mapping[str, float]:
    """Axis -> signed weight of agreeing; in table keys, points of strong yes minus strong no."""
    if statement.effects:
        return statement.effects
    return {axis: points[3] - points[0] for axis, points in statement.table.items()}


def _option_logprobs(log_odds: float, options: Sequence[Option]) -> dict[str, float]:
    """Each side's probability, divided equally among its options; a neutral option gets 0.001."""
    sides = {
        "agree": -float(np.logaddexp(0.0, -log_odds)),
        "disagree": -float(np.logaddexp(0.0, log_odds)),
    }
    sizes = {side: sum(o.side == side for o in options) for side in sides}
    return {
        o.label: sides[o.side] - math.log(sizes[o.side]) if o.side in sides else math.log(1e-3)
        for o in options
    }


def load(spec: ModelSpec, options: LoadOptions) -> Planted:
    """The respondent that ``planted:NAME=NUMBER,...`` describes; axis names are free.

    Raises:
        UsageError: something is not ``name=number``, or a trait lies outside its range.
    """
    values: dict[str, float] = {}
    for part in filter(None, spec.id.split(",")):
        name, _, number = part.partition("=")
        try:
            values[name.strip()] = float(number)
        except ValueError:
            raise UsageError(
                f"planted: {part!r} is not NAME=NUMBER, such as economic=-6 or yes=2"
            ) from None
    chat = "yield" in values
    usual = {**TRAITS, **LATER}
    traits = {name: values.pop(name, default) for name, default in usual.items()}
    out_of_range = [n for n in ("noise", "delay", "reward", "knows") if not 0 <= traits[n] <= MOST]
    out_of_range += [n for n in ("yes", "decisive") if not abs(traits[n]) <= MOST]
    out_of_range += [n for n in ("abstain", "yield", "hedge", "wrong") if not 0 <= traits[n] <= 1]
    out_of_range += [n for n in ("follow", "refuse") if not -1 <= traits[n] <= 1]
    out_of_range += [n for n, value in {**values, **traits}.items() if not math.isfinite(value)]
    out_of_range += [n for n, value in values.items() if abs(value) >= SCALE]
    if out_of_range:
        raise UsageError(
            f"planted: {out_of_range[0]!r} is out of range: positions lie between -10 and 10, "
            f"noise, delay, reward and knows from 0 to {MOST:g}, yes and decisive up to {MOST:g} "
            "either way, abstain, yield, hedge and wrong from 0 to 1, follow and refuse from -1 to "
            "1"
        )
    counted = {n: v for n, v in traits.items() if v or n not in LATER}
    info = ModelInfo.of(spec, "planted")
    described = repr(sorted({**values, **counted}.items()))  # hashed in place of weights
    weights = hashlib.sha256(described.encode()).hexdigest()
    info = replace(info, weights=weights, dtype="none", chat=chat)
    info = replace(info, rewards=Rewards()) if traits["reward"] else info
    return Planted(info, values, traits, options.seed)
