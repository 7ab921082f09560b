"""Respondents that react to words and not to claims, and the distribution of their positions.

A *word reader* has a random weight for every word, a *sentiment reader* counts praise less blame;
both agree with a text by its words, whichever side it is on. `points` has the distribution of word
readers in closed form (docs/method.md 5.2), without asking a respondent.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from statistics import fmean, pstdev

import numpy as np

from probes.placement.effects_key import halved
from probes.placement.interval import Floats
from probes.placement.table_key import TableItems
from probes.types import Axis, Prompt, StatementSet
from probes.validity import texts
from probes.validity.balance import pull
from probes.validity.findings import Finding
from probes.validity.simulated import (
    NOISE,
    RespondentKind,
    Rule,
    ScriptedRespondent,
    ScriptedStance,
    normal,
    scripted,
)

LOUDNESS = (0.1, 0.5, 1.0, 3.0)
"""SD of a reader's log-odds over the texts of a set."""
MOST = 4.0
"""Maximum |standard score| of a text; controls may be unlike the set."""
DRAWS = 2
"""Number of word readers, each with its own weights, for each SD in `LOUDNESS`."""
SPREAD = 1.5
"""Maximum SD of the distribution, relative to that of texts without a word in common.
(provisional)"""


@dataclass(frozen=True, slots=True)
class WordCloud:
    """Distribution of the positions of word readers on an axis."""

    mean: float
    sd: float
    spread: float
    """`sd` relative to that of texts without a word in common."""


def readers(of: StatementSet) -> Iterator[ScriptedRespondent]:
    """Word readers of increasing SD; also a sentiment reader, if the language has a list."""
    for loudness in LOUDNESS:
        for draw in range(DRAWS):
            name = f"reads words, SD {loudness:g}, draw {draw + 1}"
            yield from _reader(of, name, _weigher(of.language, name), loudness, "word reader")
    if texts.listed(of.language):
        liking = cache(lambda text: float(texts.sentiment(text, of.language)))
        yield from _reader(of, "reads sentiment", liking, 1.0, "sentiment reader")


def _weigher(language: str, name: str) -> Callable[[str], float]:
    """Function from a text to the sum of its words' random weights."""
    weight = cache(lambda word: normal(name, word))
    return cache(lambda text: sum(map(weight, texts.pieces(text, language))))


def _reader(
    of: StatementSet,
    name: str,
    liking: Callable[[str], float],
    loudness: float,
    kind: RespondentKind,
) -> Iterator[ScriptedRespondent]:
    """A respondent that agrees with a text by its score; none if all texts have the same score."""
    likings = [liking(text) for s in of.statements for text in (s.text, s.mirror) if text]
    mean, sd = fmean(likings), pstdev(likings)
    if sd:

        def standard(text: str) -> float:
            return max(-MOST, min(MOST, (liking(text) - mean) / sd))

        yield scripted(name, _rule(name, standard, loudness), kind)


def _rule(name: str, liking: Callable[[str], float], loudness: float) -> Rule:
    def rule(prompt: Prompt) -> ScriptedStance:
        text = prompt.statement.mirror if prompt.mirrored else prompt.statement.text
        cell = (name, prompt.role, prompt.name, prompt.wording)
        return ScriptedStance(loudness * (liking(text or "") + NOISE * normal(*cell)))

    return rule


# --- distribution of positions -----------------------------------------------------------------


def points(of: StatementSet) -> Iterator[Finding]:
    """Findings on the distribution of word readers on every axis that has statements."""
    for axis in of.axes:
        if any(pull(s, axis.name) for s in of.statements):
            yield _finding(of, axis, cloud(of, axis.name))


def cloud(of: StatementSet, axis: str) -> WordCloud:
    """Distribution for readers who are certain of every text; NaN if an axis cannot be placed.

    The signs of two normal variables with correlation r have covariance 2 / pi arcsin r.
    """
    bags, weight, centre, scale = (_table if of.scoring.kind == "table" else _effects)(of, axis)
    length = np.linalg.norm(bags, axis=1)
    bags, weight = bags[length > 0] / length[length > 0, None], weight[length > 0]
    if not weight.any():
        return WordCloud(np.nan, np.nan, np.nan)
    covariance = 2 / np.pi * np.arcsin(np.clip(bags @ bags.T, -1, 1))
    apart = float(np.sqrt((weight**2).sum()))
    together = float(np.sqrt(max(0.0, weight @ covariance @ weight)))
    return WordCloud(centre, scale * together, together / apart)


def _effects(of: StatementSet, axis: str) -> tuple[Floats, Floats, float, float]:
    """Signed word counts of each placeable statement; weights; mean and scale of positions."""
    loaded = [s for s in of.statements if s.effects.get(axis)]
    effects = np.array([s.effects[axis] for s in loaded])
    direction, bare = np.sign(effects), np.array([not s.mirror for s in loaded], bool)
    bags = _bags([s.text for s in loaded], [s.mirror or "" for s in loaded], of.language)
    if {-1.0, 1.0} <= set(direction[bare]):
        bags[bare] -= sum(bags[bare & (direction == d)].mean(axis=0) for d in (-1, 1)) / 2
        usable = np.ones(len(loaded), bool)
    else:
        usable = ~bare
    share = halved(np.abs(effects[usable]), direction[usable], bare[usable])
    return (direction[:, None] * bags)[usable], share, 0.0, of.scale


def _table(of: StatementSet, axis: str) -> tuple[Floats, Floats, float, float]:
    """`_effects` for a table key, of readers who always answer strongly."""
    items = TableItems.of(of, axis)
    by_id = {s.id: s for s in of.statements}
    bags = _bags([by_id[i].text for i in items.ids], [""] * len(items.ids), of.language)
    weight = items.half / items.half.sum()
    return (
        items.direction[:, None] * bags,
        weight,
        items.position(float(items.middle.sum())),
        float(items.half.sum() / abs(items.divisor)),
    )


def _bags(first: list[str], second: list[str], language: str) -> Floats:
    """``(pairs, words)``: counts of each word in the first text less those in the second."""
    counts = [Counter(texts.pieces(text, language)) for text in (*first, *second)]
    column = {word: n for n, word in enumerate(dict.fromkeys(w for c in counts for w in c))}
    bags = np.zeros((len(counts), len(column)))
    for row, words in enumerate(counts):
        for word, times in words.items():
            bags[row, column[word]] = times
    return bags[: len(first)] - bags[len(first) :]


def _finding(of: StatementSet, axis: Axis, word_cloud: WordCloud) -> Finding:
    name = f"readers of words, {axis.name}"
    numbers = {"mean": word_cloud.mean, "sd": word_cloud.sd, "spread": word_cloud.spread}
    if not np.isfinite(word_cloud.sd):
        return Finding(name, "", "warn", "cannot be placed: keyed one way", numbers)
    value = f"mean {word_cloud.mean:+.2f}, SD {word_cloud.sd:.2f}"
    value += f"; {word_cloud.spread:.2f} times that of unrelated texts"
    if word_cloud.spread > SPREAD:
        sentence = "words go with the key: who reads words alone is drawn far from the centre"
        return Finding(name, value, "warn", sentence, numbers)
    low = max(-of.scale, word_cloud.mean - 2 * word_cloud.sd)
    high = min(of.scale, word_cloud.mean + 2 * word_cloud.sd)
    sentence = (
        f"exact; who weighs words at random, and claims not at all, lands in {low:+.2f} to "
        f"{high:+.2f} in 19 of 20 cases"
    )
    return Finding(name, value, "ok", sentence, numbers)
