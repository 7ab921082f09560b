"""Training texts for the debiasing losses: bias or teacher log-probabilities beside the labels."""

from dataclasses import replace

import torch

from probes.debiasing import losses
from probes.debiasing.bias import Bias
from probes.errors import RunError
from probes.placement.interval import Floats, Ints
from probes.training.classifiers.fit import LabelledTexts
from probes.training.classifiers.request import ClassifierOptions


def require_doubt(regime: ClassifierOptions, bias: Bias, labels: Ints) -> torch.Tensor:
    """Log-probabilities ``(texts, classes)`` of the bias model as the loss uses them.

    Raises:
        RunError: the bias model gives the labels a probability of about 1.
    """
    with_prior = regime.loss != "product" or not regime.keep_prior
    beside = torch.from_numpy(bias.log_probabilities(with_prior=with_prior)).float()
    right = losses.right(beside, torch.from_numpy(labels))
    if right > losses.CERTAIN:
        raise RunError(
            f"--bias {regime.bias}: is certain of the labels of the texts learnt from ({right:.4f} "
            "on average), so that none has any weight left; did it learn from them?"
        )
    return beside


def texts(
    plain: LabelledTexts, regime: ClassifierOptions, bias: Bias, teacher: Floats | None
) -> LabelledTexts:
    """The training texts with a debiasing loss and its input (see `probes.debiasing`).

    Args:
        plain: the texts with the plain loss.
        regime: which loss and bias.
        bias: the bias model's predictions for the texts.
        teacher: log-probabilities ``(texts, classes)`` of the plain classifier, for the loss
            `confidence`; else None.

    Raises:
        RunError: bias model or teacher gives the labels a probability of about 1.
    """
    beside = require_doubt(regime, bias, plain.labels)
    if teacher is not None:
        teacher_logp = torch.from_numpy(teacher).float()
        certain = losses.certainty(teacher_logp)
        if certain > losses.CERTAIN:
            raise RunError(
                f"--loss {regime.loss}: the plain classifier is certain of the texts learnt "
                f"from ({certain:.4f} on average), and cannot be made less sure; train for fewer "
                "--steps, or use --loss reweight or product"
            )
        beside = losses.less_sure(teacher_logp, torch.from_numpy(plain.labels), beside)
    return replace(plain, loss=losses.LOSSES[regime.loss], beside=beside)
