"""The planted respondent: it says what was planted, and nothing depends on batches."""

import math

import pytest

from probes.asking import loop
from probes.backends import planted
from probes.errors import UsageError
from probes.types import LoadOptions, ModelSpec
from tests.asking.test_loop import MATERIALS


def load(text: str) -> planted.Planted:
    return planted.load(ModelSpec("m", text, "planted"), LoadOptions())


def log_odds(text: str) -> dict[tuple[str, str], float]:
    """(statement, role) -> log-odds in the wording `agree`."""
    model = load(text)
    found = {}
    for batch in loop.ask(model, loop.plan(model, MATERIALS)):
        for a in batch.answers:
            if a.wording == "agree" and a.logprobs:
                found[a.statement, a.role] = a.logprobs["agree"] - a.logprobs["disagree"]
    return found


def test_a_position_is_the_mean_leaning_on_its_axis() -> None:
    """tanh(L / 2) is the position over ten, towards the pole; a mirror is its opposite."""
    found = log_odds("economic=-6")
    assert math.tanh(found["rent", "statement"] / 2) == pytest.approx(0.6)
    assert math.tanh(found["tax", "statement"] / 2) == pytest.approx(-0.6)
    assert math.tanh(found["tax", "mirror"] / 2) == pytest.approx(0.6)


def test_a_yes_bias_adds_to_everything() -> None:
    """In log-odds, to blanks too."""
    plain, biased = log_odds("economic=-6"), log_odds("economic=-6,yes=2")
    assert all(biased[cell] - plain[cell] == pytest.approx(2) for cell in plain)


def test_controls_are_known() -> None:
    """The true half is agreed with, the false half is not."""
    found = log_odds("economic=3")
    assert found["water", "control"] > 0 > found["water:mirror", "control"]


def test_abstention_is_a_refusal_not_an_answer() -> None:
    """Refused prompts have no probabilities."""
    model = load("abstain=1")
    (batch, *_) = loop.ask(model, loop.plan(model, MATERIALS))
    assert {a.status for a in batch.answers} == {"refused"}
    assert {a.logprobs for a in batch.answers} == {None}


@pytest.mark.parametrize(
    "text", ["economic", "economic=x", "economic=11", "noise=-1", "abstain=2", "yes=nan"]
)
def test_nonsense_is_refused(text: str) -> None:
    """With what would be right."""
    with pytest.raises(UsageError, match="planted: "):
        load(text)


def test_an_axis_that_the_set_lacks_is_refused() -> None:
    """A misspelt axis would otherwise be a silent zero."""
    model = load("econmic=3")
    with pytest.raises(UsageError, match="did you mean 'economic'"):
        loop.plan(model, MATERIALS)
