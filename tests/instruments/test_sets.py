"""Statement sets: what a good file becomes, and what is said of a bad one."""

import contextlib
import string
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from probes.errors import SetError
from probes.instruments import sets
from probes.types import StatementSet

HEAD = """\
name: mine
title: Mine
language: en
licence: CC0-1.0
axes: {economic: {negative: left, positive: right}}
"""
GOOD = HEAD + "statements:\n  - {id: rent, text: Rents should be capped., agree: left}\n"


def parse(text: str) -> StatementSet:
    return sets.parse(text.encode(), "mine.yaml")


def message(text: str | bytes) -> str:
    with pytest.raises(SetError) as error:
        sets.parse(text if isinstance(text, bytes) else text.encode(), "mine.yaml")
    return str(error.value)


def test_required_keys_are_enough() -> None:
    """Name, title, language, licence, axes and statements; all else has defaults."""
    found = parse(GOOD)
    assert found.scale == 10
    assert found.scoring.kind == "effects"
    (statement,) = found.statements
    assert statement.effects == {"economic": -1.0}
    assert statement.mirror is None
    assert statement.extremity == 1


def test_agree_names_the_pole_that_agreeing_pulls_to() -> None:
    """The positive pole is +1, the negative -1."""
    assert parse(GOOD.replace("left}", "right}")).statements[0].effects == {"economic": 1.0}


def test_an_axis_of_a_statement_follows_from_its_pole() -> None:
    """Who names it is told so, beside every other fault of the entry."""
    lines = message(GOOD.replace("agree: left", "axis: economic, agreee: left")).splitlines()
    assert "statement 1 (rent): axis: follows from the pole that 'agree' names" in lines[0]
    assert any("agreee: unknown key; did you mean 'agree'" in line for line in lines)


def test_effects_may_load_on_several_axes_of_any_name() -> None:
    """Any number of axes with any names; zero weights are no effects."""
    text = GOOD.replace(
        "axes: {economic: {negative: left, positive: right}}",
        "axes: {a: {negative: x, positive: y}, b: {negative: z, positive: w}, "
        "c: {negative: u, positive: v}}",
    ).replace("agree: left", "effects: {a: 2, b: -0.5, c: 0}")
    found = parse(text)
    assert [a.name for a in found.axes] == ["a", "b", "c"]
    assert found.statements[0].effects == {"a": 2.0, "b": -0.5}


def test_table_keys_are_read() -> None:
    """Points per axis for strongly disagree, disagree, agree and strongly agree."""
    text = GOOD.replace("agree: left", "table: {economic: [7, 5, 0, -2]}")
    text += "scoring: {kind: table, constant: {economic: 3}, divisor: {economic: 8}}\n"
    found = parse(text)
    assert found.statements[0].table == {"economic": (7, 5, 0, -2)}
    assert found.scoring.divisor == {"economic": 8}


def test_sha256_is_of_the_bytes() -> None:
    """A comment more is another file."""
    assert parse(GOOD).sha256 != parse(GOOD + "# more\n").sha256


def test_every_fault_is_told_at_once() -> None:
    """Faults of the head, of an entry's shape and of the key come in one message."""
    text = (
        HEAD.replace("title: Mine\n", "")
        + """statements:
  - {id: a, text: One., agreee: left}
  - {id: b, text: Two., agree: lefft}
  - {id: b, text: Three., agree: left, extremity: 3}
"""
    )
    said = message(text)
    for part in ("title", "agreee", "extremity"):
        assert part in said


def test_an_id_or_text_that_stands_twice_is_refused() -> None:
    """Also where a mirror repeats a text in other letters."""
    second = "  - {id: rent, text: Tax less., agree: right, mirror: rents should be CAPPED}\n"
    said = message(GOOD + second)
    assert "statement 2 (rent): id: stands a second time" in said
    assert "statement 2 (rent): mirror: stands a second time" in said


def test_an_unknown_set_is_answered_with_the_nearest() -> None:
    """And with how a file of one's own is given."""
    with pytest.raises(SetError, match=r"did you mean 'compass'.*\./mine\.yaml"):
        sets.load("compas")


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    """With its path."""
    with pytest.raises(SetError, match="there is no such file"):
        sets.load(tmp_path / "mine.yaml")


words = st.text(string.ascii_letters + " .,'éß漢", min_size=1, max_size=60).filter(str.strip)


@given(
    st.lists(
        st.tuples(words, st.sampled_from(["left", "right"])),
        min_size=1,
        max_size=6,
        unique_by=lambda pair: "".join(c for c in pair[0] if c.isalnum()).casefold(),
    )
)
def test_what_is_written_is_what_is_read(entries: list[tuple[str, str]]) -> None:
    """Any texts in any script survive the way through YAML."""
    data = yaml.safe_load(HEAD) | {
        "statements": [
            {"id": f"s{i}", "text": text, "agree": pole} for i, (text, pole) in enumerate(entries)
        ]
    }
    found = parse(yaml.safe_dump(data, allow_unicode=True))
    assert [(s.text, s.effects["economic"]) for s in found.statements] == [
        (text.strip(), 1.0 if pole == "right" else -1.0) for text, pole in entries
    ]


keys = st.sampled_from(["name", "axes", "statements", "id", "text", "x"])
values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_any_yaml_is_a_set_or_a_set_error(data: object) -> None:
    """Whatever a file holds, it never ends in a traceback."""
    with contextlib.suppress(SetError):
        assert isinstance(parse(yaml.safe_dump(data)), StatementSet)
