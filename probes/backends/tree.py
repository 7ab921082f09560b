"""Log-probabilities of texts under a causal model: many texts in one row, or a row each.

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
`proven` puts a tree and the plain way side by side, and who calls must use `plain` where the
two differ. The additive mask has to be finite (`finfo.min`): a boolean one is silently misread
wherever attention is eager.

Does not tokenise and does not know prompts or options; `causal` brings both.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from probes.backends.forms import Ids

ROW = 512
"""Tokens of a row. More fill the processor no better, and attention grows with the square."""
ROW_ACCELERATED = 2048
"""The same where thousands of tokens are needed to keep the device busy."""
CHUNK = 64
"""Rows of vocabulary size that are in float32 at a time."""


@dataclass(frozen=True, slots=True)
class Text:
    """A tokenised text of which the tokens from `start` on are scored."""

    ids: Ids
    start: int
    """At least 1: the first token of a text has no probability."""


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

    def add(self, text: Text) -> None:
        """Merge a text into the tree."""
        place = -1
        for depth, token in enumerate(text.ids):
            if depth >= text.start:
                self.asked.append((place, token))
            if depth == len(text.ids) - 1:
                return
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
    logits = _logits(
        model,
        torch.tensor(heads, device=device),
        input_ids=torch.tensor([tree.tokens], device=device),
        attention_mask=hidden.masked_fill_(seen, 0)[None, None],
        position_ids=torch.tensor([tree.depths], device=device),
    )[0]
    rows = torch.tensor([nth[place] for place, _ in tree.asked], device=device)
    next_tokens = torch.tensor([token for _, token in tree.asked], device=device)
    return pick(logits, rows, next_tokens)


@torch.inference_mode()
def plain(model: PreTrainedModel, texts: Sequence[Text]) -> torch.Tensor:
    """The same numbers with each text in a row of its own.

    Rows are padded on the right, where no causal model looks.
    """
    device = model.device
    longest = max(len(text.ids) for text in texts)
    first = min(text.start for text in texts) - 1
    ids = [[*text.ids, *[0] * (longest - len(text.ids))] for text in texts]
    real = [[1] * len(text.ids) + [0] * (longest - len(text.ids)) for text in texts]
    logits = _logits(
        model,
        torch.arange(first, longest - 1, device=device),
        input_ids=torch.tensor(ids, device=device),
        attention_mask=torch.tensor(real, device=device),
    )
    found = []
    for row, text in zip(logits, texts, strict=True):
        rows = torch.arange(text.start - 1, len(text.ids) - 1, device=device) - first
        found.append(pick(row, rows, torch.tensor(text.ids[text.start :], device=device)))
    return torch.cat(found)


def _logits(
    model: PreTrainedModel, positions: torch.Tensor, **inputs: torch.Tensor
) -> torch.Tensor:
    """Logits [rows, positions, vocabulary] of the same positions of every row.

    The model's own forward applies the head, for whatever it does to logits afterwards (scaling,
    soft caps). Models that cannot be told which positions are wanted give all of them.
    """
    parameters = inspect.signature(model.forward).parameters.values()
    if any(p.name == "logits_to_keep" or p.kind is p.VAR_KEYWORD for p in parameters):
        logits = model(**inputs, logits_to_keep=positions, use_cache=False).logits
    else:
        logits = model(**inputs, use_cache=False).logits
    if logits.shape[1] != len(positions):
        logits = logits[:, positions]
    return logits


def pick(logits: torch.Tensor, rows: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    """Log-softmax over the whole vocabulary, in float32, at some (row, token).

    Args:
        logits: [rows, vocabulary].
        rows: which row each token is looked up in.
        tokens: as many.
    """
    total = torch.cat([chunk.float().logsumexp(-1) for chunk in logits.split(CHUNK)])
    return logits[rows, tokens].float() - total[rows]


def alone(model: PreTrainedModel, text: Text) -> torch.Tensor:
    """The plain way at its plainest: one text, nothing but its ids, all logits."""
    with torch.inference_mode():
        logits = model(torch.tensor([text.ids], device=model.device)).logits[0]
        rows = torch.arange(text.start - 1, len(text.ids) - 1, device=model.device)
        return pick(logits, rows, torch.tensor(text.ids[text.start :], device=model.device))


def row_size(model: PreTrainedModel) -> int:
    """Tokens of a row on this model's device."""
    return ROW if model.device.type == "cpu" else ROW_ACCELERATED


def proven(model: PreTrainedModel, texts: Sequence[Text]) -> bool:
    """Whether the tree gives the numbers of the plain way, tried on a prompt's texts.

    The texts come last in a full row, behind others made of their own tokens: what goes by the
    place in the row and not by position ids is farthest off there. Compared are the first, the
    longest and the last text, token by token: within 1e-4 in float32; within sixteen units of
    rounding for 16-bit weights, whose rounding alone moves a logit of 30 by 0.1 (a wrong mask
    moves log-probabilities by 0.2 to 1).
    """
    tolerance = max(1e-4, 16 * torch.finfo(model.dtype).eps)
    longest = max(range(len(texts)), key=lambda i: len(texts[i].ids))
    others = list(_others(texts[longest], row_size(model)))
    try:
        found = branching(model, [*others, *texts])
    except torch.OutOfMemoryError:
        raise
    except (AttributeError, IndexError, RuntimeError, TypeError, ValueError):
        return False  # Some architectures refuse a mask or positions of one's own, each its way.
    parts = found.split([len(text.ids) - text.start for text in (*others, *texts)])[len(others) :]
    return all(
        bool(torch.isfinite(parts[i]).all())
        and float((parts[i] - alone(model, texts[i])).abs().max()) <= tolerance
        for i in {0, longest, len(texts) - 1}
    )


def _others(text: Text, size: int) -> Iterator[Text]:
    """Texts as long as this one, its tokens rotated, until they make `size` tokens."""
    for by in range(1, min(len(text.ids), size // len(text.ids) + 1)):
        yield Text(text.ids[by:] + text.ids[:by], len(text.ids) - 1)
