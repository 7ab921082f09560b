"""Which tokens of a block are hidden in training a masked model: BERT's 15 %, drawn anew each time.

A function of seed, epoch and block, of nothing else: not of batches, processes or what was drawn
before. So a training that was killed goes on with the very masks that it would have had (the
collators of transformers draw from the state that the kill loses).

BERT's rule (Devlin et al. 2019): of the tokens drawn, 80 % become the mask, 10 % a random token,
10 % stay. The number drawn is fixed (15 %, or what is asked for; rounded, at least one), not left
to chance.
"""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]

SHARE = 0.15
MASK, OTHER = 0.8, 0.1
IGNORED = -100
"""Label of a token whose prediction does not count."""
HELD_OUT = 1 << 40
"""Stands for the epoch in blocks that are held out: their masks never change, with no seed."""


class Masker:
    """Hides tokens of blocks.

    Args:
        mask: the mask token.
        vocabulary: random tokens are drawn below this ...
        specials: ... and are none of these, which are not hidden either.
        seed: of the training.
        share: of the other tokens that is hidden.
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
        """``(tokens,)`` -> what the model reads and what it must say there (`IGNORED` elsewhere).

        Args:
            ids: the block's tokens.
            epoch: from 0; `HELD_OUT` for text that is not trained on.
            block: its number.
        """
        seed = 0 if epoch == HELD_OUT else self._seed
        rng = np.random.default_rng([seed, epoch, block])
        plain = np.flatnonzero(~np.isin(ids, self._specials))
        drawn = rng.permutation(plain)[: max(1, round(self._share * len(plain)))]
        labels = np.full_like(ids, IGNORED)
        labels[drawn] = ids[drawn]
        turn, other = rng.random(len(drawn)), rng.choice(self._usual, len(drawn))
        read = ids.copy()
        read[drawn] = np.where(
            turn < MASK, self._mask, np.where(turn < MASK + OTHER, other, ids[drawn])
        )
        return read, labels
