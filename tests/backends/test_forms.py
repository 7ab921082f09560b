"""Spans, antonym pairs and piece counts: what every backend must agree on about forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.backends.hf.scoring import forms
from probes.backends.hf.scoring.forms import EncodedText
from probes.errors import ModelError, SetError
from probes.types import Option, Prompt, Statement


def prompt(*options: Option) -> Prompt:
    return Prompt(Statement("rents", "Cap rents."), "statement", "view", "I", " this.", options)


def sides(agree: tuple[str, ...], disagree: tuple[str, ...], **more: bool) -> tuple[Option, Option]:
    strong = "strongly " if more.get("strong") else ""
    return (
        Option(f"{strong}agree", "agree", agree, **more),
        Option(f"{strong}disagree", "disagree", disagree, **more),
    )


def encoded(*offsets: tuple[int, int]) -> EncodedText:
    return EncodedText(tuple(range(len(offsets))), offsets)


TEXT = "I agree, so"


@pytest.mark.parametrize(
    ("offsets", "expected"),
    [
        ([(0, 1), (2, 7), (7, 8)], (1, 2)),  # the space belongs to nobody
        ([(0, 1), (1, 7), (7, 8)], (1, 2)),  # it belongs to the word
        ([(0, 0), (0, 1), (1, 2), (2, 7), (7, 8), (0, 0)], (2, 4)),  # it is a token of its own
        ([(0, 1), (2, 3), (3, 7), (7, 8)], (1, 3)),
        ([(0, 1), (2, 8), (8, 11)], None),  # the comma is merged in
        ([(0, 7), (7, 8)], None),  # the word before is merged in
        ([(0, 1), (7, 8)], None),  # nothing lies there
    ],
)
def test_a_span_holds_the_form_and_nobody_elses_letters(
    offsets: list[tuple[int, int]], expected: tuple[int, int] | None
) -> None:
    assert forms.token_span(TEXT, encoded(*offsets), 1, 7) == expected


def test_white_space_before_the_form_may_lie_in_its_token() -> None:
    assert forms.token_span(TEXT, encoded((0, 1), (1, 7), (7, 8)), 2, 7) == (1, 2)


def test_if_one_of_a_pair_cannot_be_scored_both_are_left_out() -> None:
    asked = prompt(*sides((" agree", " support", " back"), (" disagree", " oppose", " fight")))
    ids = {"agree": [(1,), None, (3,)], "disagree": [(4,), (5,), ()]}
    options, flags = forms.fit(asked, ids)
    assert [option.forms for option in options] == [(" agree",), (" disagree",)]
    assert flags == ()


def test_neutral_forms_are_left_out_singly_and_then_their_option() -> None:
    neutral = Option("neutral", "neutral", (" neutral", " unsure"))
    asked = prompt(*sides((" agree",), (" disagree",)), neutral)
    ids = {"agree": [(1,)], "disagree": [(2,)], "neutral": [None, (3,)]}
    assert forms.fit(asked, ids)[0][2].forms == (" unsure",)
    options, _ = forms.fit(asked, {**ids, "neutral": [None, None]})
    assert [option.label for option in options] == ["agree", "disagree"]


def test_an_option_that_the_tokenizer_lacks_is_named() -> None:
    asked = prompt(*sides((" agree", " back"), (" disagree", " fight")))
    ids = {"agree": [(1,), (2,)], "disagree": [None, None]}
    with pytest.raises(ModelError, match=r"lacks every form of option 'disagree' \(' disagree', "):
        forms.fit(asked, ids)
    with pytest.raises(ModelError, match="of every antonym pair"):
        forms.fit(asked, {"agree": [(1,), None], "disagree": [None, (2,)]})


def test_only_piece_counts_that_both_sides_have_are_used() -> None:
    asked = prompt(*sides((" a", " b", " c", " d"), (" w", " x", " y", " z")))
    ids = {"agree": [(1,), (2,), (3, 3), (4,)], "disagree": [(5,), (6, 6, 6), (7,), (8, 8)]}
    options, flags = forms.fit(asked, ids, equal=True)
    assert options[0].forms == (" a", " c", " d")
    assert options[1].forms == (" w", " y", " z")
    assert flags == ()
    assert forms.fit(asked, ids)[0] == asked.options


def test_where_no_piece_count_is_common_all_are_used_and_it_is_flagged() -> None:
    asked = prompt(*sides((" a", " b"), (" w", " x")))
    ids = {"agree": [(1,), (2, 2)], "disagree": [(5, 5), (6, 6, 6)]}
    options, flags = forms.fit(asked, ids, equal=True)
    assert options == asked.options
    assert flags == (forms.UNEQUAL,)


def test_strengths_are_paired_apart() -> None:
    strong = sides((" strongly agree",), (" strongly disagree",), strong=True)
    asked = prompt(strong[1], *sides((" agree",), (" disagree",)), strong[0])
    ids = {
        "agree": [(1,)],
        "disagree": [(2,)],
        "strongly agree": [(9, 1)],
        "strongly disagree": [(9, 2)],
    }
    assert forms.fit(asked, ids, equal=True) == (asked.options, ())


def test_sides_that_are_no_pairs_are_the_wordings_fault() -> None:
    for options in (
        sides((" agree", " back"), (" disagree",)),
        (Option("agree", "agree", (" agree",)),),
        (Option("neutral", "neutral", (" so so",)),),
    ):
        asked = prompt(*options)
        with pytest.raises(SetError, match="must be antonym pairs"):
            forms.fit(asked, {o.label: [(1,)] * len(o.forms) for o in options})


def test_two_options_with_the_same_tokens_are_refused() -> None:
    asked = prompt(*sides((" right", " Right"), (" left", " LEFT")))
    ids = {"agree": [(1,), (1,)], "disagree": [(2,), (2,)]}
    assert forms.fit(asked, ids)[0] == asked.options
    with pytest.raises(ModelError, match="cannot tell them apart"):
        forms.fit(asked, {"agree": [(1,), (2,)], "disagree": [(2,), (3,)]})


counts = st.one_of(st.none(), st.integers(1, 4))


@given(st.lists(st.tuples(counts, counts), min_size=1, max_size=6), st.booleans())
def test_whatever_fits_is_paired_and_scorable(
    pieces: list[tuple[int | None, int | None]], equal: bool
) -> None:
    """Both options keep equally many forms, in pairs; with `equal` and no flag, the piece counts
    that one side has are those of the other."""
    agree = tuple(f"a{i}" for i in range(len(pieces)))
    disagree = tuple(f"d{i}" for i in range(len(pieces)))
    ids = {
        "agree": [None if p[0] is None else (i, *[0] * (p[0] - 1)) for i, p in enumerate(pieces)],
        "disagree": [
            None if p[1] is None else (100 + i, *[0] * (p[1] - 1)) for i, p in enumerate(pieces)
        ],
    }
    asked = prompt(*sides(agree, disagree))
    scorable = [i for i, pair in enumerate(pieces) if None not in pair]
    if not scorable:
        with pytest.raises(ModelError):
            forms.fit(asked, ids, equal=equal)
        return
    (one, other), flags = forms.fit(asked, ids, equal=equal)
    kept = [int(form[1:]) for form in one.forms]
    assert kept == [int(form[1:]) for form in other.forms]
    assert set(kept) <= set(scorable)
    if not equal or flags:
        assert kept == scorable
    else:
        assert {pieces[i][0] for i in kept} == {pieces[i][1] for i in kept}
