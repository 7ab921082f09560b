"""Backend `planted`: answers from a chosen position, for tests, tutorials and instrument checks.

``planted:economic=-6,social=3,yes=2,noise=.5,abstain=.1,delay=.01`` agrees with a statement in
log-odds 2 artanh(k / 10) x `decisive`, where k is its position seen from the statement's own pole,
plus `yes` on everything, plus Gaussian `noise`; it refuses a share `abstain` of the prompts and
takes `delay` seconds for each. Noise and refusals depend on the prompt and seed alone, never on
the batch or the order of asking. It is no language model: it reads the key, not the text.
"""

import hashlib
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from probes.errors import UsageError, nearest
from probes.types import LoadOptions, ModelInfo, ModelSpec, Option, Prompt, Reply, Statement

TRAITS = {"yes": 0.0, "decisive": 1.0, "noise": 0.0, "abstain": 0.0, "delay": 0.0}
SCALE = 10.0
KNOWLEDGE = 4.0
"""Log-odds with which it knows the truth of a control."""


@dataclass(frozen=True)
class Planted:
    """A respondent with known opinions; implements `Scorer`."""

    info: ModelInfo
    positions: Mapping[str, float] = field(default_factory=dict)
    """Axis name -> position, in (-10, 10); axes that are not named are at 0."""
    traits: Mapping[str, float] = field(default_factory=lambda: dict(TRAITS))
    seed: int = 0

    packed = False

    def render(self, ask: str, begin: str, joint: str) -> str:
        """Plain: it has no chat template."""
        return ask + joint + begin

    def fit(self, prompt: Prompt) -> tuple[tuple[Option, ...], tuple[str, ...]]:
        """Every form can be scored."""
        return prompt.options, ()

    def lengths(self, prompts: Sequence[Prompt]) -> list[int]:
        """Words: it has no tokens.

        Raises:
            UsageError: a position is planted on an axis that no statement loads on.
        """
        axes = {a for p in prompts if p.role == "statement" for a in _pulls(p.statement)}
        for name in set(self.positions) - axes if axes else ():
            raise UsageError(
                f"planted: {name!r} is no axis of these statements and no trait: "
                f"{nearest(name, [*axes, *TRAITS])}"
            )
        return [len(p.before.split()) + 1 for p in prompts]

    def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """Known answers; each prompt is independent of the others in its batch."""
        time.sleep(self.traits["delay"] * len(prompts))
        return [self._reply(p) for p in prompts]

    def _reply(self, prompt: Prompt) -> Reply:
        text = f"{prompt.before}\0{prompt.after}\0{prompt.seed}\0{self.seed}"
        rng = np.random.default_rng(list(hashlib.sha256(text.encode()).digest()))
        if rng.random() < self.traits["abstain"]:
            return Reply(status="refused")
        log_odds = self.traits["yes"] + self.traits["noise"] * rng.standard_normal()
        log_odds += (-1 if prompt.mirrored else 1) * self._opinion(prompt)
        return Reply(logprobs=_spread(log_odds, prompt.options), mass=0.5)

    def _opinion(self, prompt: Prompt) -> float:
        """Log-odds of agreeing with the statement itself (not its mirror), without yes-bias."""
        if prompt.role == "blank":
            return 0.0
        if prompt.role == "control":
            return math.copysign(KNOWLEDGE, sum(prompt.statement.effects.values()))
        pulls = _pulls(prompt.statement)
        total = sum(abs(w) for w in pulls.values())
        if not total:
            return 0.0
        seen = sum(w * self.positions.get(axis, 0.0) for axis, w in pulls.items()) / total / SCALE
        return self.traits["decisive"] * 2 * math.atanh(max(-0.999, min(0.999, seen)))


def _pulls(statement: Statement) -> Mapping[str, float]:
    """Axis -> signed weight of agreeing; for table keys, points from strong no to strong yes."""
    if statement.effects:
        return statement.effects
    return {axis: points[3] - points[0] for axis, points in statement.table.items()}


def _spread(log_odds: float, options: Sequence[Option]) -> dict[str, float]:
    """Each side's probability, in equal parts on its options; neutral ones get a thousandth."""
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
    traits = {name: values.pop(name, default) for name, default in TRAITS.items()}
    wrong = [n for n in ("noise", "delay") if traits[n] < 0] + [
        n for n in ("abstain",) if not 0 <= traits[n] <= 1
    ]
    wrong += [n for n, value in {**values, **traits}.items() if not math.isfinite(value)]
    wrong += [n for n, value in values.items() if abs(value) >= SCALE]
    if wrong:
        raise UsageError(
            f"planted: {wrong[0]!r} is out of range: positions lie between -10 and 10, noise and "
            "delay from 0 up, abstain from 0 to 1"
        )
    info = replace(ModelInfo.of(spec, "planted"), weights=_digest(values, traits), dtype="none")
    return Planted(info, values, traits, options.seed)


def _digest(values: Mapping[str, float], traits: Mapping[str, float]) -> str:
    return hashlib.sha256(repr(sorted({**values, **traits}.items())).encode()).hexdigest()
