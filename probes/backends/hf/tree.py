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

Does not tokenise and does not know prompts or options; `causal` brings both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch

from probes.backends.hf.rows import Text, alone, head_at, pick

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from probes.backends.hf.forms import Ids

ROW = 512
"""Tokens of a row. More fill the processor no better, and attention grows with the square."""
ROW_ACCELERATED = 2048
"""The same where thousands of tokens are needed to keep the device busy."""
FULL = 1e-4
"""Largest difference in log-probability, tree against plain, that is rounding in float32 ..."""
SIXTEEN_BITS = 0.1
"""... and the root mean square of them that is rounding at sixteen bits."""


@dataclass(slots=True)
class Tree:
    """Texts merged by common beginnings. A text's last token needs no place: nothing follows."""

    tokens: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    """Place of the token before, -1 at a beginning; parents stand before their children."""
    depths: list[int] = field(default_factory=list)
    asked: list[tuple[int, int]] = field(default_factory=list)
    """(place, next token): what is scored, text by text."""
    _places: dict[tuple[int, int], int] = field(default_factory=dict)
    _beginning: Ids = ()
    """What the last text began with, and where that ends: options of a prompt come in a row."""
    _end: int = -1

    def add(self, text: Text) -> None:
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

    def sight(self) -> np.ndarray:
        """Boolean [places, places]: whether the row's token attends to the column's."""
        seen = np.zeros((len(self.tokens), len(self.tokens)), dtype=bool)
        for place, parent in enumerate(self.parents):
            if parent >= 0:
                seen[place] = seen[parent]
            seen[place, place] = True
        return seen


def merged(texts: Sequence[Text]) -> Tree:
    """The tree of some texts."""
    tree = Tree()
    for text in texts:
        tree.add(text)
    return tree


@torch.inference_mode()
def branching(model: PreTrainedModel, texts: Sequence[Text]) -> torch.Tensor:
    """Log-probabilities of the scored tokens, text after text, all texts in one row.

    Returns:
        float32, one number for every scored token, on the model's device.
    """
    tree = merged(texts)
    device = model.device
    heads = sorted({place for place, _ in tree.asked})
    nth = {place: i for i, place in enumerate(heads)}
    seen = torch.from_numpy(tree.sight()).to(device)
    hidden = torch.full(seen.shape, torch.finfo(model.dtype).min, dtype=model.dtype, device=device)
    logits = head_at(
        model,
        torch.tensor(heads, device=device),
        input_ids=torch.tensor([tree.tokens], device=device),
        attention_mask=hidden.masked_fill_(seen, 0)[None, None],
        position_ids=torch.tensor([tree.depths], device=device),
    )[0]
    rows = torch.tensor([nth[place] for place, _ in tree.asked], device=device)
    next_tokens = torch.tensor([token for _, token in tree.asked], device=device)
    return pick(logits, rows, next_tokens)


def row_size(model: PreTrainedModel) -> int:
    """Tokens of a row on this model's device."""
    return ROW if model.device.type == "cpu" else ROW_ACCELERATED


def proven(model: PreTrainedModel, texts: Sequence[Text]) -> bool:
    """Whether the tree gives the numbers of the plain way, tried on a prompt's texts.

    The texts come last in a full row, behind others made of their own tokens: what goes by the
    place in the row and not by position ids is farthest off there. Compared are the first, the
    longest and the last text, token by token.
    """
    longest = max(range(len(texts)), key=lambda i: len(texts[i].ids))
    others = list(_others(texts[longest], row_size(model)))
    sizes = [len(text.ids) - text.start for text in (*others, *texts)]
    try:
        found = torch.split(branching(model, [*others, *texts]), sizes)[len(others) :]
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


def _others(text: Text, size: int) -> Iterator[Text]:
    """Texts of this one's tokens, shuffled, until they make more than `size` tokens."""
    dice = np.random.default_rng(0)
    for _ in range(size // len(text.ids) + 1):
        yield Text(tuple(dice.permutation(text.ids).tolist()), len(text.ids) - 1)
