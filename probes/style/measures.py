"""Measures of a text's style that a reward model could prefer without any political leaning.

The sign is such that a higher value is expected to be preferred: more words, fewer negations, fewer
words of harm, more words typical of true control texts. The last is a linear bag-of-words model,
fitted to the run's control pairs by ridge regression.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probes.types import StatementSet
from probes.validity import texts

LONGER, NEGATIONS, HARM, TRUTH = ("longer", "fewer negations", "fewer harm words", "truth words")
_STEMS = (
    *("abus", "burden", "corrupt", "cost", "damag", "danger", "depend", "destroy", "discourag"),
    *(
        "distort",
        "endanger",
        "erod",
        "exploit",
        "fail",
        "harm",
        "hinder",
        "hurt",
        "impos",
        "infring",
    ),
    *("jeopardi", "lead to", "limit", "lose", "overreach", "prevent", "restrict", "ruin", "stifl"),
    *("suppress", "threat", "undermin", "violat", "wast", "weaken", "worsen"),
)
HARMS = re.compile(rf"\b(?:{'|'.join(_STEMS)})\w*")
"""English words for preventing, worsening or endangering something (our own short list)."""
RIDGE = 10.0
"""Ridge penalty; shrinks the weights of words that occur in few pairs."""
FOLDS = 5
Floats = NDArray[np.floating]
Score = Callable[[str], float]
Pair = tuple[str, str]
"""``(true text, false text)``."""


@dataclass(frozen=True, slots=True)
class TruthWords:
    """A linear bag-of-words model of the truth of a text: word -> weight."""

    weights: Mapping[str, float]

    def score(self, text: str) -> float:
        """The sum of the weights of a text's words."""
        return sum(self.weights.get(word, 0.0) for word in texts.words(text))


def measures(language: str, controls: StatementSet | None) -> dict[str, Score]:
    """Name -> measure, for the measures that are available for this language and these controls."""
    by_name: dict[str, Score] = {LONGER: lambda text: float(len(texts.words(text)))}
    if texts.listed(language):
        by_name[NEGATIONS] = lambda text: -float(texts.count(text, language, "negation"))
    if texts.english(language):
        by_name[HARM] = lambda text: -float(len(HARMS.findall(text.lower())))
    if pairs := truths(controls):
        by_name[TRUTH] = learnt(pairs).score
    return by_name


def truths(controls: StatementSet | None) -> list[Pair]:
    """The control pairs as ``(true text, false text)``."""
    pairs = []
    for control in controls.statements if controls else ():
        if control.mirror:
            both = (control.text, control.mirror)
            pairs.append(both if sum(control.effects.values()) > 0 else both[::-1])
    return pairs


def learnt(pairs: Sequence[Pair]) -> TruthWords:
    """Ridge regression of 1 on the word counts of the true text minus those of the false one, in
    the dual form, because there are fewer pairs than words."""
    rows, number = _counted(pairs)
    weights = rows.T @ _solved(rows @ rows.T)
    return TruthWords({word: float(weights[i]) for word, i in number.items()})


def right_elsewhere(pairs: Sequence[Pair]) -> list[float]:
    """Out-of-fold accuracy of each pair (`FOLDS`-fold cross-validation): 1 if the model of the
    other folds scores the true text higher, one half if both scores are equal."""
    rows, _ = _counted(pairs)
    gram, shares = rows @ rows.T, np.full(len(pairs), 0.5)
    fold = np.arange(len(pairs)) % FOLDS
    for left_out in range(FOLDS if len(pairs) >= FOLDS else 0):
        others = fold != left_out
        score = gram[np.ix_(~others, others)] @ _solved(gram[np.ix_(others, others)])
        shares[~others] = (1 + np.sign(score)) / 2
    return shares.tolist()


def _counted(pairs: Sequence[Pair]) -> tuple[Floats, dict[str, int]]:
    """Word counts of the true text minus those of the false one, ``(pairs, words)``, and each
    word's column."""
    counts = [(Counter(texts.words(true)), Counter(texts.words(false))) for true, false in pairs]
    words = sorted({word for both in counts for count in both for word in count})
    number = {word: i for i, word in enumerate(words)}
    rows = np.zeros((len(pairs), len(number)), np.float32)
    for row, (true, false) in zip(rows, counts, strict=True):
        for word in true | false:
            row[number[word]] = true[word] - false[word]
    return rows, number


def _solved(gram: Floats) -> Floats:
    """Dual coefficients of the ridge regression, from the Gram matrix of the pairs."""
    weights: Floats = np.linalg.solve(gram + RIDGE * np.eye(len(gram)), np.ones(len(gram)))
    return weights
