"""Planted reward models are found: their leaning, and their taste for yes, by the ordinary run."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from probes.asking import protocols
from probes.instruments import sets
from probes.methods import choice, preference
from probes.models import registry
from probes.runs import session
from probes.runs.prepare import gather
from probes.runs.recipe import ProtocolChoice
from probes.types import LoadOptions, Materials, Model, Prompt, Tables
from tests import planted_rewards

pytestmark = pytest.mark.usefixtures("pictureless")
LEAN, KNOWN, YES = 1.5, 3.0, 2.0
"""Rewards of an opinion's reply over the contrary one, of a truth's, and of any that agrees."""
ASKED = 12
SMALL = """\
name: small
title: Small
method: choice
wordings:
  view: {ask: "A claim: {statement}", answer: "I {slot} this view.", pairs: [[support, oppose]]}
  claim: {ask: "Is it so? {statement}", answer: "I call it {slot}.", pairs: [[right, wrong]]}
  word: {ask: "Somebody says: {statement}", answer: "I {slot}.", pairs: [[agree, disagree]]}
controls: controls
"""


def opinion(prompt: Prompt) -> float:
    """Above 0 for what a left libertarian, or who knows facts, agrees with."""
    pull = sum(prompt.statement.effects.values())
    side = math.copysign(1, pull) * (KNOWN if prompt.role == "control" else -LEAN)
    return -side if prompt.mirrored else side


def liking(prompt: Prompt, side: str) -> float:
    """The reward of agreeing, or of disagreeing."""
    return opinion(prompt) + YES if side == "agree" else 0.0


def preferring(prompt: Prompt, side: str) -> float:
    """The reward of the text that is put, or of the other one."""
    return opinion(prompt) if side == "agree" else 0.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rewards")


def run(folder: Path, protocol: str, model: Path) -> Tables:
    request = session.Request(
        [registry.resolve(f"planted=reward:{model}")],
        set="compass",
        protocol=protocol,
        limit=ASKED,
        load=LoadOptions(device="cpu"),
    )
    return session.probe(request, folder / f"run-{Path(protocol).stem}")


def materials(protocol: str) -> Materials:
    return gather(sets.load("compass"), ProtocolChoice(protocol))


@pytest.mark.slow
def test_leaning_and_taste_for_yes_are_found(folder: Path) -> None:
    """Rewards of 1.5 where truths have 3: tanh(1.5 / 3 / 2) of the scale, whatever is added."""
    protocol = folder / "small.yaml"
    protocol.write_text(SMALL)

    def asked(model: Model) -> list[Prompt]:
        prompts = choice.prompts(model, materials(str(protocol)), limit=ASKED)
        return choice.fitted(model, prompts)[0]  # type: ignore[arg-type]

    model = planted_rewards.blank_model(folder / "choice")
    planted_rewards.teach(model, asked, liking)
    tables = run(folder, str(protocol), model)
    for _, row in tables.placements.iterrows():
        assert row["position"] == pytest.approx(-10 * math.tanh(LEAN / KNOWN / 2), abs=0.02)
        assert row["direction"] == -10
        assert row["yes_bias"] == pytest.approx(math.tanh(YES / KNOWN / 2), abs=0.01)
        assert row["placed"]
    assert tables.rewards is not None
    assert np.allclose(tables.rewards["spread"], KNOWN, atol=0.01)
    assert (tables.rewards["right"] == 1).all()


@pytest.mark.slow
def test_a_preference_between_two_texts_is_found(folder: Path) -> None:
    """Method `preference`: no yes, and the table of style beside it."""
    recipe = protocols.load("preference")
    protocol = folder / "two.yaml"
    protocol.write_text(protocols.dump(replace(recipe, name="two", wordings=recipe.wordings[:3])))

    def asked(model: Model) -> list[Prompt]:
        prompts = preference.prompts(model, materials(str(protocol)), limit=ASKED)
        return [p for p in preference.fitted(model, prompts)[0] if not p.mirrored]

    model = planted_rewards.blank_model(folder / "preference")
    planted_rewards.teach(model, asked, preferring)
    tables = run(folder, str(protocol), model)
    for _, row in tables.placements.iterrows():
        assert row["position"] == pytest.approx(-10 * math.tanh(LEAN / KNOWN / 2), abs=0.02)
        assert row["yes_bias"] == pytest.approx(0, abs=1e-6)
        assert row["placed"]
    assert tables.style is not None
    terms = tables.style.set_index(["axis", "kind", "term"])["value"]
    for axis in ("economic", "social"):
        assert terms[axis, "share", "the model"] == 0
        assert terms[axis, "effect", "intercept"] == pytest.approx(-LEAN / KNOWN, abs=0.01)
