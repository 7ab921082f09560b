"""Masking for masked language models: BERT's 15 % of the tokens, drawn anew in each epoch.

The masks depend on seed, epoch and block alone, not on batches, processes or earlier draws. So a
resumed training gets the masks that it would have had without the interruption (the collators of
transformers use a random state that is lost by a kill).

BERT's rule (Devlin et al. 2019): of the selected tokens, 80 % become the mask token, 10 % a random
token, 10 % stay. The number selected is fixed (15 % or the given share; rounded, at least one).

Given words are masked wherever they occur, in addition to that share of the other tokens (salient
span masking: Guu et al. 2020). They are searched in the text and marked in the token stream.
"""

import re
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]

SHARE = 0.15
MASK, RANDOM = 0.8, 0.1
"""Shares of the selected tokens that become the mask token, and a random token."""
IGNORED = -100
"""Label of a token that does not enter the loss."""
SALIENT = 1 << 31
"""Bit that marks a token that is always masked."""
HELD_OUT = 1 << 40
"""Epoch number of held-out blocks: their masks are the same for every seed."""


class AlwaysHidden:
    """Marks the tokens of words that are always masked.

    Args:
        words: whole words or phrases, case-insensitive.
    """

    def __init__(self, words: Sequence[str]) -> None:
        longest = sorted(words, key=len, reverse=True)
        self._words = re.compile(
            rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)", re.IGNORECASE
        )

    def __call__(self, text: str, ids: Sequence[int], spans: Sequence[tuple[int, int]]) -> Ids:
        """Token ids ``(tokens,)``, with the bit `SALIENT` where a token overlaps such a word.

        Args:
            text: a document.
            ids: its token ids.
            spans: start and end of each token in the text, in characters.
        """
        marked = np.array(ids, np.int64)
        begins, ends = np.array(spans, np.int64).reshape(-1, 2).T
        for word in self._words.finditer(text):
            first = np.searchsorted(ends, word.start(), "right")
            marked[first : np.searchsorted(begins, word.end(), "left")] |= SALIENT
        return marked


class Masker:
    """Masks tokens of blocks.

    Args:
        mask: the mask token.
        vocabulary: number of token ids; random tokens are drawn below it.
        specials: special tokens, which are neither masked nor drawn.
        seed: seed of the training.
        share: share of tokens to mask, 0 to 1; tokens marked `SALIENT` are masked in addition.
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
        """Mask a block: ``(input ids, labels)``, each ``(tokens,)``; `IGNORED` if not masked.

        Args:
            ids: ``(tokens,)``, the block's token ids, perhaps with the bit `SALIENT`.
            epoch: epoch from 0; `HELD_OUT` for held-out blocks.
            block: number of the block.
        """
        seed = 0 if epoch == HELD_OUT else self._seed
        rng = np.random.default_rng([seed, epoch, block])
        always, ids = (ids & SALIENT) != 0, ids & ~SALIENT
        plain = np.flatnonzero(~np.isin(ids, self._specials) & ~always)
        drawn = rng.permutation(plain)[: max(1, round(self._share * len(plain)))]
        drawn = np.concatenate([drawn, np.flatnonzero(always)])
        labels = np.full_like(ids, IGNORED)
        labels[drawn] = ids[drawn]
        action, other = rng.random(len(drawn)), rng.choice(self._usual, len(drawn))
        read = ids.copy()
        read[drawn] = np.where(
            action < MASK, self._mask, np.where(action < MASK + RANDOM, other, ids[drawn])
        )
        return read, labels
