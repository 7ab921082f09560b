"""Prompts as tokens: one beginning for all options, and what their numbers add up to."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.backends.hf.scoring import continuations, scores
from probes.backends.hf.scoring.continuations import Continuations
from probes.backends.hf.scoring.forms import EncodedText
from probes.errors import ModelError, ScoreError
from probes.types import Option, Prompt, Statement

YES_NO = (Option("yes", "agree", (" yes",)), Option("no", "disagree", (" no",)))


def prompt(before: str, after: str = ".", options: tuple[Option, ...] = YES_NO) -> Prompt:
    return Prompt(Statement("s", "S."), "statement", "w", before, after, options)


def letters(texts: Sequence[str], merges: Sequence[str] = (), end: str = "") -> list[EncodedText]:
    """A token a character, or a merge of several, the longest first; then perhaps an end token."""
    found = []
    for text in texts:
        ids, offsets, at = [], [], 0
        while at < len(text):
            piece = next((m for m in merges if text.startswith(m, at)), text[at])
            ids.append(sum(ord(c) * 1000**i for i, c in enumerate(piece)))
            offsets.append((at, at + len(piece)))
            at += len(piece)
        found.append(EncodedText((*ids, *map(ord, end)), (*offsets, *[(0, 0)] * len(end))))
    return found


def spelt(ids: Sequence[int]) -> str:
    return "".join(chr(i) for i in ids)


def read(asked: Prompt, *merges: str) -> Continuations:
    shared, forms = continuations.fill(asked, lambda texts: letters(texts, merges))
    return continuations.assemble(asked, shared, forms)


def test_texts_share_all_of_before_where_nothing_merges() -> None:
    found = read(prompt("So:", " it is."))
    assert spelt(found.shared) == "So:"
    assert [spelt(way) for way in found.tails] == [" yes it is.", " no it is."]
    assert found.options == ((0,), (1,))
    assert found.spans == ((0, 4), (0, 3))
    assert found.longest == 3 + len(" yes it is.")


def test_forms_that_begin_alike_share_no_more_than_before() -> None:
    options = (Option("a", "agree", (" yes",)), Option("b", "disagree", (" yea",)))
    assert spelt(read(prompt("So:", options=options)).shared) == "So:"


def test_a_merge_in_one_option_moves_the_beginning_of_all() -> None:
    found = read(prompt("So:"), ": y")
    assert spelt(found.shared) == "So"
    assert [len(way) for way in found.tails] == [4, 5]
    assert spelt(found.tails[1]) == ": no."
    assert found.spans == ((0, 3), (1, 4))  # the merged token counts; the colon of ": no" does not


def test_a_merge_behind_the_form_belongs_to_the_form() -> None:
    found = read(prompt("So:"), "s.")
    assert found.spans[0] == (0, 4)
    assert len(found.tails[0]) == 4


def test_ends_that_a_tokenizer_appends_are_left_off() -> None:
    asked = prompt("So:")
    encode = lambda texts: letters(texts, end="$")  # noqa: E731
    kept = continuations.assemble(asked, *continuations.fill(asked, encode))
    bare = continuations.assemble(asked, *continuations.fill(asked, encode, {ord("$")}))
    assert [spelt(way) for way in kept.tails] == [" yes.$", " no.$"]
    assert [spelt(way) for way in bare.tails] == [" yes.", " no."]


def test_a_dollar_that_is_part_of_the_text_is_not_an_end() -> None:
    asked = prompt("So:", "$")
    found = continuations.assemble(asked, *continuations.fill(asked, letters, {ord("$")}))
    assert spelt(found.tails[0]) == " yes$"


def test_forms_with_equal_ids_are_one_way() -> None:
    options = (Option("yes", "agree", (" yes", " ja", " yes")), YES_NO[1])
    found = read(prompt("So:", options=options))
    assert len(found.tails) == 3
    assert found.options == ((0, 1), (2,))


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (prompt("", "."), "statement 's' in wording 'w': the text begins with the slot"),
        (
            prompt("So:", ".", (YES_NO[0], Option("no", "disagree", (" yes",)))),
            "form ' yes' has the same tokens in options 'yes' and 'no'",
        ),
        (
            prompt("So:", "", (YES_NO[0], Option("no", "disagree", ("",)))),
            "form '' adds no token to the text",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(asked: Prompt, sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence):
        read(asked)


def test_forms_with_unknown_or_no_tokens_are_not_scorable() -> None:
    options = (Option("yes", "agree", (" yes", " ?")), Option("no", "disagree", (" no", "")))
    found = continuations.form_ids(prompt("A?", options=options), letters, unknown=ord("?"))
    assert [[ids and spelt(ids) for ids in row] for row in found.values()] == [
        [" yes", None],
        [" no", None],
    ]


# --- replies -------------------------------------------------------------------------------------


def test_an_option_has_the_sum_of_its_forms_and_mass_of_their_own_tokens() -> None:
    options = (Option("yes", "agree", (" y", " j")), Option("no", "disagree", (" n",)))
    asked = prompt("So:", ".", options)
    numbers = [
        [math.log(x) for x in row] for row in ((0.5, 0.4, 0.9), (0.5, 0.2, 0.9), (0.5, 0.1, 1))
    ]
    reply = scores.reply(asked, read(asked), numbers)
    assert reply.logprobs == pytest.approx({"yes": math.log(0.27), "no": math.log(0.05)})
    assert reply.mass == pytest.approx(0.5 * 0.7)


def test_a_form_that_goes_on_from_another_is_counted_with_it() -> None:
    options = (Option("a", "agree", ("ab",)), Option("b", "disagree", ("a", "ac")))
    asked = prompt("So:", "", options)
    numbers = [[math.log(0.5)] * 2, [math.log(0.5)], [math.log(0.5), math.log(0.25)]]
    assert scores.reply(asked, read(asked), numbers).mass == pytest.approx(0.5)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_not_finite_are_refused(number: float) -> None:
    asked = prompt("So:")
    with pytest.raises(ScoreError, match=r"statement 's' in wording 'w'.*not finite"):
        scores.reply(asked, read(asked), [[-1.0, number], [-1.0]])


@settings(deadline=None)
@given(st.lists(st.floats(-2000, 0), min_size=1, max_size=9))
def test_log_sum_never_leaves_the_range_of_its_parts(numbers: list[float]) -> None:
    total = scores.log_sum(numbers)
    assert max(numbers) <= total <= max(numbers) + math.log(len(numbers)) + 1e-12
