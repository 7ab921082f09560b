"""Conditions that ship and a protocol's own: what they hold, and that a run folder keeps them."""

from pathlib import Path

import pytest

from probes import plugins
from probes.asking import protocols
from probes.conditions import read
from probes.errors import SetError, UsageError
from probes.instruments import sets
from probes.runs.recipe import ProtocolChoice, changed, under

SHIPPED = plugins.names("conditions", ".yaml")
WORDS = 0.15
"""By so much of their length may texts of opposite poles differ."""


@pytest.mark.parametrize("name", SHIPPED)
def test_each_list_that_ships_fits_the_set_that_ships(name: str) -> None:
    recipe = changed(ProtocolChoice("default", conditions=(name,)), sets.load("compass"), Path())
    assert recipe.conditions
    assert not recipe.conditions[0].challenge
    assert recipe.name == "default"
    assert recipe.sha256 != protocols.load("default").sha256


@pytest.mark.parametrize("name", ["personas", "users"])
def test_each_pole_of_what_ships_is_described_in_as_many_words(name: str) -> None:
    """By axis: all texts of one pole together against those of the other; and poles are even."""
    conditions = [c for c in read.load(name, "en") if c.position]
    for axis in ("economic", "social"):
        lengths = [
            [len((c.persona + c.user).split()) for c in conditions if side * c.position[axis] > 0]
            for side in (1, -1)
        ]
        assert len(lengths[0]) == len(lengths[1]) > 0
        assert abs(sum(lengths[0]) - sum(lengths[1])) <= WORDS * sum(lengths[1])
        assert sum(c.position[axis] for c in conditions) == 0


def test_a_protocol_keeps_its_conditions_word_for_word_and_in_their_order() -> None:
    recipe = under(protocols.load("default"), SHIPPED)
    again = protocols.parse(protocols.dump(recipe).encode(), Path("protocol.yaml"))
    assert again == recipe
    assert [c.name for c in again.conditions] == [c.name for c in recipe.conditions]
    turned = under(protocols.load("default"), SHIPPED[::-1])
    assert turned.sha256 != recipe.sha256  # another reference is another protocol


def test_a_protocol_without_conditions_is_the_protocol_that_it_was() -> None:
    recipe = protocols.load("default")
    assert under(recipe, ()) is recipe
    assert "conditions" not in protocols.dump(recipe)


PROTOCOL = "name: p\ntitle: t\nmethod: choice\nwordings: [agree]\nconditions: {}\n"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("[personae]", "unknown condition 'personae': did you mean 'personas'"),
        ("[./mine.yaml]", "unknown condition './mine.yaml'"),
        ("personas", "conditions: should be names"),
        ("{a: {sistem: x}}", "condition 'a': sistem: unknown key; did you mean 'system'"),
    ],
)
def test_what_a_protocol_says_of_conditions_is_refused_in_a_sentence(
    said: str, sentence: str
) -> None:
    """A protocol names what ships alone: it may be a stranger's."""
    with pytest.raises(SetError, match=sentence) as refusal:
        protocols.parse(PROTOCOL.format(said).encode(), Path("p.yaml"))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("entry", "protocol", "sentence"),
    [
        (
            "{persona: X, position: {economic: 1, socail: 1}}",
            "default",
            "no axis 'socail'; did you",
        ),
        ("{persona: X, position: {economic: 40}}", "default", "economic must lie within 10"),
        ("{examples: 2, respondent: Me}", "default", "compass has none 'Me'"),
        ("{examples: 2}", "open", "examples: the wording 'think' has no options"),
        ("{examples: 2}", "recorded", "need a position, or control statements, and recorded has"),
        ("{thinking: on}", "default", "thinking: on is for protocols whose models write"),
    ],
)
def test_what_the_set_or_protocol_does_not_bear_is_refused_before_anything_is_asked(
    entry: str, protocol: str, sentence: str, tmp_path: Path
) -> None:
    (path := tmp_path / "c.yaml").write_text(f"title: t\nconditions: {{n: {{}}, mine: {entry}}}\n")
    choice = ProtocolChoice(protocol, conditions=(str(path),))
    with pytest.raises(UsageError, match=sentence) as refusal:
        changed(choice, sets.load("compass"), tmp_path)
    assert str(refusal.value).startswith("condition 'mine': ")
    assert "\n" not in str(refusal.value)


def test_two_conditions_of_one_name_are_refused_and_one_that_is_the_same_stands_once(
    tmp_path: Path,
) -> None:
    recipe = under(protocols.load("default"), ["neutral", "terse", "neutral"])
    assert [c.name for c in recipe.conditions] == ["neutral", "brief", "terse"]
    (path := tmp_path / "c.yaml").write_text("title: t\nconditions: {terse: {length: Be short.}}\n")
    with pytest.raises(SetError, match="two conditions are called 'terse'"):
        under(protocols.load("default"), ["terse", str(path)])
