"""Log-probabilities of texts under a causal model, many texts in one row.

What is clever. The options of a prompt differ in their last few tokens only, and prompts of a
wording in their statement only. So the texts are merged into a tree of tokens, every common
beginning once, and the tree goes through the model as *one* sequence without padding: a token's
position is its depth, and an additive mask lets it attend to its ancestors and itself. The head
is applied only to tokens whose successor is scored; log-sum-exp is taken there, in float32.

Why that is allowed. In a causal transformer a token's state depends on its ancestors, its
position and nothing else, and none of these differ between the tree and a row of its own.

What can break it. A model that takes distance from the place in the row instead of position ids
(ALiBi), local attention of its own beside the mask, a boolean reading of the mask, no custom
masks at all, a sliding window shorter than the text. None of this is guessed from names:
`proven` puts a tree and the plain way side by side; where the two differ, `rows.plain` must be
used. The additive mask has to be finite (`finfo.min`): a boolean one is silently misread
wherever attention is eager.

What all prompts of a wording begin with can be read beforehand, once for all rows (`prefix`).

Does not tokenise and does not know prompts or options; `causal` brings both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch

from probes.backends.hf.loading.device import sent
from probes.backends.hf.profile.meter import Meter
from probes.backends.hf.scoring import prefix
from probes.backends.hf.scoring.prefix import CachedPrefix
from probes.backends.hf.scoring.rows import TokenizedText, alone, head_at, pick

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from probes.backends.hf.scoring.forms import Ids

ROW = 384
"""Tokens of a row. More fill the processor no better, and attention grows with the square."""
ROW_ACCELERATED = 2048
"""The same where thousands of tokens are needed to keep the device busy."""
FULL = 1e-4
"""Largest difference in log-probability, tree against plain, that is rounding in float32 ..."""
SIXTEEN_BITS = 0.1
"""... and the root mean square of them that is rounding at sixteen bits."""


@dataclass(slots=True)
class TokenTree:
    """Texts merged by common beginnings. A text's last token needs no place: nothing follows."""

    tokens: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    """Place of the token before, -1 at a beginning; parents stand before their children."""
    depths: list[int] = field(default_factory=list)
    asked: list[tuple[int, int]] = field(default_factory=list)
    """(place, next token): what is scored, text by text."""
    begun: list[int] = field(default_factory=list)
    """Of each beginning that was merged: how many of its tokens were in the tree already."""
    known: int = 0
    """Places of beginnings; they stand before those of texts."""
    _places: dict[tuple[int, int], int] = field(default_factory=dict)
    _beginning: Ids = ()
    """What the last text began with, and where that ends: options of a prompt come in a row."""
    _end: int = -1

    def begin(self, ids: Ids) -> None:
        """Merge a beginning, of which nothing is asked, before any text."""
        place = -1
        for depth, token in enumerate(ids):
            place = self._child(place, token, depth)
        self.begun.append(len(ids) - (len(self.tokens) - self.known))
        self.known = len(self.tokens)

    def add(self, text: TokenizedText) -> None:
        """Merge a text into the tree."""
        beginning = text.ids[: text.start]
        if beginning != self._beginning:
            self._end = -1
            for depth, token in enumerate(beginning):
                self._end = self._child(self._end, token, depth)
            self._beginning = beginning
        place = self._end
        for depth, token in enumerate(text.ids[text.start :], start=text.start):
            self.asked.append((place, token))
            if depth < len(text.ids) - 1:
                place = self._child(place, token, depth)

    def _child(self, parent: int, token: int, depth: int) -> int:
        place = self._places.setdefault((parent, token), len(self.tokens))
        if place == len(self.tokens):
            self.tokens.append(token)
            self.parents.append(parent)
            self.depths.append(depth)
        return place

    def sight(self) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
        """Boolean [places, places]: whether the row's token attends to the column's."""
        seen = np.zeros((len(self.tokens), len(self.tokens)), dtype=bool)
        for place, parent in enumerate(self.parents):
            if parent >= 0:
                seen[place] = seen[parent]
            seen[place, place] = True
        return seen


def merged(texts: Sequence[TokenizedText], begins: Sequence[Ids] = ()) -> TokenTree:
    """The tree of some beginnings and texts."""
    tree = TokenTree()
    for ids in begins:
        tree.begin(ids)
    for text in texts:
        tree.add(text)
    return tree


