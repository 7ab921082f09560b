"""Losses of a batch that use a bias model's predictions of its texts.

`logits` ``(texts, classes)`` are the classifier's; `labels` ``(texts,)`` are class indices;
`log_bias` ``(texts, classes)`` are log-probabilities of a bias model that was not trained on these
texts. All return a mean in nats. **Inference uses the classifier's logits alone**: with the bias
added, `product` predicts as `plain` does.

Sources: Clark et al. 2019 (`reweight`, `product`), Karimi Mahabadi et al. 2020 (`focal`), Utama et
al. 2020a (`confidence`). docs/method.md, section 14.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

LossFunction = Callable[..., Tensor]
"""Takes logits, labels and (all but `plain`) a third tensor; returns a scalar."""
FLOOR = 1e-6
"""Lower bound of the sum of weights of a batch, against division by 0."""
CERTAIN = 0.999
"""Mean probability above which a bias model or teacher is too certain to be used."""


def plain(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy of the batch."""
    return functional.cross_entropy(logits, labels)


def reweight(logits: Tensor, labels: Tensor, log_bias: Tensor) -> Tensor:
    """Cross-entropy with each text weighted by 1 - p_b(y), the bias model's error on it.

    Weights are divided by their sum; otherwise a strong bias would reduce the step size.
    """
    weights = 1 - _of_label(log_bias, labels).exp()
    each = functional.cross_entropy(logits, labels, reduction="none")
    return (weights * each).sum() / weights.sum().clamp_min(FLOOR)


def focal(logits: Tensor, labels: Tensor, log_bias: Tensor, gamma: float = 2.0) -> Tensor:
    """Mean of (1 - p_b(y))^gamma times cross-entropy; gamma above 1 over-corrects a strong bias."""
    weights = (1 - _of_label(log_bias, labels).exp()).clamp_min(0) ** gamma
    return (weights * functional.cross_entropy(logits, labels, reduction="none")).mean()


def product(logits: Tensor, labels: Tensor, log_bias: Tensor, alpha: float = 1.0) -> Tensor:
    """Cross-entropy of the product of classifier and bias model (product of experts).

    A constant added to all classes of a text has no effect. A `log_bias` without the class prior
    (`without_prior`) leaves the prior to be learnt by the classifier.
    """
    return functional.cross_entropy(logits + alpha * log_bias, labels)


def confidence(logits: Tensor, labels: Tensor, log_target: Tensor) -> Tensor:
    """Cross-entropy against the softened teacher of `less_sure`, which already uses the labels."""
    del labels
    return -(log_target.exp() * logits.log_softmax(-1)).sum(-1).mean()


def less_sure(teacher: Tensor, labels: Tensor, log_bias: Tensor) -> Tensor:
    """Log-probabilities ``(texts, classes)`` of a teacher, softened where the bias model is right.

    `teacher` are the plain model's logits; their argmax does not change. The power is taken in log
    space: from probabilities rounded to 0 it would give a uniform target.
    """
    power = (1 - _of_label(log_bias, labels).exp()).clamp(0, 1)
    return (power[:, None] * teacher.log_softmax(-1)).log_softmax(-1)


def without_prior(log_bias: Tensor, log_prior: Tensor) -> Tensor:
    """The bias minus the log class prior ``(classes,)``, for `product` with unequal classes.

    With the prior left in the bias, the classifier does not learn it, and its decision threshold
    shifts.
    """
    return log_bias - log_prior


def certainty(teacher: Tensor) -> float:
    """Mean probability of a teacher's predicted class; above `CERTAIN` softening has no effect."""
    return float(teacher.softmax(-1).amax(-1).mean())


def right(log_bias: Tensor, labels: Tensor) -> float:
    """Bias model's mean probability of the labels; above `CERTAIN` all weights are about 0."""
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
"""Name -> loss. The third tensor is `less_sure` for `confidence`, `log_bias` for the others."""
