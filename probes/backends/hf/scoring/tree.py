"""Log-probabilities of texts under a causal model by tree attention: many texts in one row.

The options of a prompt differ in their last few tokens only, and prompts of a wording in their
statement only. So the texts are merged into a tree of tokens (a trie), every common prefix once,
and the tree goes through the model as *one* sequence without padding: a token's position id is its
depth, and an additive attention mask lets it attend to its ancestors and itself. The head is
applied only to tokens whose next token is scored; log-sum-exp is taken there, in float32.

Why this is exact: in a causal transformer a token's state depends on its ancestors and its position
and nothing else, and both are the same in the tree and in a row of its own.

Where it fails: a model that computes distances from the index in the row instead of position ids
(ALiBi), local attention besides the mask, a mask read as boolean, no custom masks at all, a sliding
window shorter than the text. None of this is guessed from names: `matches_rows` compares a tree
with separate rows; where the two differ, `rows.score_rows` must be used. The additive mask must be
finite (`finfo.min`): a boolean one is silently misread by eager attention.

A prefix that all prompts of a wording share can be cached once for all rows (`prefix`). Knows
neither tokenizers nor prompts; `causal` brings both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch

from probes.backends.hf.loading.device import FORWARD_ERRORS, to_device
from probes.backends.hf.profile.meter import Meter
from probes.backends.hf.scoring import prefix
from probes.backends.hf.scoring.prefix import CachedPrefix
from probes.backends.hf.scoring.rows import TokenizedText, head_at, logprobs_at, score_alone

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from probes.backends.hf.scoring.forms import Ids

ROW_TOKENS = 384
"""Tokens of a row on a CPU. More make it no faster, and attention grows with the square."""
ROW_TOKENS_ACCELERATOR = 2048
"""The same on an accelerator, which needs thousands of tokens to be busy."""
FLOAT32_TOLERANCE = 1e-4
"""Largest difference in log-probability, tree against rows, that counts as rounding in float32."""
HALF_TOLERANCE = 0.1
"""Root mean square of the differences that counts as rounding in 16 bits."""


@dataclass(slots=True)
class TokenTree:
    """Texts merged by common prefixes, without their last tokens, after which nothing is scored."""

    tokens: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    """Place of the token before, -1 for a first token; parents precede their children."""
    depths: list[int] = field(default_factory=list)
    targets: list[tuple[int, int]] = field(default_factory=list)
    """(place, next token) of each scored token, text by text."""
    reused: list[int] = field(default_factory=list)
    """Of each prefix that was added: how many of its tokens were in the tree already."""
    prefix_places: int = 0
    """Number of places of prefixes; they precede those of texts."""
    _places: dict[tuple[int, int], int] = field(default_factory=dict)
    _last_prefix: Ids = ()
    """The last text's unscored prefix and the place of its last token: options of a prompt come one
    after another and share it."""
    _last_prefix_end: int = -1

    def add_prefix(self, ids: Ids) -> None:
        """Add a prefix, of which nothing is scored; before any text."""
        place = -1
        for depth, token in enumerate(ids):
            place = self._child(place, token, depth)
        self.reused.append(len(ids) - (len(self.tokens) - self.prefix_places))
        self.prefix_places = len(self.tokens)

    def add(self, text: TokenizedText) -> None:
        """Add a text."""
        prefix_ids = text.ids[: text.start]
        if prefix_ids != self._last_prefix:
            self._last_prefix_end = -1
            for depth, token in enumerate(prefix_ids):
                self._last_prefix_end = self._child(self._last_prefix_end, token, depth)
            self._last_prefix = prefix_ids
        place = self._last_prefix_end
        for depth, token in enumerate(text.ids[text.start :], start=text.start):
            self.targets.append((place, token))
            if depth < len(text.ids) - 1:
                place = self._child(place, token, depth)

    def _child(self, parent: int, token: int, depth: int) -> int:
        """The place of a token after `parent`, new if there is none."""
        place = self._places.setdefault((parent, token), len(self.tokens))
        if place == len(self.tokens):
            self.tokens.append(token)
            self.parents.append(parent)
            self.depths.append(depth)
        return place

    def attends(self) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
        """Boolean [places, places]: whether the row's token attends to the column's."""
        mask = np.zeros((len(self.tokens), len(self.tokens)), dtype=bool)
        for place, parent in enumerate(self.parents):
            if parent >= 0:
                mask[place] = mask[parent]
            mask[place, place] = True
        return mask


def build_tree(texts: Sequence[TokenizedText], prefixes: Sequence[Ids] = ()) -> TokenTree:
    """The tree of some prefixes and texts."""
    tree = TokenTree()
    for ids in prefixes:
        tree.add_prefix(ids)
    for text in texts:
        tree.add(text)
    return tree


@torch.inference_mode()
def score_tree(
    model: PreTrainedModel,
    texts: Sequence[TokenizedText],
    prefixes: Sequence[CachedPrefix] = (),
    meter: Meter | None = None,
) -> torch.Tensor:
    """Log-probabilities of the scored tokens, text after text, all texts in one row.

    Args:
        model: a causal one.
        texts: any.
        prefixes: cached ones; those that are prefixes of some text are used.
        meter: counts the pass.

    Returns:
        float32, one number for every scored token, on the model's device.
    """
    used = [cached for cached in prefixes if _usable(cached.ids, texts)]
    tree, device = build_tree(texts, [cached.ids for cached in used]), model.device
    prefix_places = tree.prefix_places
    heads = sorted({place for place, _ in tree.targets})
    index = {place: i for i, place in enumerate(heads)}
    attends = to_device(torch.from_numpy(tree.attends()[prefix_places:]), device)
    mask = torch.full(attends.shape, torch.finfo(model.dtype).min, dtype=model.dtype, device=device)
    logits = head_at(
        model,
        to_device(torch.tensor(heads) - prefix_places, device),
        input_ids=to_device(torch.tensor([tree.tokens[prefix_places:]]), device),
        attention_mask=mask.masked_fill_(attends, 0)[None, None],
        position_ids=to_device(torch.tensor([tree.depths[prefix_places:]]), device),
        **({"past_key_values": prefix.joint_cache(used, tree.reused)} if used else {}),
    )[0]
    if meter is not None:
        new = len(tree.tokens) - prefix_places
        meter.count_pass(1, new, real=new, heads=len(heads))
    rows = to_device(torch.tensor([index[place] for place, _ in tree.targets]), device)
    next_tokens = to_device(torch.tensor([token for _, token in tree.targets]), device)
    return logprobs_at(logits, rows, next_tokens)


def _usable(prefix_ids: Ids, texts: Sequence[TokenizedText]) -> bool:
    """Whether some text has this prefix, and none scores a token of it or the token after it: that
    one needs the prefix's last hidden state, which is not cached."""
    size = len(prefix_ids)
    return any(text.ids[:size] == prefix_ids for text in texts) and not any(
        text.start <= size and text.ids[: text.start] == prefix_ids[: text.start] for text in texts
    )


