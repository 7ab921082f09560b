"""False and missed placements in simulated populations with and without opinions.

A respondent's answer to a text in a wording is, in log-odds,
``yes + size * (slope * (surface + opinion) + noise)``: `yes` and `slope` depend on the wording, the
surface on the words of the text, the opinion on the issue, with the sign of the side that the text
takes. Texts are from the set `compass`, wordings from the protocol `default`. Word readers answer
by surface only, so should not be placed; ideologues have opinions, and some a surface term, too.
Controls are not asked: they would reject word readers whatever the other gates do.

``python -m benchmarks.validity --part populations --dry`` prints the table.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd

import probes
from benchmarks.validity.world import Row
from probes.agreement.table import COLUMNS
from probes.placement.interval import Floats
from probes.placement.model import Placement, placement
from probes.types import Header, Materials, ModelInfo, Statement

MOST_TRIALS = 200
WORD = re.compile(r"[a-z']+")
YES, SLOPE = 1.0, 0.3
"""Standard deviations over wordings, of yes-bias in log-odds and of the log of the slope."""
KEYWORDS = (
    "should",
    "people",
    "government",
    "state",
    "law",
    "not",
    "must",
    "free",
    "right",
    "more",
)


@dataclass(frozen=True, slots=True)
class Answers:
    """A respondent's answers before effects of wordings: ``(pairs,)``, in units of its size."""

    text: Floats
    mirror: Floats


Draw = Callable[[np.random.Generator], Answers]


@dataclass(frozen=True, slots=True)
class Population:
    """A kind of respondents, with the promised range of the percentage placed."""

    draw: Draw
    size: float = 1.0
    """Standard deviation of answers, in log-odds."""
    noise: float = 0.0
    """Standard deviation of the noise in single cells, in units of the size."""
    least: float = 0.0
    most: float = 100.0
    flipped: bool = False
    """Whether all statements of the set are keyed to one pole."""


# --- readers of words --------------------------------------------------------------------------


@cache
def words() -> tuple[tuple[str, ...], ...]:
    """The words of each text: statements first, then their mirrors in the same order."""
    pairs = [(s.text, s.mirror or "") for s in materials().statements.statements]
    texts = [text for side in zip(*pairs, strict=True) for text in side]
    return tuple(tuple(WORD.findall(text.lower())) for text in texts)


def _standard(values: Floats) -> Answers:
    """Values standardised to mean 0 and standard deviation 1 over all texts."""
    values = values - values.mean()
    values /= values.std() or 1.0
    return Answers(*np.split(values, 2))


def word_weights(rng: np.random.Generator) -> Answers:
    """A text's value is the sum of random weights of its words."""
    weight = dict.fromkeys(sorted({word for text in words() for word in text}), 0.0)
    weight = {word: rng.normal() for word in weight}
    return _standard(np.array([sum(weight[word] for word in text) for text in words()]))


def number_a_text(rng: np.random.Generator) -> Answers:
    """Every text has a random value."""
    return _standard(rng.normal(size=len(words())))


def length(rng: np.random.Generator) -> Answers:
    """A text's value is its number of words, with a random sign."""
    return _standard(rng.choice([-1.0, 1.0]) * np.array([float(len(text)) for text in words()]))


def frequency(rng: np.random.Generator) -> Answers:
    """A text's value is the mean log-frequency of its words in these texts, with a random error per
    respondent."""
    counts = Counter(word for text in words() for word in text)
    log = {word: np.log(count) + 0.5 * rng.normal() for word, count in sorted(counts.items())}
    return _standard(np.array([np.mean([log[word] for word in text]) for text in words()]))


def keyword(rng: np.random.Generator) -> Answers:
    """A text's value is whether it contains a keyword, plus a random value a tenth as large."""
    wanted = rng.choice(KEYWORDS)
    present = np.array([float(wanted in text) for text in words()])
    return _standard(present + 0.1 * rng.normal(size=len(present)))


# --- holders of opinions -----------------------------------------------------------------------


def ideologue(lean: float, views: float = 0.0, surface: float = 0.0, known: float = 1.0) -> Draw:
    """A respondent with opinions: a lean along the key, random views, and a surface term.

    It has opinions on a share `known` of the topics; on others it answers by surface only.
    """

    def draw(rng: np.random.Generator) -> Answers:
        statements = materials().statements.statements
        opinion = lean * np.array([_direction(s) for s in statements])
        opinion = opinion + views * rng.normal(size=len(opinion))
        topics = sorted({s.topic or "" for s in statements})
        known_topics = rng.choice(topics, round(known * len(topics)), replace=False)
        opinion *= np.isin([s.topic for s in statements], known_topics)
        by_word = number_a_text(rng)
        return Answers(opinion + surface * by_word.text, -opinion + surface * by_word.mirror)

    return draw


def _direction(statement: Statement) -> float:
    return float(np.sign(sum(statement.effects.values())))


