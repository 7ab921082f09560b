"""What a loss takes beside the labels of the texts to learn from (`probes.debiasing`)."""

from dataclasses import replace

import torch

from probes.debiasing import losses
from probes.debiasing.bias import Bias
from probes.errors import RunError
from probes.placement.interval import Floats, Ints
from probes.training.classifiers.fit import LabelledTexts
from probes.training.classifiers.request import ClassifierOptions


def require_doubt(regime: ClassifierOptions, bias: Bias, labels: Ints) -> torch.Tensor:
    """What the loss takes of the bias, ``(texts, classes)``.

    Raises:
        RunError: the bias is certain of the labels of these texts.
    """
    with_prior = regime.loss != "product" or not regime.keep_prior
    beside = torch.from_numpy(bias.log_probabilities(with_prior=with_prior)).float()
    known = losses.right(beside, torch.from_numpy(labels))
    if known > losses.CERTAIN:
        raise RunError(
            f"--bias {regime.bias}: is certain of the labels of the texts learnt from ({known:.4f} "
            "on average), so that none has any weight left; did it learn from them?"
        )
    return beside


def texts(
    plain: LabelledTexts, regime: ClassifierOptions, bias: Bias, teacher: Floats | None
) -> LabelledTexts:
    """The same texts with their loss and what it takes; `teacher` ``(texts, classes)`` are the
    plain classifier's log-probabilities, if the loss follows it.

    Raises:
        RunError: the teacher is certain of what it says, or the bias of the labels.
    """
    beside = require_doubt(regime, bias, plain.labels)
    if teacher is not None:
        told = torch.from_numpy(teacher).float()
        sure = losses.certainty(told)
        if sure > losses.CERTAIN:
            raise RunError(
                f"--loss {regime.loss}: the plain classifier is certain of the texts learnt "
                f"from ({sure:.4f} on average), and cannot be made less sure; train for fewer "
                "--steps, or use --loss reweight or product"
            )
        beside = losses.less_sure(told, torch.from_numpy(plain.labels), beside)
    return replace(plain, loss=losses.LOSSES[regime.loss], beside=beside)