def row_size(model: PreTrainedModel) -> int:
    """Tokens of a row on this model's device."""
    return ROW_TOKENS if model.device.type == "cpu" else ROW_TOKENS_ACCELERATOR


def matches_rows(
    model: PreTrainedModel, texts: Sequence[TokenizedText], prefixes: Sequence[CachedPrefix] = ()
) -> bool:
    """Whether the tree gives the log-probabilities of separate rows, for these texts.

    The texts come last in a full row, after other texts made of their own tokens: a model that uses
    the index in the row and not position ids is furthest off there. The first, the longest and the
    last text are compared token by token. With cached `prefixes` the texts are alone in their row,
    so the tree must have been checked without them first.
    """
    longest = max(range(len(texts)), key=lambda i: len(texts[i].ids))
    fillers = [] if prefixes else list(_shuffled_texts(texts[longest], row_size(model)))
    sizes = [len(text.ids) - text.start for text in (*fillers, *texts)]
    try:
        logprobs = score_tree(model, [*fillers, *texts], prefixes)
        tree_logprobs = torch.split(logprobs, sizes)[len(fillers) :]
        differences = [
            tree_logprobs[i] - score_alone(model, texts[i]) for i in {0, longest, len(texts) - 1}
        ]
    except FORWARD_ERRORS:
        return (
            False  # Without custom masks or position ids; each architecture raises its own error.
        )
    return _is_rounding(torch.cat(differences), torch.finfo(model.dtype).bits)


def _is_rounding(differences: torch.Tensor, bits: int) -> bool:
    """Whether differences between log-probabilities are rounding; NaN is not.

    A wrong mask changes them by 0.2 and more. Rounding to 16 bits changes a few by 0.1; the root
    mean square was 0.03 at most in sixteen layers of bfloat16.
    """
    if bits > 16:
        return float(differences.abs().max()) <= FLOAT32_TOLERANCE
    return float(differences.square().mean().sqrt()) <= HALF_TOLERANCE


def _shuffled_texts(text: TokenizedText, size: int) -> Iterator[TokenizedText]:
    """Texts of this one's tokens in random order, until they make more than `size` tokens."""
    generator = np.random.default_rng(0)
    for _ in range(size // len(text.ids) + 1):
        yield TokenizedText(tuple(generator.permutation(text.ids).tolist()), len(text.ids) - 1)
