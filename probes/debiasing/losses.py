"""Losses of a batch that take into account what a bias model says of each text.

`logits` are the classifier's, ``(texts, classes)``; `labels` ``(texts,)`` are class numbers;
`log_bias` ``(texts, classes)`` are log-probabilities of a bias model that has not learnt from these
texts. All return a mean in nats. **At inference the classifier's logits stand alone**: with the
bias left in, `product` predicts as `plain` does.

Sources: Clark et al. 2019 (`reweight`, `product`), Karimi Mahabadi et al. 2020 (`focal`), Utama et
al. 2020a (`confidence`). docs/method.md, section 14.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

LossFunction = Callable[..., Tensor]
"""Takes logits, labels and, all but `plain`, a third tensor."""
FLOOR = 1e-6
"""Least sum of weights of a batch."""
CERTAIN = 0.999


def plain(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy, the mean of the batch."""
    return functional.cross_entropy(logits, labels)


def reweight(logits: Tensor, labels: Tensor, log_bias: Tensor) -> Tensor:
    """Cross-entropy, each text weighed by what the bias model gets wrong of it: 1 - p_b(y).

    Weights are divided by their sum, or the step would shrink where the bias is strong.
    """
    weights = 1 - _of_label(log_bias, labels).exp()
    each = functional.cross_entropy(logits, labels, reduction="none")
    return (weights * each).sum() / weights.sum().clamp_min(FLOOR)


def focal(logits: Tensor, labels: Tensor, log_bias: Tensor, gamma: float = 2.0) -> Tensor:
    """Mean of (1 - p_b(y))^gamma times cross-entropy; over-corrects a strong bias above gamma 1."""
    weights = (1 - _of_label(log_bias, labels).exp()).clamp_min(0) ** gamma
    return (weights * functional.cross_entropy(logits, labels, reduction="none")).mean()


def product(logits: Tensor, labels: Tensor, log_bias: Tensor, alpha: float = 1.0) -> Tensor:
    """Cross-entropy of the product of classifier and bias model (product of experts).

    What `log_bias` adds to all classes of a text alike is without effect: log-odds above those of
    the labels do as well, and keep the classes' shares in the classifier (`without_prior`).
    """
    return functional.cross_entropy(logits + alpha * log_bias, labels)


def confidence(logits: Tensor, labels: Tensor, log_target: Tensor) -> Tensor:
    """Cross-entropy against `less_sure` of a teacher; the labels are in it."""
    del labels
    return -(log_target.exp() * logits.log_softmax(-1)).sum(-1).mean()


def less_sure(teacher: Tensor, labels: Tensor, log_bias: Tensor) -> Tensor:
    """Log-probabilities ``(texts, classes)`` of a teacher, less sure where the bias model is right.

    `teacher` are the plain model's logits, whose argmax is kept. It is done in logs: a power of a
    probability that was rounded to 0 would be a uniform target.
    """
    power = (1 - _of_label(log_bias, labels).exp()).clamp(0, 1)
    return (power[:, None] * teacher.log_softmax(-1)).log_softmax(-1)


def without_prior(log_bias: Tensor, log_prior: Tensor) -> Tensor:
    """The bias beyond the shares ``(classes,)`` of the labels, for `product` on unequal classes.

    With the shares left in the bias, the classifier is trained without them, and its threshold
    moves.
    """
    return log_bias - log_prior


def certainty(teacher: Tensor) -> float:
    """Mean probability of what a teacher says; above `CERTAIN` it cannot be made less sure."""
    return float(teacher.softmax(-1).amax(-1).mean())


def right(log_bias: Tensor, labels: Tensor) -> float:
    """Mean probability of the labels; above `CERTAIN` no text has any weight left."""
    return float(_of_label(log_bias, labels).exp().mean())


def _of_label(log_probabilities: Tensor, labels: Tensor) -> Tensor:
    return torch.gather(log_probabilities, 1, labels[:, None]).squeeze(1)


LOSSES: dict[str, LossFunction] = {
    "plain": plain,
    "reweight": reweight,
    "product": product,
    "focal": focal,
    "confidence": confidence,
}
"""Name -> loss; of `confidence`, the third tensor is `less_sure`, of the others the bias."""
