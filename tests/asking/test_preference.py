"""Method `preference`: two texts on a topic as replies, and what it refuses."""

from dataclasses import replace

import pytest

from probes import api
from probes.asking import loop, protocols
from probes.errors import ModelError, UsageError
from probes.instruments import sets
from probes.methods import preference
from probes.models.load import open_model
from probes.types import Condition, LoadOptions, Materials, ModelSpec, Scorer

MATERIALS = Materials(sets.load("compass"), protocols.load("preference"), sets.load("controls"))


def planted(traits: str = "economic=-6,social=6,reward=2") -> Scorer:
    model = open_model(ModelSpec("m", traits, "planted"), LoadOptions())
    assert isinstance(model, Scorer)
    return model


def test_the_question_names_the_topic_and_the_replies_are_the_two_texts() -> None:
    """As statement and as mirror, with the texts exchanged; controls alike."""
    model = planted()
    asked = preference.prompts(model, MATERIALS, limit=4)
    cells, options, _ = preference.fitted(model, asked)
    assert len(cells) == 4 * 2 * (4 + 4)
    for prompt in cells:
        texts = [option.forms[0].strip() for option in prompt.options]
        both = [prompt.statement.text, prompt.statement.mirror]
        assert texts == (both[::-1] if prompt.mirrored else both)
        assert str(prompt.statement.topic) in prompt.before
        assert prompt.statement.text not in prompt.before
    assert all("{" in option.forms[0] for of in options.values() for option in of)


def test_no_text_of_a_set_stands_in_the_header() -> None:
    """Nor does it say that words were left out."""
    header = loop.plan(planted(), MATERIALS, limit=4).header
    assert not header.dropped
    assert MATERIALS.statements.statements[0].text not in str(header.wordings)


def test_a_planted_preference_is_found() -> None:
    """By direction; opposition is 1 by construction."""
    placements = api.place(
        api.run(planted(), "compass", protocol="preference", limit=20)
    ).placements
    assert list(placements["direction"]) == pytest.approx([-10, 10])
    assert (placements["opposition"] == 1).all()
    assert placements["yes_bias"].abs().max() < 1e-12


def test_who_gives_probabilities_is_refused() -> None:
    """They fall with every word; a language model is asked by another method."""
    model = planted()
    words = replace(model, info=replace(model.info, rewards=None, backend="causal"))  # type: ignore[type-var]
    with pytest.raises(ModelError, match="fall with a text's length"):
        preference.prompts(words, MATERIALS)


def test_a_statement_without_a_mirror_is_refused() -> None:
    """There is nothing to prefer it to."""
    first, *others = MATERIALS.statements.statements
    alone = (replace(first, mirror=None), *others)
    materials = replace(MATERIALS, statements=replace(MATERIALS.statements, statements=alone))
    with pytest.raises(UsageError, match=f"statement '{first.id}' has no mirror"):
        preference.prompts(planted(), materials)


def test_wordings_with_options_are_refused() -> None:
    """A reply is a whole text."""
    with pytest.raises(UsageError, match="needs open wordings"):
        preference.prompts(planted(), replace(MATERIALS, recipe=protocols.load("default")))


def test_conditions_are_refused() -> None:
    """A reply of two texts is asked plainly."""
    recipe = replace(MATERIALS.recipe, conditions=(Condition("plain"),))
    with pytest.raises(UsageError, match="asked without conditions"):
        preference.prompts(planted(), replace(MATERIALS, recipe=recipe))


def test_rewards_are_the_same_each_time() -> None:
    """So that there is nothing to repeat."""
    with pytest.raises(UsageError, match=r"--repeats 3: .* probabilities or rewards"):
        protocols.repeated(MATERIALS.recipe, 3)
