"""Losses of classifiers: pure functions of tensors.

Each takes logits ``(texts, classes)``, labels ``(texts,)`` and what a bias model says, as natural
log-probabilities ``(texts, classes)`` or None, and gives the mean loss in nats. At prediction only
the logits count.
"""

from collections.abc import Callable

import torch

LossFunction = Callable[[torch.Tensor, torch.Tensor, torch.Tensor | None], torch.Tensor]


def plain(logits: torch.Tensor, labels: torch.Tensor, _: torch.Tensor | None) -> torch.Tensor:
    """Cross-entropy."""
    return torch.nn.functional.cross_entropy(logits, labels)
