"""Each debiasing loss against its formula, and each pitfall of them."""

import math

import pytest
import torch
from torch import Tensor

from probes.debiasing import losses


@pytest.fixture
def batch() -> tuple[Tensor, Tensor, Tensor]:
    """Logits of four texts and three classes, labels, log-probabilities of a bias model."""
    draw = torch.Generator().manual_seed(0)
    logits = torch.randn(4, 3, generator=draw, requires_grad=True)
    bias = torch.tensor([[0.8, 0.1, 0.1], [0.2, 0.5, 0.3], [0.98, 0.01, 0.01], [1 / 3] * 3]).log()
    return logits, torch.tensor([0, 1, 2, 0]), bias


def gradient(value: Tensor, logits: Tensor) -> Tensor:
    (slope,) = torch.autograd.grad(value, logits, retain_graph=True)
    return slope


def chosen(table: Tensor, labels: Tensor) -> Tensor:
    return table[torch.arange(len(labels)), labels]


def test_reweighting_is_the_weighted_mean_of_cross_entropies(
    batch: tuple[Tensor, Tensor, Tensor],
) -> None:
    logits, labels, bias = batch
    weights = 1 - chosen(bias.exp(), labels)
    each = -chosen(logits.log_softmax(-1), labels)
    value = losses.reweight(logits, labels, bias)
    assert value.item() == pytest.approx(((weights * each).sum() / weights.sum()).item(), rel=1e-5)
    one_hot = torch.nn.functional.one_hot(labels, 3)
    wanted = (weights / weights.sum())[:, None] * (logits.softmax(-1) - one_hot)
    torch.testing.assert_close(gradient(value, logits), wanted)


def test_reweighting_leaves_two_classes_uniform_given_the_bias() -> None:
    """p(y|b)(1 - p(y|b)), alike for two classes; .47, .26 and .26 of three from .8, .1 and .1."""
    for shares, wanted in (([0.9, 0.1], [0.5, 0.5]), ([0.8, 0.1, 0.1], [16 / 34, 9 / 34, 9 / 34])):
        share = torch.tensor(shares)
        labels = torch.arange(len(shares)).repeat_interleave(
            torch.tensor([round(1000 * s) for s in shares])
        )
        logits = torch.tensor(wanted).log().expand(len(labels), -1).clone().requires_grad_()
        value = losses.reweight(logits, labels, share.log().expand(len(labels), -1))
        assert gradient(value, logits).sum(0).abs().max() < 1e-6  # the optimum


def test_a_bias_that_is_certain_of_every_text_leaves_no_step_and_no_number_that_is_none(
    batch: tuple[Tensor, Tensor, Tensor],
) -> None:
    logits, labels, _ = batch
    certain = torch.full((4, 3), -math.inf)
    certain[torch.arange(4), labels] = 0.0
    for loss in (losses.reweight, losses.focal, losses.product):
        value = loss(logits, labels, certain)
        assert value.item() == pytest.approx(0, abs=1e-6)
        assert gradient(value, logits).abs().max() < 1e-6


def test_the_product_is_the_cross_entropy_of_the_product_of_two_experts(
    batch: tuple[Tensor, Tensor, Tensor],
) -> None:
    logits, labels, bias = batch
    both = logits.softmax(-1) * bias.exp()
    value = losses.product(logits, labels, bias)
    wanted = -(chosen(both, labels) / both.sum(-1)).log().mean()
    assert value.item() == pytest.approx(wanted.item(), rel=1e-5)


def test_what_is_added_to_all_classes_of_a_text_is_without_effect(
    batch: tuple[Tensor, Tensor, Tensor],
) -> None:
    logits, labels, bias = batch
    value = losses.product(logits, labels, bias).item()
    shifted = bias + torch.arange(4.0)[:, None]
    assert losses.product(logits, labels, shifted).item() == pytest.approx(value, rel=1e-5)
    normal = logits.log_softmax(-1)
    assert losses.product(normal, labels, bias).item() == pytest.approx(value, rel=1e-5)


def test_product_and_reweighting_begin_with_the_same_gradient_up_to_a_factor() -> None:
    """At an untrained model of K classes, K/(K-1) times as long: 0.1 and 0.05 at p_b = .9."""
    logits = torch.zeros(1, 2, requires_grad=True)
    bias, labels = torch.tensor([[0.9, 0.1]]).log(), torch.tensor([0])
    product = gradient(losses.product(logits, labels, bias), logits)
    weights = 1 - chosen(bias.exp(), labels)
    reweighted = gradient(losses.reweight(logits, labels, bias), logits) * weights
    torch.testing.assert_close(product.abs(), torch.full((1, 2), 0.1))
    torch.testing.assert_close(reweighted.abs(), torch.full((1, 2), 0.05))