WORD_READERS: Mapping[str, Draw] = {
    "random weights on words": word_weights,
    "a random number a text": number_a_text,
    "length": length,
    "frequency of words": frequency,
    "a keyword": keyword,
}
SIZES = (0.005, 0.05, 0.5, 3.0)
POPULATIONS: Mapping[str, Population] = {
    f"{name}, SD {size:g}{', noise 1.5' if noise else ''}": Population(draw, size, noise, most=1.0)
    for name, draw in WORD_READERS.items()
    for size in SIZES
    for noise in (0.0, 1.5)
} | {
    "opinions SD 1": Population(ideologue(0, 1), noise=0.5, least=98),
    "opinions SD 1, surface 0.5": Population(ideologue(0, 1, 0.5), noise=0.5, least=98),
    "opinions SD 1, surface 1": Population(ideologue(0, 1, 1), noise=0.5, least=80),
    "opinions SD 1, surface 2": Population(ideologue(0, 1, 2), noise=0.5),
    "half of the topics known": Population(ideologue(0, 1, 0.25, 0.5), noise=0.5, least=98),
    "a quarter of the topics known": Population(ideologue(0, 1, 0.25, 0.25), noise=0.5, least=98),
    "one-way keyed ideologue": Population(ideologue(1.4), noise=0.5, least=98, flipped=True),
    "leans by 0.3": Population(ideologue(0.3, 0.0, 0.25), noise=0.5, least=98),
    "opinions SD 0.1": Population(ideologue(0, 1), 0.1, 0.5, most=1),
}
"""Name -> population, with the promises of docs/method.md, section 3."""


# --- placing them ------------------------------------------------------------------------------


@cache
def materials() -> Materials:
    """The set `compass` and the protocol `default`, without controls."""
    recipe = replace(probes.load_protocol("default"), controls="", blanks=())
    return Materials(probes.load_set("compass"), recipe)


@cache
def one_way() -> Materials:
    """The same materials, with texts exchanged so that all statements are keyed to one pole."""
    statements = tuple(_turned(s) for s in materials().statements.statements)
    return replace(materials(), statements=replace(materials().statements, statements=statements))


def _turned(statement: Statement) -> Statement:
    if _direction(statement) > 0 or statement.mirror is None:
        return statement
    effects = {axis: -value for axis, value in statement.effects.items()}
    return replace(statement, text=statement.mirror, mirror=statement.text, effects=effects)


def placed(population: Population, rng: np.random.Generator) -> Placement:
    """The placement of one random respondent of a population, with all gates."""
    answers, asked = population.draw(rng), materials()
    text, mirror = answers.text, answers.mirror
    if population.flipped:
        turn = np.array([_direction(s) for s in asked.statements.statements]) < 0
        text, mirror, asked = np.where(turn, mirror, text), np.where(turn, text, mirror), one_way()
    wordings = len(asked.recipe.wordings)
    yes, slope = YES * rng.normal(size=wordings), np.exp(SLOPE * rng.normal(size=wordings))
    sides = [
        yes
        + population.size
        * (slope * side[:, None] + population.noise * rng.normal(size=(len(side), wordings)))
        for side in (text, mirror)
    ]
    return placement(_table(asked, *sides), asked, _header(asked))


def _table(asked: Materials, text: Floats, mirror: Floats) -> pd.DataFrame:
    """The agreement table of log-odds ``(pairs, wordings)``, by docs/method.md, section 3."""
    lam, agrees, opposes = (text - mirror) / 2, np.tanh(text / 2), np.tanh(mirror / 2)
    columns = {
        "statement": np.repeat([s.id for s in asked.statements.statements], text.shape[1]),
        "wording": np.tile([w.name for w in asked.recipe.wordings], len(text)),
        "log_odds": text.ravel(),
        "log_odds_mirror": mirror.ravel(),
        "lam": lam.ravel(),
        "leaning": np.tanh(lam / 2).ravel(),
        "raw": agrees.ravel(),
        "mirrored": ((agrees - opposes) / 2).ravel(),
        "yes_bias": np.tanh((text + mirror) / 4).ravel(),
    }
    frame = pd.DataFrame(columns).reindex(columns=list(COLUMNS))
    return frame.assign(model="m", role="statement", status="ok", mass=0.5, unanswered=0.0)


@cache
def _header_of(name: str) -> Header:
    model = ModelInfo(name, "simulated", name)
    return Header(
        model, "compass", "", "default", "", seed=0, limit=None, plan="", cells=0, wordings={}
    )


def _header(asked: Materials) -> Header:
    wordings = {w.name: w.options for w in asked.recipe.wordings}
    return replace(_header_of("m"), wordings=wordings)


def share_placed(population: Population, trials: int, seed: int) -> float:
    """Percentage of respondents x axes that are placed."""
    rng = np.random.default_rng(seed)
    rows = [row for _ in range(trials) for row in placed(population, rng).rows]
    return 100 * sum(bool(row["placed"]) for row in rows) / len(rows)


def _error(percent: float, trials: int) -> float:
    """Three standard errors of a percentage estimated from `trials` trials."""
    return 3 * float(np.sqrt(percent * (100 - percent) / trials))


def rows(trials: int, seed: int) -> Iterator[Row]:
    """The percentage of each population that is placed; promises allow three standard errors.

    At most `MOST_TRIALS` per population, as every respondent answers a whole set.
    """
    trials = min(trials, MOST_TRIALS)
    for number, (name, population) in enumerate(POPULATIONS.items()):
        share = share_placed(population, trials, seed + number)
        low, high = (_error(end, trials) for end in (population.least, population.most))
        least, most = population.least - low, population.most + high
        yield Row(name, "", share, least, most, "respondents are placed")
