"""Simulated respondents whose answers follow a rule; `recovery` asks them like models.

Common parts, and the *non-readers*, who answer without reading the statement: always yes, a coin
toss, by wording, the first option shown. `opinionated` has respondents with a leaning,
`word_readers` those that use the text and not the key.
"""

import hashlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

from probes.types import ModelInfo, Option, Prompt, Recipe, Reply, StatementSet

CERTAIN = 6.0
"""Log-odds of a side for a respondent without doubt."""
NOISE = 0.5
"""SD over wordings, in log-odds."""
STEP = 1.9
"""Threshold between "agree" and "strongly agree" in log-odds (ordered logit): "strongly" is the
more probable of the two from ln(e^1.9 - 2) = 1.5 on."""
NEUTRAL = -7.0
"""Log-probability of options that are on neither side."""


@dataclass(frozen=True, slots=True)
class ScriptedStance:
    """Response to a text: log-odds of agreement, and the share of "strongly" on either side."""

    log_odds: float
    strong: float | None = None
    """Share of "strongly"; None: derived from the log-odds."""


Rule = Callable[[Prompt], ScriptedStance | Option | None]
"""Prompt -> a stance, one of the prompt's options with certainty, or None for a refusal."""
RespondentKind = Literal[
    "non-reader", "word reader", "sentiment reader", "refuser", "dominance", "ideal point"
]


@dataclass(frozen=True)
class ScriptedRespondent:
    """A respondent that follows a rule; implements `Scorer`."""

    info: ModelInfo
    rule: Rule
    kind: RespondentKind
    axis: str = ""
    """The axis on which it has a leaning; empty: all."""
    truth: float | None = None
    """Its position on that axis; None: none, so it must not be placed."""
    chance: bool = False
    """Whether its position is random, and not informative of the instrument."""
    packed: bool = False

    def render(self, ask: str, begin: str, joint: str) -> str:
        """Plain text: it has no chat template."""
        return ask + joint + begin

    def fit(self, prompt: Prompt) -> tuple[tuple[Option, ...], tuple[str, ...]]:
        """Every form can be scored."""
        return prompt.options, ()

    def lengths(self, prompts: Sequence[Prompt]) -> list[int]:
        """It has no tokens."""
        return [1] * len(prompts)

    def score(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """Scores of each prompt by the rule, independent of the batch."""
        return [_reply(self.rule(prompt), prompt.options) for prompt in prompts]


def non_readers(of: StatementSet, recipe: Recipe) -> Iterator[ScriptedRespondent]:
    """Respondents that answer without reading: none of them has a leaning.

    "Strongly" matters for table keys only, and is left out elsewhere.
    """
    graded = of.scoring.kind == "table"
    for how, strong in (("", 0.01), ("strongly ", 0.99)) if graded else (("", 0.01),):
        for verb, log_odds in (("agrees", CERTAIN), ("disagrees", -CERTAIN)):
            yield scripted(
                f"{how}{verb} with everything", _always(ScriptedStance(log_odds, strong))
            )
    yield scripted("tosses a coin", _coin, chance=True)
    yield scripted("answers by the wording", _by_wording, chance=True)
    yield scripted("takes the first option shown", _first_option(recipe))


# --- rules -------------------------------------------------------------------------------------


def _always(stance: ScriptedStance) -> Rule:
    return lambda _: stance


def _coin(prompt: Prompt) -> ScriptedStance:
    """Two random draws for each prompt: side, and strength."""
    side, strong = (uniform(prompt.before, prompt.after, n) < 0.5 for n in "12")
    return ScriptedStance(CERTAIN if side else -CERTAIN, 0.99 if strong else 0.01)


def _by_wording(prompt: Prompt) -> ScriptedStance:
    """One answer for each wording, with small variation between prompts."""
    return ScriptedStance(3 * normal("wording", prompt.wording) + NOISE * normal(prompt.before))


def _first_option(recipe: Recipe) -> Rule:
    orders = {w.name: w.orders for w in recipe.wordings}

    def rule(prompt: Prompt) -> ScriptedStance | Option:
        shown = orders[prompt.wording]
        return prompt.options[shown[prompt.order][0]] if shown else ScriptedStance(0.0, 0.5)

    return rule


def uniform(*parts: str) -> float:
    """A pseudo-random number in (0, 1), determined by `parts`."""
    digest = hashlib.blake2b("\0".join(parts).encode(), digest_size=6).digest()
    return (int.from_bytes(digest, "big") + 0.5) / 2**48


def normal(*parts: str) -> float:
    """A standard normal pseudo-random number, determined by `parts`."""
    return NormalDist().inv_cdf(uniform(*parts))


# --- replies -----------------------------------------------------------------------------------


def scripted(
    name: str, rule: Rule, kind: RespondentKind = "non-reader", *, chance: bool = False
) -> ScriptedRespondent:
    """A respondent without a leaning."""
    return ScriptedRespondent(info(name), rule, kind, chance=chance)


def info(name: str) -> ModelInfo:
    """Description of a simulated model with this name."""
    return ModelInfo(name, "scripted", name, dtype="none")


def _reply(stance: ScriptedStance | Option | None, options: Sequence[Option]) -> Reply:
    if stance is None:
        return Reply(status="refused")
    if isinstance(stance, Option):
        sure = {o.label: 0.0 if o == stance else -CERTAIN for o in options}
        return Reply(logprobs=sure, mass=0.5)
    return Reply(logprobs=_spread(stance, options), mass=0.5)


def _spread(stance: ScriptedStance, options: Sequence[Option]) -> dict[str, float]:
    """Log-probabilities: of each side, its share of "strongly", spread evenly over options."""
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
