"""What `probes sets check` measures, against sets small enough to count by hand."""

from collections.abc import Mapping
from dataclasses import replace
from math import inf, isnan, sqrt
from typing import get_args

import pytest
import yaml

from probes.types import Axis, Scoring, Statement, StatementSet
from probes.validity import balance, check, texts
from probes.validity.findings import Finding, Findings

ECONOMIC = Axis("economic", "left", "right")
SOCIAL = Axis("social", "libertarian", "authoritarian")


def claim(name: str, text: str, weight: float, mirror: str | None = None) -> Statement:
    return Statement(name, text, {"economic": weight}, mirror=mirror)


def made(*statements: Statement, axes: tuple[Axis, ...] = (ECONOMIC,)) -> StatementSet:
    return StatementSet("tiny", "Tiny", "en", "CC0-1.0", axes, statements, "a test", "1.0")


def verdicts(of: StatementSet) -> Mapping[str, str]:
    return {point.name: point.verdict for point in check.check(of).points}


def sentence(of: StatementSet, name: str) -> str:
    (found,) = (point.sentence for point in check.check(of).points if point.name == name)
    return found


RENT = claim("rent", "Rents should be capped.", -1, "Owners should set what they ask.")
TAX = claim("tax", "Taxes should be low.", 1, "The rich should pay more than now.")
PAIR = made(RENT, TAX)
LISTED = {"negations", "sentiment", "state words", "duty words"}
BARE = made(replace(RENT, mirror=None), replace(TAX, mirror=None))


# --- texts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("tax", 1), ("the", 1), ("rule", 1), ("people", 2), ("table", 2), ("government", 3),
        ("raised", 1), ("granted", 2), ("prices", 2), ("churches", 2), ("likes", 1), ("library", 3),
        ("authority", 4), ("12", 1),
    ],
)  # fmt: skip
def test_syllables_of_plain_words(word: str, count: int) -> None:
    """Vowel groups, silent endings left out, one at least."""
    assert texts.syllables(word) == count


def test_grade_is_flesch_kincaid() -> None:
    """0.39 x words per sentence + 11.8 x syllables per word - 15.59; NaN without words."""
    text = "The cat sat. The happy dog ran."  # 7 words, 8 syllables, 2 sentences
    assert texts.grade(text) == pytest.approx(0.39 * 7 / 2 + 11.8 * 8 / 7 - 15.59)
    assert isnan(texts.grade("... !"))


def test_words_keep_hyphens_and_apostrophes() -> None:
    """A hyphenated word is one word; curly and straight apostrophes are the same."""
    assert texts.words("The owner’s well-kept house.") == ["the", "owner's", "well-kept", "house"]


def test_negations_count_words_and_contractions() -> None:
    """Not, no, never, without and -n't count; "note" and "north" do not."""
    for text, times in (
        ("Nobody should never go without.", 3),
        ("It isn’t so, and it can't be.", 2),
        ("Note the notion of the north.", 0),
    ):
        assert texts.count(text, "en-GB", "negation") == times


@pytest.mark.parametrize(
    ("language", "text", "sentiment", "state", "duty"),
    [
        ("en", "The government must protect good people from crime and harm.", 0, 1, 1),
        ("en", "Publicans have to pay, and musty lawns need not.", 0, 1, 2),
        ("de", "Der Staat muss freie Menschen vor Gefahr schützen.", 1, 1, 1),
        ("es", "El gobierno debería proteger la libertad y tiene que evitar el daño.", 1, 1, 2),
        ("fr", "L'État doit protéger la liberté et éviter la guerre.", 1, 1, 1),
        ("ja", "政府は自由を守り、犯罪を罰するべきだ。", 0, 1, 1),
    ],
)
def test_words_of_praise_blame_the_state_and_duty(
    language: str, text: str, sentiment: int, state: int, duty: int
) -> None:
    """Whole words, stems with any ending, words of two parts, after an apostrophe, unspaced."""
    assert texts.sentiment(text, language) == sentiment
    assert texts.count(text, language, "state") == state
    assert texts.count(text, language, "duty") == duty


def test_no_word_stands_in_two_lists_that_exclude_each_other() -> None:
    """Praise is not blame; every language has every list."""
    lists = yaml.safe_load(texts.LISTS.read_text("utf-8"))
    assert set(lists) == {"en", "de", "es", "fr", "ja"}
    for kinds in lists.values():
        assert set(kinds) == set(get_args(texts.WordKind))
        assert not set(kinds["praise"]) & set(kinds["blame"])
        assert all(len(set(words)) == len(words) for words in kinds.values())


