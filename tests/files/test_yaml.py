"""YAML files: plain values in, or one `SetError` that says everything that is wrong."""

import math
from typing import Literal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from probes.errors import SetError
from probes.files.escape import CONTROL
from probes.files.yaml import (
    LIMIT,
    SHOWN,
    VALUES,
    faults,
    parse_yaml,
    read_yaml,
    refuse,
    validate,
)
from probes.files.yaml_faults import explain


class Claim(BaseModel):
    model_config = ConfigDict(extra="forbid")
    id: str = Field(min_length=1)
    agree: Literal["left", "right"]
    effects: dict[str, float] = {}
    orders: list[list[int]] = []


class Claims(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    claims: list[Claim] = []
    constant: dict[str, Claim] | float = 0.0


def fault(raw):
    with pytest.raises(SetError) as caught:
        parse_yaml(raw, "mine.yaml")
    return str(caught.value)


def claims(data):
    with pytest.raises(SetError) as caught:
        validate(Claims, data, "mine.yaml")
    return str(caught.value).splitlines()


# --- plain values ------------------------------------------------------------------------------


def test_words_that_yaml_1_1_took_for_something_else_are_text():
    words = b"[yes, no, on, off, 1:30, 2024-05-01, 007, 0x1F, '5', !!str 5, =, n, y]"
    assert parse_yaml(words, "f") == [
        *("yes", "no", "on", "off", "1:30", "2024-05-01", "007", "0x1F", "5", "5", "=", "n", "y")
    ]


def test_numbers_truth_and_nothing_keep_their_types():
    data = parse_yaml(b"[1, -2, 1_000, 0.5, .5, 1.0e+3, .inf, true, False, null, ~, ]", "f")
    assert data == [1, -2, 1000, 0.5, 0.5, 1000.0, math.inf, True, False, None, None]
    assert [type(value) for value in data[:4]] == [int, int, int, float]


texts = st.text().filter(lambda text: not CONTROL.search(text))
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts


@given(st.dictionaries(texts, scalars | st.lists(scalars, max_size=3), min_size=1, max_size=3))
def test_what_pyyaml_writes_reads_back_the_same(data):
    written = yaml.safe_dump(data)
    read = parse_yaml(written.encode(), "f")
    assert read == data
    assert yaml.safe_dump(read) == written


@pytest.mark.parametrize("word", ["1e3", "-.5", "1.0e5", "nULL", "tRUE", "12:60"])
def test_what_pyyaml_leaves_unquoted_as_text_is_text(word):
    assert yaml.safe_dump([word]) == f"- {word}\n"
    assert parse_yaml(f"- {word}\n".encode(), "f") == [word]


def test_a_bom_and_an_alias_are_fine():
    assert parse_yaml(b"\xef\xbb\xbfa: &x [1]\nb: *x\n", "f") == {"a": [1], "b": [1]}


def test_a_file_reads_as_its_bytes_do(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_bytes("a: größer\n".encode())
    assert read_yaml(path) == {"a": "größer"}


# --- files that are no YAML --------------------------------------------------------------------


def test_a_missing_file_a_folder_and_an_impossible_path_are_named(tmp_path):
    for path, sentence in (
        (tmp_path / "none.yaml", "there is no such file"),
        (tmp_path, "a folder"),
        (tmp_path / "a\0b", "cannot be read"),
        (tmp_path / ("x" * 5000), "cannot be read"),
    ):
        with pytest.raises(SetError, match=sentence) as caught:
            read_yaml(path)
        assert str(caught.value).startswith(str(path))


def test_a_file_beyond_the_limit_is_refused_before_it_is_parsed(tmp_path):
    path = tmp_path / "big.yaml"
    path.write_bytes(b"#" * (LIMIT + 1))
    with pytest.raises(SetError, match="larger than 5,000,000 bytes"):
        read_yaml(path)


def test_every_key_that_stands_twice_is_reported_with_its_line():
    assert fault(b"a: 1\nb: {c: 1, c: 2}\na: 3\n").splitlines() == [
        "mine.yaml: line 2: the key 'c' stands here a second time",
        "mine.yaml: line 3: the key 'a' stands here a second time",
    ]


@pytest.mark.slow
def test_an_alias_bomb_is_refused_instead_of_written_out():
    bomb = b"a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + b"".join(
        f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n".encode() for i in range(1, 12)
    )
    assert f"aliases stand for more than {VALUES:,} values" in fault(bomb)


def message_or_value(raw):
    try:
        return parse_yaml(raw, "mine.yaml")
    except SetError as error:
        return error


def explained(result):
    """A value, or one error that begins with the file; anything else was raised by then."""
    if isinstance(result, SetError):
        return str(result).startswith("mine.yaml: ")
    return result is not None


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_no_bytes_raise_anything_but_a_set_error(raw):
    assert explained(message_or_value(raw))


pieces = st.sampled_from(
    [
        *"[]{}:,-?|>&*!%@`'\"#~=<\n\t .",
        *("- ", ": ", "\n  ", "? ", "&a ", "*a", "!!int ", "!!str ", "--- ", "...", "a", "yes"),
        *("1e9", "0x", "-.inf", "<<", "\\U", "%YAML 1.2\n", "%TAG ! x"),
    ]
)


@given(st.lists(pieces, max_size=25).map("".join))
def test_no_yaml_syntax_raises_anything_but_a_set_error(text):
    assert explained(message_or_value(text.encode()))


# --- values of the wrong shape -----------------------------------------------------------------


def test_every_fault_is_one_line_with_file_entry_key_and_nearest_word():
    data = {
        "nam": "x",
        "claims": [
            {"id": "rent", "agree": "lefft", "agreee": 1},
            {"id": "", "agree": "left", "orders": ["b"]},
            {"agree": "left", "effects": {"economic": "much"}},
            "text",
        ],
    }
    assert claims(data) == [
        "mine.yaml: name: is missing",
        "mine.yaml: claims: rent: agree: 'lefft' is not allowed; did you mean 'left'?",
        "mine.yaml: claims: rent: agreee: unknown key; did you mean 'agree'?",
        "mine.yaml: claims: number 2: id: is empty",
        "mine.yaml: claims: number 2: orders: number 1: should be a list, not 'b'",
        "mine.yaml: claims: number 3: id: is missing",
        "mine.yaml: claims: number 3: effects: economic: should be a number, not 'much'",
        "mine.yaml: claims: number 4: should be a mapping (`key: value`), not 'text'",
        "mine.yaml: nam: unknown key; did you mean 'name'?",
    ]


def test_valid_words_are_found_through_a_union():
    assert claims({"name": "x", "constant": {"a": {"id": "b", "agre": "left", "agree": "left"}}})[
        0
    ] == ("mine.yaml: constant: a: agre: unknown key; did you mean 'agree'?")


@pytest.mark.parametrize("data", [None, [], "text", 7])
def test_a_file_that_is_no_mapping_is_told_so(data):
    assert claims(data) == [f"mine.yaml: should be a mapping (`key: value`), not {data!r}"]


def test_a_list_of_valid_keys_does_where_the_schema_is_not_at_hand():
    try:
        Claims.model_validate({"name": "x", "clams": []})
    except ValueError as error:
        found = faults(error, "mine.yaml", ["name", "claims"])
    assert str(found) == "mine.yaml: clams: unknown key; did you mean 'claims'?"


def test_a_long_value_and_a_long_list_of_faults_are_cut():
    lines = claims({"name": ["x" * 100_000]})
    assert len(lines[0]) < 200
    many = str(refuse("mine.yaml", [f"fault {i}" for i in range(SHOWN + 5)])).splitlines()
    assert many[-1] == "mine.yaml: and 5 more faults"


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "claims", "id", "agree", "effects"]), inner)
    ),
    max_leaves=8,
)


@given(plain)
def test_any_plain_values_validate_or_are_explained(data):
    try:
        Claims.model_validate(data)
    except ValueError as error:
        lines = explain(error, Claims, data)
        assert lines
        assert not any(line.startswith(":") for line in lines)