@torch.inference_mode()
def branching(
    model: PreTrainedModel,
    texts: Sequence[TokenizedText],
    held: Sequence[CachedPrefix] = (),
    meter: Meter | None = None,
) -> torch.Tensor:
    """Log-probabilities of the scored tokens, text after text, all texts in one row.

    Args:
        model: a causal one.
        texts: any.
        held: beginnings that were read before; those that some of the texts have are used.
        meter: told of the pass.

    Returns:
        float32, one number for every scored token, on the model's device.
    """
    used = [each for each in held if _fits(each.ids, texts)]
    tree, device = merged(texts, [each.ids for each in used]), model.device
    known = tree.known
    heads = sorted({place for place, _ in tree.asked})
    nth = {place: i for i, place in enumerate(heads)}
    seen = sent(torch.from_numpy(tree.sight()[known:]), device)
    hidden = torch.full(seen.shape, torch.finfo(model.dtype).min, dtype=model.dtype, device=device)
    logits = head_at(
        model,
        sent(torch.tensor(heads) - known, device),
        input_ids=sent(torch.tensor([tree.tokens[known:]]), device),
        attention_mask=hidden.masked_fill_(seen, 0)[None, None],
        position_ids=sent(torch.tensor([tree.depths[known:]]), device),
        **({"past_key_values": prefix.cache(used, tree.begun)} if used else {}),
    )[0]
    if meter is not None:
        new = len(tree.tokens) - known
        meter.passed(1, new, real=new, heads=len(heads))
    rows = sent(torch.tensor([nth[place] for place, _ in tree.asked]), device)
    next_tokens = sent(torch.tensor([token for _, token in tree.asked]), device)
    return pick(logits, rows, next_tokens)


def _fits(beginning: Ids, texts: Sequence[TokenizedText]) -> bool:
    """Whether some text has this beginning, and none asks for a token of it or the one behind it:
    that one is scored by the last state of the beginning, which is not held."""
    size = len(beginning)
    return any(text.ids[:size] == beginning for text in texts) and not any(
        text.start <= size and text.ids[: text.start] == beginning[: text.start] for text in texts
    )


def row_size(model: PreTrainedModel) -> int:
    """Tokens of a row on this model's device."""
    return ROW if model.device.type == "cpu" else ROW_ACCELERATED


def proven(
    model: PreTrainedModel, texts: Sequence[TokenizedText], held: Sequence[CachedPrefix] = ()
) -> bool:
    """Whether the tree gives the numbers of the plain way, tried on a prompt's texts.

    The texts come last in a full row, behind others made of their own tokens: what goes by the
    place in the row and not by position ids is farthest off there. Compared are the first, the
    longest and the last text, token by token. With `held` beginnings the texts are alone in their
    row: this is for a tree that was proven without.
    """
    longest = max(range(len(texts)), key=lambda i: len(texts[i].ids))
    others = [] if held else list(_others(texts[longest], row_size(model)))
    sizes = [len(text.ids) - text.start for text in (*others, *texts)]
    try:
        numbers = branching(model, [*others, *texts], held)
        found = torch.split(numbers, sizes)[len(others) :]
        gaps = [found[i] - alone(model, texts[i]) for i in {0, longest, len(texts) - 1}]
    except (AttributeError, IndexError, RuntimeError, TypeError, ValueError):
        return False  # Each architecture that takes no mask or positions refuses in its own way.
    return _alike(torch.cat(gaps), torch.finfo(model.dtype).bits)


def _alike(gaps: torch.Tensor, bits: int) -> bool:
    """Whether differences between log-probabilities are rounding; NaN is not.

    A wrong mask moves them by 0.2 and more. Rounding to sixteen bits moves single ones by 0.1,
    but few: their root mean square was 0.03 at the most in sixteen layers of bfloat16.
    """
    if bits > 16:
        return float(gaps.abs().max()) <= FULL
    return float(gaps.square().mean().sqrt()) <= SIXTEEN_BITS


def _others(text: TokenizedText, size: int) -> Iterator[TokenizedText]:
    """Texts of this one's tokens, shuffled, until they make more than `size` tokens."""
    dice = np.random.default_rng(0)
    for _ in range(size // len(text.ids) + 1):
        yield TokenizedText(tuple(dice.permutation(text.ids).tolist()), len(text.ids) - 1)