def test_overlap_is_of_the_shorter_text_with_repeats_counted() -> None:
    """Three of the four words of the shorter text; a repeated word is shared once a pair."""
    assert texts.overlap("Rents should be capped.", "Wages should be capped by law.") == 0.75
    assert texts.overlap("no no no", "no yes yes") == pytest.approx(1 / 3)
    assert texts.overlap("...", "...") == 0


@pytest.mark.parametrize(
    ("text", "mirror", "bare"),
    [
        ("Rents should be capped.", "Rents should not be capped.", True),
        ("Rents should be capped.", "Rents shouldn't be capped.", True),
        ("The tax helps the poor.", "The tax does not help the poor.", True),
        ("People can choose.", "People cannot choose.", True),
        ("Rents should be capped.", "Rents should be capped!", False),
        ("Rents should be capped.", "Owners should not be told what to ask.", False),
        ("Rents should be capped.", "Owners should set what they ask.", False),
    ],
)
def test_bare_not_is_a_negation_and_nothing_else(text: str, mirror: str, bare: bool) -> None:
    """Also where the negation brings "does" with it; equal texts are no negation."""
    assert texts.bare_not(text, mirror) is bare


# --- tables ------------------------------------------------------------------------------------


def test_pull_is_the_sign_of_what_agreeing_does() -> None:
    """The weight's sign; for a table key, that of strongly agree less strongly disagree."""
    assert check.pull(claim("a", "A.", -0.5), "economic") == -1
    assert check.pull(claim("a", "A.", 2), "economic") == 1
    assert check.pull(claim("a", "A.", 2), "social") == 0
    keyed = Statement("b", "B.", table={"economic": (7, 5, 0, -2), "social": (0, 1, 1, 0)})
    assert check.pull(keyed, "economic") == -1
    assert check.pull(keyed, "social") == 0


def test_balance_counts_axes_and_topics() -> None:
    """A row an axis, then one a topic; untopical statements stand in the axis' row only."""
    of = made(
        replace(RENT, topic="homes"),
        replace(TAX, topic="purse", extremity=2),
        replace(claim("cuts", "Spending should fall.", 1), topic="purse"),
        claim("jobs", "Jobs should be safe.", -1),
        axes=(ECONOMIC, SOCIAL),
    )
    rows = check.balance(of).to_dict("split")["data"]
    assert rows == [
        ["economic", balance.ALL, 4, 2, 2, 3, 1, 2],
        ["economic", "homes", 1, 1, 0, 1, 0, 1],
        ["economic", "purse", 2, 0, 2, 1, 1, 1],
        ["social", balance.ALL, 0, 0, 0, 0, 0, 0],
    ]


def test_symmetry_pairs_the_texts_of_the_two_poles() -> None:
    """Left texts (4 and 7 words) less right texts (6 and 4): mean 0.5 over SD of -2 and 3."""
    found = check.symmetry(PAIR).set_index("measure").loc["words"]
    assert (found["negative"], found["positive"], found["pairs"]) == (5.5, 5, 2)
    assert found["d"] == pytest.approx(0.5 / sqrt(12.5))
    assert found["verdict"] == "ok"


def test_symmetry_without_mirrors_compares_the_groups() -> None:
    """Cohen's d with the pooled SD: 4 and 6 words against 8 and 10."""
    lengths = {"a": (4, -1), "b": (6, -1), "c": (8, 1), "d": (10, 1)}
    of = made(*(claim(k, " ".join(["word"] * n) + ".", w) for k, (n, w) in lengths.items()))
    found = check.symmetry(of).set_index("measure").loc["words"]
    assert found["pairs"] == 0
    assert found["d"] == pytest.approx(-4 / sqrt(2))
    assert found["verdict"] == "warn"


def test_symmetry_without_spread() -> None:
    """Equal texts differ by nothing; the same difference in each pair is an infinite one."""
    same = made(claim("a", "One two.", -1, "Six ten."), claim("b", "Two one.", 1, "Ten six."))
    assert (check.symmetry(same)["d"] == 0).all()
    longer = made(
        claim("a", "One two up.", -1, "Six ten."), claim("b", "Two one.", 1, "Ten six up.")
    )
    found = check.symmetry(longer).set_index("measure").loc["words"]
    assert found["d"] == inf
    assert found["verdict"] == "warn"


def test_symmetry_needs_two_texts_a_pole() -> None:
    """With fewer there is no number and no verdict, and the point says so."""
    found = check.symmetry(BARE)
    assert found["d"].isna().all()
    assert set(found["verdict"]) == {""}
    assert "too few texts" in sentence(BARE, "words, economic")


