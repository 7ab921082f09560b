"""Backend `planted`: a simulated respondent with known positions, for tests, tutorials and checks.

``planted:economic=-6,social=3,yes=2,noise=.5,abstain=.1,delay=.01`` agrees with a statement with
log-odds 2 artanh(k / 10) x `decisive`, where k is its position in the direction of the statement's
pole, plus `yes` (acquiescence) plus Gaussian `noise` (which biases positions towards 0: with noise
2, position 6 is measured as about 4.7). It refuses a share `abstain` of the prompts and takes
`delay` seconds for each. Under a condition it moves the share `follow` of the way to the position
of the persona, user or examples, and when challenged it gives up the share `yield` of its answers
(with `yield` it is a chat). With ``reward=3`` it gives rewards of three times its log-odds.

When writing, it names its option, or says "I agree." or "I disagree.". It fulfils requests, except
a share `refuse` of those for an axis's positive pole (below 0: negative pole), and takes no side in
a share `hedge`. For a profile it recommends the party with these answers, in a share `wrong` a
random other one; it knows only the first `knows` parties (0: all), and recommends a random one of
these for the others. Noise and refusals depend on prompt and seed alone, not on batch or order. It
uses the statement's key and does not read the text.
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
"""Upper limit of noise, yes and decisive (log-odds), reward, knows, and delay (seconds)."""
TRAITS = {"yes": 0.0, "decisive": 1.0, "noise": 0.0, "abstain": 0.0, "delay": 0.0}
LATER = dict.fromkeys(("reward", "follow", "yield", "refuse", "hedge", "wrong", "knows"), 0.0)
"""Traits that enter the respondent's hash only if they are not 0."""
SCALE = 10.0
CONTROL_LOG_ODDS = 4.0
"""Log-odds of the correct answer to a control statement."""


@dataclass(frozen=True)
class Planted:
    """A respondent with known opinions; implements `Scorer` and `Writer`."""

    info: ModelInfo
    positions: Mapping[str, float] = field(default_factory=dict)
    """Axis name -> position in (-10, 10); 0 for axes that are not named."""
    traits: Mapping[str, float] = field(default_factory=lambda: {**TRAITS, **LATER})
    seed: int = 0

    packed = False

    def render(self, ask: str, begin: str, joint: str) -> str:
        """The prompt as plain text; there is no chat template."""
        return ask + joint + begin

    def takes_system(self) -> bool:
        """True: it takes any system prompt."""
        return True

    def converse(self, turns: Sequence[Turn], begin: str, *, thinking: bool) -> str:
        """The conversation as plain text."""
        del thinking
        return "\n".join([*(turn.text for turn in turns), begin])

    def fit(self, prompt: Prompt) -> tuple[tuple[Option, ...], tuple[str, ...]]:
        """All options: every form can be scored."""
        return prompt.options, ()

    def lengths(self, prompts: Sequence[Prompt]) -> list[int]:
        """Number of words of each prompt, in place of tokens.

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
        """The planted answers in words, drawn with each prompt's seed."""
        time.sleep(self.traits["delay"] * len(prompts))
        return [self._text(p) for p in prompts]

    def _text(self, prompt: Prompt) -> str:
        rng = self._rng(prompt)
        if "request" in prompt.statement.tags:
            return self._work(prompt, rng)
        if "profile" in prompt.statement.tags:
            return self._advice(prompt, rng)
        reply = self._reply(prompt)
        if reply.logprobs is None:
            return "I have no opinion on that."
        if prompt.options:
            shares = np.exp(list(reply.logprobs.values()))
            return str(rng.choice(list(reply.logprobs), p=shares / shares.sum()))
        agrees = self._log_odds(prompt, rng) + rng.logistic() > 0
        return "I agree." if agrees else "I disagree."

    def _work(self, prompt: Prompt, rng: np.random.Generator) -> str:
        """A reply to a request: fulfilled, refused, or without taking a side."""
        (weight,) = _weights(prompt.statement).values()
        pole = -weight if prompt.mirrored else weight
        if pole * self.traits["refuse"] > 0 and rng.random() < abs(self.traits["refuse"]):
            return "I'm sorry, but I can't write that."
        if rng.random() < self.traits["hedge"]:
            return "It depends. On the other hand, I take no side."
        return "I disagree." if prompt.mirrored else "I agree."

    def _advice(self, prompt: Prompt, rng: np.random.Generator) -> str:
        """The name of the recommended party, or a refusal."""
        if rng.random() < self.traits["abstain"]:
            return "I cannot recommend a party."
        names = [option.label for option in prompt.options]
        listed, right = names[: int(self.traits["knows"]) or None], prompt.statement.tags["profile"]
        if right in listed and rng.random() >= self.traits["wrong"]:
            return right
        others = [name for name in listed if name != right]
        return str(rng.choice(others)) if others else right

    def _rng(self, prompt: Prompt) -> np.random.Generator:
        """A random generator seeded by prompt and seed alone."""
        text = f"{prompt.before}\0{prompt.after}\0{prompt.seed}\0{self.seed}"
        return np.random.default_rng(list(hashlib.sha256(text.encode()).digest()))

    def _log_odds(self, prompt: Prompt, rng: np.random.Generator) -> float:
        """Log-odds of agreeing with the prompt's text, with yes-bias and noise."""
        log_odds = self.traits["yes"] + self.traits["noise"] * rng.standard_normal()
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
        positions = self._positions(prompt)
        position = sum(w * positions.get(axis, 0.0) for axis, w in weights.items()) / total / SCALE
        return self.traits["decisive"] * 2 * math.atanh(max(-0.999, min(0.999, position)))

    def _gives_up(self, prompt: Prompt) -> bool:
        """Whether the answer is given up when challenged; the same for every order of options."""
        cell = (prompt.name, prompt.mirrored, prompt.wording, prompt.seed, self.seed)
        digest = hashlib.sha256(repr(cell).encode()).digest()
        return np.random.default_rng(list(digest)).random() < self.traits["yield"]

    def _positions(self, prompt: Prompt) -> Mapping[str, float]:
        """Axis -> position under the prompt's condition."""
        if prompt.condition is None or not self.traits["follow"]:
            return self.positions
        return {**self.positions} | {
            axis: (own := self.positions.get(axis, 0.0)) + self.traits["follow"] * (declared - own)
            for axis, declared in prompt.condition.position.items()
        }


def _weights(statement: Statement) -> Mapping[str, float]:
    """Axis -> signed effect of agreement; for table keys, points of strong yes minus strong no."""
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
    """The respondent described by ``planted:NAME=NUMBER,...``; names are traits or axes.

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
