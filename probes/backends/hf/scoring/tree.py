"""Log-probabilities of texts under a causal model by tree attention: many texts in one row.

The options of a prompt differ in their last few tokens only, and prompts of a wording in their
statement only. So the texts are merged into a tree of tokens (a trie) with every common prefix
once, and the model computes the tree as *one* sequence without padding: a token's position id is
its depth, and an additive attention mask lets it attend to its ancestors and itself. The head is
applied only to tokens whose next token is scored; log-sum-exp is taken there, in float32.

Why this is exact: in a causal transformer a token's state depends only on its ancestors and its
position, and both are the same in the tree and in a separate row.

Where it fails: models that compute distances from the index in the row instead of position ids
(ALiBi), local attention in addition to the mask, masks read as boolean, no custom masks, a sliding
window shorter than the text. None of this is inferred from names: `matches_rows` compares a tree
with separate rows; if they differ, `rows.score_rows` must be used. The additive mask must be finite
(`finfo.min`), because eager attention silently misreads a boolean one.

A prefix that all prompts of a wording share can be cached once for all rows (`prefix`). `causal`
builds the texts from prompts.
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
"""Tokens of a row on a CPU. More are not faster, and the cost of attention is quadratic."""
ROW_TOKENS_ACCELERATOR = 2048
"""Tokens of a row on an accelerator, which needs thousands for full utilization."""
FLOAT32_TOLERANCE = 1e-4
"""Maximum difference in log-probability between tree and rows that is rounding in float32."""
HALF_TOLERANCE = 0.1
"""Maximum root mean square of these differences that is rounding in 16 bits."""


@dataclass(slots=True)
class TokenTree:
    """Texts merged by common prefixes, without their last tokens, which are only predicted.

    A node's place is its index in the row.
    """

    tokens: list[int] = field(default_factory=list)
    """Token id of each node."""
    parents: list[int] = field(default_factory=list)
    """Place of the previous token, -1 for a first token; parents precede their children."""
    depths: list[int] = field(default_factory=list)
    """Position id of each node."""
    targets: list[tuple[int, int]] = field(default_factory=list)
    """``(place, next token)`` of each scored token, text by text."""
    reused: list[int] = field(default_factory=list)
    """For each added prefix, the number of its tokens that were already in the tree."""
    prefix_places: int = 0
    """Number of nodes of prefixes; they precede those of texts."""
    _places: dict[tuple[int, int], int] = field(default_factory=dict)
    _last_prefix: Ids = ()
    """The unscored prefix of the last text; consecutive options of a prompt share it."""
    _last_prefix_end: int = -1
    """Place of that prefix's last token."""

    def add_prefix(self, ids: Ids) -> None:
        """Add an unscored prefix; before any text."""
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
        """Place of a token after `parent`; adds a node if there is none."""
        place = self._places.setdefault((parent, token), len(self.tokens))
        if place == len(self.tokens):
            self.tokens.append(token)
            self.parents.append(parent)
            self.depths.append(depth)
        return place

    def attends(self) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
        """Boolean ``[places, places]``: whether the row's token attends to the column's."""
        mask = np.zeros((len(self.tokens), len(self.tokens)), dtype=bool)
        for place, parent in enumerate(self.parents):
            if parent >= 0:
                mask[place] = mask[parent]
            mask[place, place] = True
        return mask


def build_tree(texts: Sequence[TokenizedText], prefixes: Sequence[Ids] = ()) -> TokenTree:
    """The tree of prefixes and texts."""
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
    """Log-probabilities of the scored tokens of all texts, computed in one row.

    Args:
        model: a causal model.
        texts: the texts.
        prefixes: cached prefixes; those that fit some text are used.
        meter: counts the forward pass.

    Returns:
        ``[scored tokens]`` in float32, text after text, on the model's device.
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
    """Whether some text has this prefix, and no text scores a token of it or the token after it
    (which needs the prefix's last hidden state, which is not cached)."""
    size = len(prefix_ids)
    return any(text.ids[:size] == prefix_ids for text in texts) and not any(
        text.start <= size and text.ids[: text.start] == prefix_ids[: text.start] for text in texts
    )


def row_size(model: PreTrainedModel) -> int:
    """Maximum tokens of a row on this model's device."""
    return ROW_TOKENS if model.device.type == "cpu" else ROW_TOKENS_ACCELERATOR


def matches_rows(
    model: PreTrainedModel, texts: Sequence[TokenizedText], prefixes: Sequence[CachedPrefix] = ()
) -> bool:
    """Whether the tree gives the same log-probabilities as separate rows, for these texts.

    The texts are put last in a full row, after filler texts from their own tokens, where the error
    of a model that uses the index in the row instead of position ids is largest. The first, the
    longest and the last text are compared token by token. With cached `prefixes` there are no
    fillers, so the tree must be checked without prefixes first.
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
        return False  # The architecture has no custom masks or position ids; error types vary.
    return _is_rounding(torch.cat(differences), torch.finfo(model.dtype).bits)


def _is_rounding(differences: torch.Tensor, bits: int) -> bool:
    """Whether differences between log-probabilities are rounding errors; NaN is not.

    A wrong mask changes log-probabilities by 0.2 and more. Rounding to 16 bits changes a few by
    0.1; the root mean square was at most 0.03 in 16 layers of bfloat16.
    """
    if bits > 16:
        return float(differences.abs().max()) <= FLOAT32_TOLERANCE
    return float(differences.square().mean().sqrt()) <= HALF_TOLERANCE


def _shuffled_texts(text: TokenizedText, size: int) -> Iterator[TokenizedText]:
    """Random permutations of a text's tokens, until they have more than `size` tokens in total."""
    generator = np.random.default_rng(0)
    for _ in range(size // len(text.ids) + 1):
        yield TokenizedText(tuple(generator.permutation(text.ids).tolist()), len(text.ids) - 1)