@pytest.mark.parametrize(
    ("language", "measures"),
    [
        ("en-GB", {"words", "readability", *LISTED}), ("de", {"words", *LISTED}),
        ("ja", LISTED), ("it", {"words"}), ("zh-Hant", set()),
    ],
)  # fmt: skip
def test_a_language_is_measured_by_what_there_is_for_it(language: str, measures: set[str]) -> None:
    """Readability is English; words need spaces between them; the rest needs lists of words."""
    of = replace(PAIR, language=language)
    assert set(check.symmetry(of)["measure"]) == measures
    assert ("language" in verdicts(of)) is not (measures >= LISTED)


@pytest.mark.parametrize(
    ("measure", "left", "right"),
    [
        ("sentiment", "A good and fair claim.", "A plain and brief claim."),
        ("sentiment", "A plain and brief claim.", "A bad and cruel claim."),
        ("state words", "The state and the law.", "The shop and the firm."),
        ("duty words", "Shops must and should.", "Shops can and will."),
    ],
)
def test_a_pole_that_is_praised_or_obliged_more_is_found(
    measure: str, left: str, right: str
) -> None:
    """Every left text has two such words more than its mirror; one word in all is no pattern."""
    of = made(claim("a", left, -1, right), claim("b", f"Now {right}", 1, f"Now {left}"))
    assert verdicts(of)[f"{measure}, economic"] == "warn"
    less = made(*(claim(f"s{i}", "Such a claim.", -1, "This one claim.") for i in range(9)),
                claim("one", "Such a must.", -1, "This one claim."))  # fmt: skip
    assert abs(check.symmetry(less).set_index("measure").loc["duty words", "d"]) > 0.2
    assert verdicts(less)["duty words, economic"] == "ok"


def test_mirrors_lists_missing_bare_and_close_ones() -> None:
    """A row a fault; good mirrors have none."""
    of = made(
        RENT,
        replace(TAX, mirror=None),
        claim("cap", "Prices should be capped.", -1, "Prices should not be capped."),
        claim("bank", "The banks should be sold to private owners.", 1,
              "The banks should be taken from private owners."),
    )  # fmt: skip
    found = check.mirrors(of)
    assert list(zip(found["statement"], found["fault"], strict=True)) == [
        ("tax", "missing"), ("cap", "bare not"), ("bank", "shared words")
    ]  # fmt: skip
    assert found["shared"].iloc[2] == pytest.approx(6 / 8)


def test_seventy_percent_of_the_words_may_be_shared() -> None:
    """Seven of ten words is not more than 70 %; eight are."""
    ten = "One two three four five six seven eight nine ten."
    assert check.mirrors(made(claim("a", ten, 1, "One two three four five six seven b c d."))).empty
    eight = claim("a", ten, 1, "One two three four five six seven eight c d.")
    assert list(check.mirrors(made(eight))["fault"]) == ["shared words"]


def test_duplicates_are_found_across_statements_and_mirrors() -> None:
    """Case, order and punctuation aside; a statement is no duplicate of its own mirror."""
    of = made(
        claim("a", "Rents should be capped by law.", -1, "By law, capped should be rents!"),
        claim("b", "Owners should set rents.", 1, "RENTS should be capped by law"),
        claim("c", "Owners should set rents freely.", 1),
        claim("d", "Wages should rise.", -1),
    )
    found = {(a, b): round(s, 2) for a, b, s in check.duplicates(of).itertuples(index=False)}
    assert found == {("a", "b:mirror"): 1.0, ("a:mirror", "b:mirror"): 1.0, ("b", "c"): 0.8}


def test_crossing_counts_values_of_a_tag_at_each_pole() -> None:
    """Shares are among the tagged; a gap above 20 points warns."""
    tagged = [
        replace(claim(f"s{i}", f"Text number {i}.", weight), tags={"state": value})
        for i, (weight, value) in enumerate([(-1, "acts"), (-1, "acts"), (1, "acts"), (1, "rests")])
    ]
    found = check.crossing(made(*tagged, RENT)).to_dict("split")["data"]
    assert found == [
        ["economic", "state", "acts", 2, 1, 0.5, "warn"],
        ["economic", "state", "rests", 0, 1, -0.5, "warn"],
    ]
    assert check.crossing(PAIR).empty


# --- points ------------------------------------------------------------------------------------