def test_the_prior_stays_in_the_classifier_where_it_is_taken_out_of_the_bias() -> None:
    """A bias that says no more than the shares 30 and 70 leaves a classifier of these shares."""
    shares = torch.tensor([0.3, 0.7])
    labels = torch.tensor([0] * 30 + [1] * 70)
    bias = shares.log().expand(100, -1)
    logits = shares.log().expand(100, -1).clone().requires_grad_()
    kept = losses.product(logits, labels, losses.without_prior(bias, shares.log()))
    assert gradient(kept, logits).sum(0).abs().max() < 1e-6
    taken = losses.product(logits, labels, bias)
    assert gradient(taken, logits).sum(0).abs().max() > 0.05


def test_focal_weighs_by_a_power_of_what_the_bias_gets_wrong(
    batch: tuple[Tensor, Tensor, Tensor],
) -> None:
    logits, labels, bias = batch
    each = -chosen(logits.log_softmax(-1), labels)
    wanted = ((1 - chosen(bias.exp(), labels)) ** 2 * each).mean()
    assert losses.focal(logits, labels, bias).item() == pytest.approx(wanted.item(), rel=1e-5)
    assert losses.focal(logits, labels, bias, gamma=0).item() == pytest.approx(each.mean().item())


def test_confidence_follows_the_scaled_teacher_and_keeps_what_it_says(
    batch: tuple[Tensor, Tensor, Tensor],
) -> None:
    logits, labels, bias = batch
    teacher = torch.tensor([[3.0, 0, 0], [0, 2.0, 1], [0, 1, 0.5], [1, 0.0, 0]])
    power = (1 - chosen(bias.exp(), labels))[:, None]
    scaled = teacher.softmax(-1) ** power
    target = scaled / scaled.sum(-1, keepdim=True)
    less_sure = losses.less_sure(teacher, labels, bias)
    torch.testing.assert_close(less_sure.exp(), target)
    value = losses.confidence(logits, labels, less_sure)
    wanted = -(target * logits.log_softmax(-1)).sum(-1).mean()
    assert value.item() == pytest.approx(wanted.item(), rel=1e-5)
    torch.testing.assert_close(gradient(value, logits), (logits.softmax(-1) - target) / 4)
    assert target.argmax(-1).equal(teacher.argmax(-1))
    assert (target.max(-1).values <= teacher.softmax(-1).max(-1).values + 1e-6).all()


def test_a_teacher_that_rounds_to_certainty_is_still_followed() -> None:
    """Powers of probabilities would be 1, 0 and 0^0 = 1: no target, or suddenly a uniform one."""
    logits = torch.zeros(1, 2, requires_grad=True)
    teacher, labels = torch.tensor([[200.0, 0.0]]), torch.tensor([0])
    assert teacher.softmax(-1)[0, 1] == 0
    target = losses.less_sure(teacher, labels, torch.tensor([[0.99, 0.01]]).log())
    slope = gradient(losses.confidence(logits, labels, target), logits)
    assert slope[0, 0] == pytest.approx(-(1 / (1 + math.exp(-2)) - 0.5), abs=1e-4)
    assert losses.certainty(teacher) > losses.CERTAIN
    assert losses.certainty(torch.tensor([[2.0, 0.0]])) < losses.CERTAIN


@pytest.mark.soak
def test_freed_classifiers_come_within_two_points_of_what_is_known_in_closed_form() -> None:
    """Texts whose shortcut is right in 90 of 100, whose cue in 85: `probes.demo.shortcut`."""
    from probes.demo import shortcut

    torch.set_num_threads(1)
    found = {loss: shortcut.accuracies(loss, 0) for loss in shortcut.LOSSES}
    for loss in ("reweight", "product"):
        for test in shortcut.TESTS:
            assert found[loss][test] == pytest.approx(shortcut.CUE, abs=0.02), (loss, test)
    assert found["plain"]["in distribution"] == pytest.approx(shortcut.SHORTCUT, abs=0.02)
    assert found["plain"]["reversed"] < 0.25
    assert found["focal"]["reversed"] > found["focal"]["at random"] + 0.2
    assert found["product"]["bias left in"] < 0.25
    assert found["confidence"]["as teacher"] > 0.95
    assert found["confidence"]["confidence"] < found["plain"]["confidence"] - 0.2
