"""What a reply of an endpoint is worth: shapes, first tokens, clozes."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.agreement.table import agreement
from probes.asking import protocols, texts
from probes.backends.http import echo, first_token, schema, tokens
from probes.evidence.answers import answer
from probes.types import Header, ModelInfo, Option, Prompt, Recipe, Statement

AGREE, DISAGREE = (
    Option("agree", "agree", ("agree",)),
    Option("disagree", "disagree", ("disagree",)),
)
PROMPT = Prompt(Statement("s", "S."), "statement", "w", "S. I ___.", "", (AGREE, DISAGREE))


LISTED = (
    b'{"choices": [{"text": "a", "logprobs": {"tokens": ["a"], "token_logprobs": [-1.0], '
    b'"text_offset": [0]}}]}'
)


def top(**shares: float) -> list[tuple[str, float]]:
    return [(token, math.log(share)) for token, share in shares.items()]


def test_an_options_probability_is_that_of_its_first_tokens() -> None:
    """In any case, with any space; what is not told is unseen."""
    found = first_token.reply(
        PROMPT, [*top(agree=0.5, Agree=0.1, dis=0.2, I=0.1), (" agree.", math.log(0.05))]
    )
    assert found.status == "ok"
    assert math.exp(found.logprobs["agree"]) == pytest.approx(0.65)
    assert math.exp(found.logprobs["disagree"]) == pytest.approx(0.2)
    assert found.mass == pytest.approx(0.85)
    assert found.unseen == pytest.approx(0.05)


def test_an_option_that_was_not_told_of_counts_at_the_most_that_it_can_have() -> None:
    """Never as impossible: the answer is drawn to the middle."""
    found = first_token.reply(PROMPT, top(agree=0.9, I=0.06))
    assert math.exp(found.logprobs["disagree"]) == pytest.approx(0.04)


@pytest.mark.parametrize("told", [{"I": 0.9, "As": 0.05}, {"agree": 0.02, "I": 0.5}])
def test_nothing_is_answered_where_what_is_untold_could_turn_it(told: dict[str, float]) -> None:
    found = first_token.reply(PROMPT, top(**told))
    assert (found.status, found.logprobs) == ("unparsed", None)
    assert found.fills


@given(st.lists(st.floats(0.001, 1), min_size=2, max_size=2), st.floats(0, 1))
def test_bounds_hold_whatever_was_not_told(shares: list[float], rest: float) -> None:
    """Wherever the unseen probability goes, the raw agreement stays within the bounds."""
    total = sum(shares) + rest + 0.01
    agree, disagree = (share / total for share in shares)
    unseen = rest / total
    found = first_token.reply(
        PROMPT, [*top(agree=agree, disagree=disagree), ("x", math.log(0.01 / total))]
    )
    share = found.unseen / (found.unseen + agree + disagree)
    point = (agree - disagree) / (agree + disagree)
    for given_away in (0.0, 0.5, 1.0):
        more, less = agree + unseen * given_away, disagree + unseen * (1 - given_away)
        assert (
            (1 - share) * point - share - 1e-9
            <= (more - less) / (more + less)
            <= (1 - share) * point + share + 1e-9
        )


def test_the_bounds_of_a_placement_hold_what_was_not_told_of() -> None:
    info = ModelInfo("m", "endpoint", "x", gives="top log-probabilities", chat=True)
    options = {"w": (AGREE, DISAGREE)}
    header = Header(info, "s", "", "p", "", 0, None, "", 1, options)
    told = first_token.reply(PROMPT, top(agree=0.6, disagree=0.2))
    recipe = Recipe("p", "P", "choice", ())
    rows = agreement(header, [answer(header, PROMPT, told)], recipe)
    assert rows["unanswered"].tolist() == pytest.approx([0.2])


@pytest.mark.parametrize(
    ("form", "token", "holds"),
    [
        ("agree", "agre", True),
        ("agree", "a", False),
        ("agree", "Agreement", False),
        ("agree", "agree,", True),
        ("no", "not", False),
        ("no", "None", False),
        ("A", "A", True),
        ("A", "a", False),
        ("A", "As", False),
        ("B", "B)", True),
        ("賛成", "賛", True),
        ("agree", "", False),
        ("agree", " ", False),
    ],
)
def test_which_first_tokens_begin_a_form(form: str, token: str, holds: bool) -> None:
    assert first_token.matches_form(form, token) is holds


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        (["Yes", " No", "No", "<|im_end|>"], ["Yes", " No", "No", "<|im_end|>"]),
        (["Yes", "\u0120No", "\u010aNo", "No"], ["Yes", " No", "\nNo", "No"]),
        (["\u0120Yes", "  ", "\u0120\u0120", "<\uff5ceos\uff5c>"], None),
        (["\u2581Yes", "No", "<0x20>", "<0x0A>"], [" Yes", "No", " ", "\n"]),
        (["Yes", "<0x20>", "<unk>"], ["Yes", " ", "<unk>"]),
        (["\u00e8\u00b3\u013d", "\u00e5\u0131\u012f"], ["\u8cdb", "\u53cd"]),
        (
            ["d'accord", "\u0120pas", "\u0120\u00c3\u00a9t\u00c3\u00a9"],
            ["d'accord", " pas", " \u00e9t\u00e9"],
        ),
        (["agree</w>", "dis", "disagree</w>"], ["agree ", "dis", "disagree "]),
        (["\u00e9t\u00e9", "\u00c9t\u00e9", "oui"], ["\u00e9t\u00e9", "\u00c9t\u00e9", "oui"]),
        (["Ja", "\u00dcber", "\u00e4", " nein"], ["Ja", "\u00dcber", "\u00e4", " nein"]),
        (["\u8cdb\u6210", "\u53cd\u5bfe", "\ufffd"], ["\u8cdb\u6210", "\u53cd\u5bfe", "\ufffd"]),
        ([" \u0120", " Yes"], [" \u0120", " Yes"]),
        (["<|assistant\u2581turn|>", "Yes"], ["<|assistant\u2581turn|>", "Yes"]),
        ([], []),
    ],
)
def test_tokens_are_text_whatever_the_vocabulary_writes(
    sent: list[str], text: list[str] | None
) -> None:
    """Byte-level, SentencePiece and word-end spellings are decoded, and text stays as it is."""
    expected = text if text is not None else [" Yes", "  ", "  ", "<\uff5ceos\uff5c>"]
    assert tokens.decoded(sent) == expected
    assert tokens.decoded(expected) == expected


def test_a_character_of_several_tokens_stands_at_the_last_of_them() -> None:
    sent = ["\u00e8\u00b3", "\u013d", "\u0120a"]
    assert tokens.decoded(sent, joined=True) == ["", "\u8cdb", " a"]
    assert tokens.decoded(["\u2581I", "<0xE8>", "<0xB3>", "<0x9B>"], joined=True)[1:] == [
        *("", "", "\u8cdb")
    ]


@pytest.mark.parametrize("spell", [" {}", "\u0120{}", "\u2581{}", "{}</w>"])
def test_the_same_option_wins_however_tokens_are_spelt(spell: str) -> None:
    """Through the whole reply of a chat."""
    listed = [
        {"token": spell.format(word), "logprob": math.log(share)}
        for word, share in (("disagree", 0.5), ("agree", 0.3), ("I", 0.1))
    ]
    first = {**listed[0], "top_logprobs": listed}
    choice = {"message": {"content": "x"}, "logprobs": {"content": [first]}}
    found = first_token.reply(PROMPT, schema.chat(json.dumps({"choices": [choice]}).encode()).top)
    assert math.exp(found.logprobs["disagree"]) == pytest.approx(0.5)
    assert math.exp(found.logprobs["agree"]) == pytest.approx(0.3)


@pytest.mark.parametrize("first", [" I", "\u2581I"])
def test_an_echo_may_begin_with_a_space_of_the_vocabulary(first: str) -> None:
    texts = tokens.decoded([first, first[0] + "agree", "."], joined=True)
    found = echo.read_echo("I agree", listed(*texts))
    assert found is not None
    assert found.encoded.offsets == ((0, 1), (1, 7))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"choices": [{"text": 3}]}',
        *(
            LISTED.replace(b"[-1.0]", numbers)
            for numbers in (b"[]", b"[NaN]", b"[3.5]", b"[-1e999]", b'["-1"]', b"[true]")
        ),
        b'{"choices": null}',
        b'{"id": "x"}',
        b'{"choices": [{"text": "a"}, {"text": "b"}]}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_what_is_not_a_completion_is_malformed(raw: bytes) -> None:
    with pytest.raises(schema.MalformedReplyError):
        schema.completion(raw)


def test_what_is_one_is_read() -> None:
    assert schema.completion(LISTED).entries == schema.TokenEntries(("a",), (-1.0,), (0,))


@given(st.binary(max_size=200))
def test_no_bytes_surprise_the_reader_of_replies(raw: bytes) -> None:
    for read in (schema.completion, schema.chat):
        with pytest.raises(schema.MalformedReplyError):
            read(raw)


def test_a_reply_can_always_be_written_down() -> None:
    """Half of a surrogate pair is valid JSON and no valid text."""
    sent = schema.chat(b'{"choices": [{"message": {"content": "a\\ud800b"}}]}')
    assert sent.text.encode()
    assert sent.text.startswith("a")


def listed(*tokens: str, offsets: tuple[int, ...] = ()) -> schema.Exchange:
    found = schema.TokenEntries(
        tokens, (None, *[-1.0] * (len(tokens) - 1)), offsets or (0,) * len(tokens)
    )
    return schema.Exchange("", "", "", "", found, (), (len(tokens) - 1, 1))


def test_an_echo_is_the_text_that_was_sent_or_nothing() -> None:
    """Specials before it do not count, nor does what was written behind; another text is none."""
    found = echo.read_echo("I agree", listed("<s>", "I", " agree", "."))
    assert found is not None
    assert found.encoded.offsets == ((0, 0), (0, 1), (1, 7))
    assert echo.read_echo("I agree", listed("I", " disagree", ".")) is None
    assert echo.read_echo("I agree", listed("I", " agree.")) is None
    told = listed("", "é", "!", offsets=(0, 0, 1))
    assert echo.read_echo("é", told) is not None


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "ja"])
def test_a_cloze_shows_the_sentence_and_the_options_in_every_language(language: str) -> None:
    """Options' first tokens can be told apart; each option is in each place, and by each letter."""
    recipe = protocols.load("default" if language == "en" else f"default.{language}")
    for wording in map(texts.balanced, recipe.wordings):
        orders = range(len(wording.options))
        put = [texts.cloze(wording, "{slot} {options}", n, letters=True) for n in orders]
        for text, options in put:
            assert "___" in text
            assert "{slot} {options}" in text
            assert all(option.forms[0] in text for option in options)
            starts = [option.forms[0][:2].casefold() for option in options]
            assert len(set(starts)) == len(starts)
        for place in zip(*wording.orders, strict=True):
            assert sorted(place) == [*orders]
        if len(put[0][1][0].forms[0]) == 1:
            for order, (_, options) in zip(wording.orders, put, strict=True):
                listed = [options[i].forms[0] for i in order]
                assert listed == [*"ABCD"]  # A is whatever stands first
        whole, same = texts.cloze(wording, "S.", 0, letters=False)
        assert same == wording.options
        assert all(option.forms[0] in whole for option in wording.options)


def test_an_open_question_stays_as_it_is() -> None:
    wording = protocols.load("open").wordings[0]
    assert texts.cloze(wording, "S.", 0, letters=True) == (
        texts.ask(wording, "S.", 0),
        (),
    )