def test_a_set_without_mirrors_topics_and_tags_is_checked_too() -> None:
    """What is lost is said; nothing fails."""
    found = verdicts(BARE)
    assert found["keying, economic"] == "ok"
    assert found["mirrors"] == "warn"
    assert found["mirror wording"] == "ok"
    assert found["topics, economic"] == "warn"
    assert not {"state, economic", "change, economic"} & set(found)
    assert not check.check(BARE).ok


@pytest.mark.parametrize(
    ("weights", "mirror", "verdict", "told"),
    [
        ([-1, -1, 1, 1, 1], None, "ok", "near the centre"),
        ([-1, 1, 1, 1, 1], None, "warn", "unevenly"),
        ([1, 1], None, "warn", "keyed one way"),
        ([1, 1], "Quite another claim.", "warn", "mirrors take the yes-bias out"),
        ([0, 0], None, "warn", "no statement loads"),
    ],
)
def test_keying_is_even_uneven_or_one_way(
    weights: list[float], mirror: str | None, verdict: str, told: str
) -> None:
    """40:60 is even enough; one way without mirrors cannot be placed."""
    of = made(*(claim(f"s{i}", f"Text {i}.", w, mirror) for i, w in enumerate(weights)))
    assert verdicts(of)["keying, economic"] == verdict
    assert told in sentence(of, "keying, economic")


def test_table_keys_are_checked_by_their_points() -> None:
    """A set scored by tables has its balance measured like any other."""
    rows = [("a", (0, 1, 2, 3)), ("b", (3, 2, 0, -1))]
    of = made(*(Statement(name, f"Text {name}.", table={"economic": row}) for name, row in rows))
    of = replace(of, scoring=Scoring("table", {"economic": 3}, {"economic": 8}))
    assert verdicts(of)["keying, economic"] == "ok"


def test_three_topics_keyed_both_ways_make_no_warning() -> None:
    """Two are too few; a topic keyed one way is named."""

    def topical(count: int, last: float) -> StatementSet:
        signs = [(t, w) for t in range(count) for w in (-1.0, 1.0)]
        signs[-1] = (count - 1, last)
        return made(
            *(replace(claim(f"s{i}", f"Text {i}.", w), topic=f"t{t}")
              for i, (t, w) in enumerate(signs))
        )  # fmt: skip

    assert verdicts(topical(3, 1.0))["topics, economic"] == "ok"
    assert "below 3 topics" in sentence(topical(2, 1.0), "topics, economic")
    assert sentence(topical(8, -1.0), "topics, economic").endswith("one way only: t7")


def test_faults_are_named_in_the_points() -> None:
    """Close mirrors, duplicates, tags of one pole, and a set that does not say its source."""
    twin = claim("twin", "Rents should be capped.", -1, "Rents should not be capped.")
    poles = made(replace(RENT, tags={"state": "acts"}), replace(TAX, tags={"state": "rests"}), twin)
    of = replace(poles, source="", version="")
    assert "twin" in sentence(of, "mirror wording")
    assert "rent and twin" in sentence(of, "duplicates")
    assert verdicts(of)["state, economic"] == "warn"
    assert "version and source" in sentence(of, "provenance")
    keys = replace(of, statements=(replace(of.statements[0], text="economy.q1"),))
    assert "is a key of a translation" in sentence(keys, "sentences")


def test_the_verdict_names_each_point_that_warns_and_counts_the_others() -> None:
    points = [Finding("keying", "2 : 2", "ok", "even"), Finding("mirrors", "0", "warn", "none")]
    assert (
        Findings(tuple(points)).verdict == "1 of 2 points are ok, these are not:\n- mirrors: none"
    )
    assert Findings(tuple(points[:1])).verdict == "1 of 1 points are ok"


def test_long_lists_of_faults_are_cut() -> None:
    """Five statements are named, the rest counted."""
    of = made(*(claim(f"s{i}", f"Text {i} is so.", 1, f"Text {i} is not so.") for i in range(7)))
    assert "s0, s1, s2, s3, s4 and 2 more" in sentence(of, "mirror wording")


def test_every_point_has_a_value_or_says_why_not() -> None:
    """A report is printed as it is: names differ, sentences are there."""
    points = check.check(replace(PAIR, axes=(ECONOMIC, SOCIAL))).points
    assert len({p.name for p in points}) == len(points)
    assert all(p.sentence for p in points)
    assert all(p.value or p.verdict == "warn" for p in points)


def test_check_offers_what_keying_measures() -> None:
    """The tables can be had from either module."""
    assert check.balance is balance.balance
    assert sorted(check.__all__) == check.__all__
