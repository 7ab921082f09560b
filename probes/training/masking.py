"""Which tokens of a block are hidden in training a masked model: BERT's 15 %, drawn anew each time.

The masks are a function of seed, epoch and block, of nothing else: not of batches, processes or
what was drawn before. So a training that was killed goes on with the very masks that it would have
had (the collators of transformers draw from a random state that a kill loses).

BERT's rule (Devlin et al. 2019): of the tokens drawn, 80 % become the mask, 10 % a random token,
10 % stay. The number drawn is fixed (15 %, or what is asked for; rounded, at least one), not left
to chance.

Words that are named are hidden wherever they stand, beside that share of the others (salient span
masking: Guu et al. 2020). They are found in the text, and marked in the stream of its tokens.
"""

import re
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]

SHARE = 0.15
MASK, RANDOM = 0.8, 0.1
"""Shares of these tokens that become the mask, and another token."""
IGNORED = -100
"""Label of a token whose prediction does not count."""
SALIENT = 1 << 31
"""This bit marks a token that is always hidden."""
HELD_OUT = 1 << 40
"""The epoch of blocks that are held out: their masks are the same for every seed."""


class AlwaysHidden:
    """Marks the tokens of words that are always hidden.

    Args:
        words: words or phrases, found as whole ones, in capitals or not; none: nothing is marked.
    """

    def __init__(self, words: Sequence[str]) -> None:
        longest = sorted(words, key=len, reverse=True)
        self._words = re.compile(
            rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)", re.IGNORECASE
        )

    def __call__(self, text: str, ids: Sequence[int], spans: Sequence[tuple[int, int]]) -> Ids:
        """``(tokens,)`` with `SALIENT` where a token overlaps such a word.

        Args:
            text: a document.
            ids: its tokens.
            spans: where each of them begins and ends in the text.
        """
        marked = np.array(ids, np.int64)
        begins, ends = np.array(spans, np.int64).reshape(-1, 2).T
        for word in self._words.finditer(text):
            first = np.searchsorted(ends, word.start(), "right")
            marked[first : np.searchsorted(begins, word.end(), "left")] |= SALIENT
        return marked


class Masker:
    """Hides tokens of blocks.

    Args:
        mask: the mask token.
        vocabulary: random tokens are drawn below this ...
        specials: ... and are none of these, which are not hidden either.
        seed: of the training.
        share: of the other tokens that is hidden; those that are marked as `SALIENT` are, too.
    """

    def __init__(
        self,
        mask: int,
        vocabulary: int,
        specials: Collection[int],
        seed: int,
        share: float = SHARE,
    ) -> None:
        self._mask, self._seed, self._share = mask, seed, share
        self._specials = sorted(specials)
        self._usual = np.setdiff1d(np.arange(vocabulary), self._specials)

    def __call__(self, ids: Ids, epoch: int, block: int) -> tuple[Ids, Ids]:
        """``(tokens,)`` -> what the model reads, and the labels (`IGNORED` elsewhere).

        Args:
            ids: the block's tokens, as the stream has them.
            epoch: from 0; `HELD_OUT` for text that is not trained on.
            block: its number.
        """
        seed = 0 if epoch == HELD_OUT else self._seed
        rng = np.random.default_rng([seed, epoch, block])
        always, ids = (ids & SALIENT) != 0, ids & ~SALIENT
        plain = np.flatnonzero(~np.isin(ids, self._specials) & ~always)
        drawn = rng.permutation(plain)[: max(1, round(self._share * len(plain)))]
        drawn = np.concatenate([drawn, np.flatnonzero(always)])
        labels = np.full_like(ids, IGNORED)
        labels[drawn] = ids[drawn]
        turn, other = rng.random(len(drawn)), rng.choice(self._usual, len(drawn))
        read = ids.copy()
        read[drawn] = np.where(
            turn < MASK, self._mask, np.where(turn < MASK + RANDOM, other, ids[drawn])
        )
        return read, labels
