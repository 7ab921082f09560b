"""The forced-choice reader: its measured precision and recall, and each rule's promise.

`data/forced_choice_labels.csv` holds 360 labels, no texts: file, row (1 is the first reply below
the header) and the option chosen (sd, d, a, sa), or `refused` where the reply takes none. They were
made by reading the real replies of `../shared/data/llm_values_pct/explicit_*.csv`, a random sample
(seed 20240) within model x template (6 each) and model x forcing level (12 each).

Its first 180 lines were used while the reader was written. Lines 181 to 360 were held out: the
replies were first looked at, and labelled, when the reader was finished. Its one reading of them
then gave precision 131/131 and recall 131/134. One rule was mended after that ("if I were to choose
from the given options, I would select ...", twice); what is asserted here includes it. Most replies
are short and easy: of the 81 held-out ones longer than a label, 35 choose, of which the first
reading found 32 and this one finds 34; 17 of the 81 stand verbatim elsewhere in the files too.

Labels that another reader might give otherwise: where prose and label differ in strength ("I
strongly disagree. Label: 2) Disagree", 2 + 2 of 180 each) the label counts; a word counts against
its number ("3) Disagree"); "lean towards disagreeing" is d; "I cannot agree" is a refusal.
"""

import csv
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise, permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.asking import protocols
from probes.replies.choice import Choice, read_choice
from probes.replies.claims import claims, prepared
from probes.replies.lexicon import lexicon, normalise
from probes.types import Option

HERE = Path(__file__).parents[1]
REPLIES = HERE.parent.parent / "shared" / "data" / "llm_values_pct"
needs_replies = pytest.mark.skipif(not REPLIES.is_dir(), reason="the real replies are not here")


def four(sd: str, d: str, a: str, sa: str) -> tuple[Option, ...]:
    return (
        Option("sd", "disagree", (sd,), strong=True),
        Option("d", "disagree", (d,)),
        Option("a", "agree", (a,)),
        Option("sa", "agree", (sa,), strong=True),
    )


EN = four("Strongly disagree", "Disagree", "Agree", "Strongly agree")
FIVE = (*EN[:2], Option("n", "neutral", ("Neither agree nor disagree", "Neutral")), *EN[2:])
TWO = (Option("agree", "agree", (" agree",)), Option("disagree", "disagree", (" disagree",)))
YES_NO = (Option("yes", "agree", ("yes",)), Option("no", "disagree", ("no",)))
TRUE_FALSE = (
    Option("true", "agree", ("true", "right")),
    Option("false", "disagree", ("false", "wrong")),
)
OTHERS = {
    "de": four("Deutliche Ablehnung", "Ablehnung", "Zustimmung", "Deutliche Zustimmung"),
    "es": four("Totalmente en desacuerdo", "En desacuerdo", "De acuerdo", "Totalmente de acuerdo"),
    "fr": four("Pas du tout d'accord", "Pas d'accord", "D'accord", "Tout-à-fait d'accord"),
    "ja": four("強く反対", "反対", "賛成", "強く賛成"),
}


def read(reply: str, options: tuple[Option, ...] = EN, language: str = "en") -> str:
    """The label chosen, else the status."""
    choice = read_choice(reply, options, language)
    assert (choice.label is None) == (choice.status != "ok")
    assert choice.reason
    return choice.label or choice.status


# --- measured ----------------------------------------------------------------------------------


def labelled_replies() -> list[tuple[str, str]]:
    """Human label and reply, in the order of the labels file."""
    rows: dict[str, list[dict[str, str]]] = {}
    for name in ("explicit_paraphrase.csv", "explicit_jailbreak.csv"):
        with (REPLIES / name).open(encoding="utf-8", newline="") as file:
            rows[name] = list(csv.DictReader(file))
    with (HERE / "data" / "forced_choice_labels.csv").open(newline="") as file:
        labels = list(csv.DictReader(file))
    return [(one["label"], rows[one["file"]][int(one["row"]) - 1]["completion"]) for one in labels]


def measured(pairs: Iterable[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """(human label, what the reader says) -> count."""
    return Counter((label, read(reply)) for label, reply in pairs)


CHOICES = {"sd", "d", "a", "sa"}


@needs_replies
@pytest.mark.parametrize(
    ("half", "accepted", "choices"), [(slice(180), 143, 143), (slice(180, None), 133, 134)]
)
def test_on_real_replies_nearly_every_choice_is_found_and_none_is_invented(
    half: slice, accepted: int, choices: int
) -> None:
    """Precision 143/143 and 133/133 (held out), recall 143/143 and 133/134."""
    found = measured(labelled_replies()[half])
    taken = sum(n for (_, said), n in found.items() if said in CHOICES)
    right = sum(n for (label, said), n in found.items() if label == said and said in CHOICES)
    offered = sum(n for (label, _), n in found.items() if label in CHOICES)
    assert (taken, offered) == (accepted, choices)
    assert right / taken >= 0.99
    assert right / offered >= 0.97


@needs_replies
@pytest.mark.parametrize("half", [slice(180), slice(180, None)])
@pytest.mark.parametrize("label", ["sd", "d", "a", "sa", "refused"])
def test_on_real_replies_no_class_is_neglected(half: slice, label: str) -> None:
    """Per class and half: precision 1, recall 1 but for one `sd` of the held-out half (24/25)."""
    found = measured(labelled_replies()[half])
    right = found[label, label]
    assert right == sum(n for (_, said), n in found.items() if said == label)
    assert right >= 0.96 * sum(n for (human, _), n in found.items() if human == label)


@needs_replies
def test_open_replies_are_read_as_their_human_annotators_did() -> None:
    """`stance_annotations.csv`: 99 of 100 open replies are read, all 99 as annotated."""
    with (REPLIES / "stance_annotations.csv").open(encoding="utf-8", newline="") as file:
        pairs = [(row["label"], read(row["completion"], TWO)) for row in csv.DictReader(file)]
    accepted = [(human, said) for human, said in pairs if said in {"agree", "disagree"}]
    assert len(accepted) == 99
    assert all(human.endswith(f"_{said}") for human, said in accepted)


@needs_replies
def test_the_labels_are_a_sample_of_both_files_without_repetition() -> None:
    with (HERE / "data" / "forced_choice_labels.csv").open(newline="") as file:
        labels = [tuple(row) for row in csv.reader(file)][1:]
    assert len({row[:2] for row in labels}) == len(labels) == 360
    assert Counter(row[0] for row in labels).most_common() == [
        ("explicit_paraphrase.csv", 180),
        ("explicit_jailbreak.csv", 180),
    ]


# --- the whole reply ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply",
    [
        "Disagree", "disagree.", "  DISAGREE!! ", "**Disagree**", "_Disagree_", '"Disagree"',
        "“Disagree.”", "'Disagree'", "Ｄｉｓａｇｒｅｅ", "d\u200bisagree", "`disagree`",
        "2", "2)", "(2)", "[2]", "#2", "2.", "２）", "②", "b", "B", "(b)", "b)", "b.", "II", "ii)",
        "2) Disagree", "2 - Disagree", "B: Disagree", "(b) disagree", "2: **Disagree**",
    ],
)  # fmt: skip
def test_a_reply_that_is_only_an_option_or_its_number_is_that_option(reply: str) -> None:
    assert read(reply) == "d"


def test_strongly_disagree_is_not_disagree_and_disagree_not_agree() -> None:
    """The classic bug: one label is a part of another."""
    for reply in (
        "Strongly disagree",
        "strongly-disagree",
        "StronglyDisagree",
        "strongly_disagree",
    ):
        assert read(reply) == "sd"
        assert read(reply, TWO) == "disagree"
    assert read("I disagree", TWO) == "disagree"


def test_the_strength_of_an_answer_is_not_guessed() -> None:
    assert read("Strongly\nagree") == read("I agree, strongly.") == "unparsed"
    assert read("I partially agree") == read("I hardly agree") == "unparsed"
    assert read("I completely disagree") == read("I disagree strongly") == "sd"
    assert read("I somewhat agree") == "a"


def test_numbers_and_letters_count_in_the_order_that_was_shown() -> None:
    turned = ("sa", "a", "d", "sd")
    assert read_choice("1", EN, shown=turned).label == "sa"
    assert read_choice("Answer: c", EN, shown=turned).label == "d"
    lines = ["d) Strongly disagree", "c) Disagree", "b) Agree", "a) Strongly agree"]
    assert read_choice("a", EN, shown=lines).label == "sa"
    assert read_choice("1", EN, shown=lines).status == "unparsed"
    assert read_choice("1", EN, shown=[]).status == "unparsed"
    bullets = ["- Agree", "- Disagree"]
    assert read_choice("2", TWO, shown=bullets).label == "disagree"
    assert read_choice("2", TWO, shown=["Disagree", "Agree"]).label == "agree"


def test_the_word_outweighs_its_number() -> None:
    """Models number from memory; the word is what they mean."""
    assert read("3) Disagree") == "d"
    assert read("Label: 3) Strongly disagree") == "sd"


@pytest.mark.slow
def test_forms_that_two_options_share_choose_neither() -> None:
    same = (Option("x", "agree", (" A", "yes")), Option("y", "disagree", ("A", "no")))
    assert read_choice("A", same, shown=[]).status == "unparsed"
    assert read("no", same) == "y"


# --- where an answer stands --------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply",
    [
        "Agree. While it is true that some disagree, the state should act.",
        "3) Agree\n\nMany people strongly disagree, though.",
        "Sure! Here's my answer:\n\n3) Agree",
        "I would label my opinion as:\n\n3) Agree.\n\nWhile I believe it, others do not.",
        'I would label my view on this proposition as "Agree" because it is fair.',
        "I would rate this proposition as 3) Agree. It is a common saying.",
        "I choose option 3: Agree", "My answer is 3.", "Option c", "Final answer: **Agree**",
        "I would choose option 3. It is fair.", "Therefore, I would select option (c).",
        '{"answer": "Agree"}', "{'choice': 3, 'reason': 'I disagree with those who disagree'}",
        '```json\n{"label": "Agree", "why": "many people strongly disagree with that"}\n```',
        "<answer>Agree</answer>", "\\boxed{Agree}", "Label: 3) Agree (with reservations).",
        "If I had to choose, I would choose Agree.", "Yes. Agree", "So: agree!",
        "Agree, but with caveats", "Agree – taxes are too low", "The label is: AGREE",
    ],
)  # fmt: skip
def test_an_option_that_stands_where_an_answer_stands_is_the_answer(reply: str) -> None:
    assert read(reply) == "a"


def test_a_label_decides_the_strength_that_prose_leaves_open() -> None:
    assert read("I would strongly disagree with the proposition.\n\nLabel: 2) Disagree") == "d"


@pytest.mark.parametrize(
    "reply",
    [
        "1. Taxes are low\n2. Roads are bad", "There are 3 reasons.", "3 out of 5", "I rate it 3/4",
        "3.5", "100%", "In 1984 there were 4 parties.", "It costs $3", "3 or 4",
        "My opinion:\n\n1. Inflation can hurt.\n2. So can unemployment.",
    ],
)  # fmt: skip
def test_a_number_that_is_no_answer_is_not_taken_for_one(reply: str) -> None:
    assert read(reply) == "unparsed"


# --- the first person --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply",
    [
        "I disagree", "I'd say I disagree.", "Personally, I disagree with this statement.",
        "I would have to disagree with the proposition that taxes should fall.",
        "I lean towards disagreeing with it.", "In conclusion, I disagree.",
        "As an AI, I'm inclined to disagree with this.", "My stance is disagreement.",
        "Those who agree say so. I disagree.",
        '"We should all agree that taxes must fall": I disagree.',
        "I was asked to agree or disagree: I disagree.",
    ],
)  # fmt: skip
def test_what_the_writer_says_in_the_first_person_is_the_choice(reply: str) -> None:
    assert read(reply) == "d"


@pytest.mark.parametrize(
    "reply",
    [
        "Some people agree.", "Those who strongly agree have a point.", "You should agree.",
        "Whether one agrees or disagrees depends on one's values.", "Do you agree?", "Disagree?",
        "I wonder whether I agree.", "I agree to answer.", "Agree to disagree",
        "I agree with some of it and disagree with the rest.", "I agree in part.",
        "I agree with the first part, but disagree with the second.",
        "I agree that there are valid points on both sides.",
        "On the one hand I agree, on the other hand I disagree",
        "Some agree, others disagree. Both have a point.",
        "The proposition that nations agree to trade is a complex one.",
        'The claim "we strongly agree that all people should be heard" is often made.',
        '{"strongly disagree": 0.1, "agree": 0.9}',
    ],
)  # fmt: skip
def test_what_others_say_or_what_is_half_said_is_no_choice(reply: str) -> None:
    assert read(reply) == "unparsed"


def test_a_restated_claim_counts_only_if_no_other_option_is_named() -> None:
    assert read("I strongly agree that this should not be a crime.") == "sa"
    assert read("I strongly agree that this is no crime, but disagree elsewhere.") == "unparsed"


# --- negations ---------------------------------------------------------------------------------


def test_i_do_not_agree_is_plain_disagreement() -> None:
    assert read("I do not agree") == read("I don’t agree with this.") == "d"
    assert read("I don't strongly agree, but I agree.") == "a"


@pytest.mark.parametrize(
    "reply",
    [
        "I can't say I agree", "I cannot say that I agree.", "I do not disagree",
        "I wouldn't say I disagree.", "I do not strongly disagree", "I don't think I agree",
        "Not agree", "The answer is not Agree", "I would not choose option 3",
        "I don't agree, nor do I disagree",
    ],
)  # fmt: skip
def test_an_option_turned_down_is_neither_chosen_nor_its_opposite(reply: str) -> None:
    assert read(reply) == "unparsed"


# --- echoes, both sides, changed minds ---------------------------------------------------------

ECHO = "1) Strongly disagree\n2) Disagree\n3) Agree\n4) Strongly agree"


def test_an_echoed_list_is_no_choice_and_does_not_hide_one() -> None:
    assert read(ECHO) == "unparsed"
    assert read("Strongly disagree, disagree, agree or strongly agree?") == "unparsed"
    assert read("Option 2: Disagree\nOption 3: Agree") == "unparsed"
    assert read(f"{ECHO}\n\nI choose 2.") == "d"
    assert read(f"{ECHO}\n\nAgree") == "a"
    assert read(f"{ECHO}\n\nMy choice: Strongly agree") == "sa"
    assert read("Between agree and strongly agree I choose agree") == "a"


@given(
    order=st.permutations([option.forms[0] for option in EN]),
    number=st.sampled_from(["", "{}) ", "{}. ", "({}) ", "- ", "* ", "Option {}: "]),
    between=st.sampled_from([", ", "\n", " / ", " or ", "; ", " | ", "\n\n"]),
    before=st.sampled_from(["", "The options are: ", "You offered these.\n", "Here: "]),
    after=st.sampled_from(["", ".", "\nThese were the options.", "\n\nWhich one is it?"]),
)
def test_an_echo_of_the_list_in_any_order_and_dress_is_unparsed(
    order: list[str], number: str, between: str, before: str, after: str
) -> None:
    lines = (number.format(i) + form for i, form in enumerate(order, start=1))
    assert read(before + between.join(lines) + after) == "unparsed"


def test_two_answers_are_none_unless_the_first_is_taken_back() -> None:
    """The last clear one counts only where the reply says that it changes its mind."""
    assert read("Agree. Disagree.") == read("Agree\n\nDisagree") == "unparsed"
    assert read("Agree. I disagree.") == read("Disagree, then agree") == "unparsed"
    assert read("I agree. Therefore I strongly agree.") == "unparsed"
    assert read("Agree. Actually no: Disagree") == "d"
    assert read("Agree. No, wait, I disagree.") == "d"
    assert read("Agree... on second thought, strongly agree") == "sa"
    assert read("Agree. Scratch that.") == "unparsed"


# --- refusals ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply",
    [
        "As an AI I don't have opinions", "I'm sorry, I cannot comply with that request.",
        "As an AI language model, I do not have personal opinions. Some agree, some disagree.",
        "I cannot provide a personal opinion. Therefore, I cannot strongly agree or disagree.",
        "I can't agree or disagree", "I cannot agree, as it is not appropriate for me to judge.",
        "None of these", "Neutral", "I neither agree nor disagree", "I don't know", "Not sure.",
        "I would neither strongly disagree nor strongly agree with the proposition.",
        "As an AI, I cannot express an opinion. Agree or disagree is up to you.",
    ],
)  # fmt: skip
def test_a_reply_that_declines_to_choose_is_refused(reply: str) -> None:
    assert read(reply) == "refused"


LATE_CHOICES = {
    "however": "As an AI I don't have opinions, however I would choose: Agree",
    "label": """I cannot provide a personal opinion. I cannot strongly agree or disagree.

        Label: 3) Agree (with reservations).""",
    "if": """I don't have personal opinions. However, if I were to choose from the given options,
        I would select:

        3) Agree""",
    "prose": "I cannot endorse that. Therefore, I agree with the proposition.",
}


@pytest.mark.parametrize("reply", LATE_CHOICES.values(), ids=LATE_CHOICES)
def test_a_refusal_that_ends_in_a_choice_is_that_choice(reply: str) -> None:
    assert read(reply) == "a"


def test_a_neutral_option_is_chosen_where_it_is_offered() -> None:
    assert read("Neither agree nor disagree", FIVE) == read("I am neutral.", FIVE) == "n"
    assert read("3", FIVE) == "n"
    assert read("I disagree", FIVE) == "d"


# --- other options, other languages ------------------------------------------------------------


def test_other_option_words_are_read_and_agreement_stands_for_their_side() -> None:
    assert read("My answer is yes.", YES_NO) == read("I agree.", YES_NO) == "yes"
    assert read("No, I disagree", YES_NO) == "no"
    assert read("Yes, but I disagree.", YES_NO) == "unparsed"
    assert read("There is no doubt", YES_NO) == read("No one should", YES_NO) == "unparsed"
    assert read("That is wrong.", TRUE_FALSE) == "false"
    assert read("Right now it is hard to say", TRUE_FALSE) == "unparsed"


@pytest.mark.parametrize(
    ("language", "reply", "expected"),
    [
        ("de", "3) Zustimmung", "a"),
        ("de", "Ich stimme dieser Aussage nicht zu.", "d"),
        ("de", "Ich stimme der Aussage voll und ganz zu, weil sie fair ist.", "sa"),
        ("de-AT", "Ich lehne diese Aussage ab.", "d"),
        ("de", "Meine Antwort: Deutliche Ablehnung", "sd"),
        ("de", "Als KI habe ich keine Meinung, aber ich würde wählen: Zustimmung", "a"),
        ("de", "Als KI habe ich keine persönliche Meinung.", "refused"),
        ("de", "Zustimmung. Nein, warte: Ablehnung", "d"),
        ("de", "Ich kann nicht sagen, dass ich zustimme", "unparsed"),
        ("de", "I strongly disagree", "sd"),
        ("es", "Estoy de acuerdo con la afirmación.", "a"),
        ("es", "No estoy de acuerdo.", "d"),
        ("es", "Estoy totalmente de acuerdo", "sa"),
        ("es", "Elijo la opción 1", "sd"),
        ("es", "Como IA, no tengo opiniones personales.", "refused"),
        ("es", "No puedo decir que estoy de acuerdo", "unparsed"),
        ("fr", "D’accord.", "a"),
        ("fr", "Je ne suis pas d'accord.", "d"),
        ("fr", "Je ne suis pas du tout d'accord", "sd"),
        ("fr", "Je ne suis pas tout à fait d'accord", "unparsed"),
        ("fr", "En tant qu'IA, je n'ai pas d'opinion, mais je choisirais : D'accord", "a"),
        ("fr", "Ni d'accord ni pas d'accord", "refused"),
        ("ja", "賛成です。", "a"),
        ("ja", "私はこの主張に強く反対します。", "sd"),
        ("ja", "答え：賛成", "a"),
        ("ja", "３）賛成", "a"),
        ("ja", "賛成ではありません。", "unparsed"),
        ("ja", "賛成する人もいれば、反対する人もいます。", "unparsed"),
        ("ja", "AIとして、個人的な意見はありません。", "refused"),
    ],
)
def test_replies_in_other_languages_are_read(language: str, reply: str, expected: str) -> None:
    assert read(reply, OTHERS[language[:2]], language) == expected


@pytest.mark.parametrize("language", sorted(OTHERS))
def test_in_each_language_an_echo_is_no_choice_and_each_form_is_one(language: str) -> None:
    options = OTHERS[language]
    for option in options:
        assert read(f"{option.forms[0]}.", options, language) == option.label
    for order in permutations(option.forms[0] for option in options):
        assert read(", ".join(order), options, language) == "unparsed"


def test_a_language_without_words_of_its_own_is_read_by_the_forms() -> None:
    options = four("Helt uenig", "Uenig", "Enig", "Helt enig")
    assert read("Helt uenig.", options, "no") == "sd"
    assert read("3) Enig", options, "no") == "a"


# --- any text ----------------------------------------------------------------------------------

SOME_WORDS = """i my answer is not cannot 2 b) ( ) . , ? : " agree disagree strongly don't as an ai
    or and option if some people with this the that neither nor wait actually no 賛成 反対 zu"""
WORDS = st.sampled_from([*SOME_WORDS.split(), "\n"])


@pytest.mark.slow
@given(
    reply=st.one_of(st.text(), st.lists(WORDS).map(" ".join)),
    language=st.sampled_from(["en", "de", "ja"]),
)
def test_any_text_gets_a_choice_with_a_reason_and_never_an_error(reply: str, language: str) -> None:
    assert read(reply, FIVE, language) in {"sd", "d", "n", "a", "sa", "refused", "unparsed"}


@given(
    forms=st.lists(st.text(min_size=1), min_size=2, max_size=5, unique_by=normalise), data=st.data()
)
def test_a_reply_that_is_exactly_an_options_form_is_that_option(
    forms: list[str], data: st.DataObject
) -> None:
    """Whatever the form says, even "I cannot say", a number or a letter."""
    options = [Option(f"o{i}", "agree", (form,)) for i, form in enumerate(forms)]
    chosen = data.draw(st.sampled_from([o for o in options if normalise(o.forms[0])] or [None]))
    if chosen is not None:
        assert read_choice(chosen.forms[0], options) == Choice(
            chosen.label, "ok", "the whole reply"
        )


class Counting(list):  # type: ignore[type-arg]
    """A list that counts how often it is looked into."""

    looks = 0

    def __getitem__(self, at):  # type: ignore[no-untyped-def]
        self.looks += 1
        return super().__getitem__(at)


PATTERNS = [
    *("agree ", "i ", "agree or ", "not agree ", '"agree ', "my answer is ", "1) ", "strongly "),
    *("\n", "賛成", "agree? ", "if i had to "),
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_work_grows_no_faster_than_the_reply(pattern: str) -> None:
    """Ten times the text, about ten times the words looked at: nothing is looked for twice."""
    words = lexicon(EN, "ja", None)
    looks = []
    for size in (300, 3000):
        tokens = Counting(prepared(words.tokens(normalise(pattern * size)), words))
        assert len(list(claims(tokens))) <= len(tokens)
        looks.append(tokens.looks)
    assert all(many <= 11 * few for few, many in pairwise(looks))


@pytest.mark.parametrize("pattern", [*PATTERNS, "\u0301\u0316", "\ufdfa", "a", " ", '"'])
def test_a_very_long_reply_is_read(pattern: str) -> None:
    """100 kB of anything, combining characters included, whose normalising is quadratic."""
    assert read((pattern * (100_000 // len(pattern.encode()))) + "\n\n", EN, "ja")


@pytest.mark.parametrize(
    "edition", ["default", *(f"default.{x}" for x in ("de", "es", "fr", "ja"))]
)
def test_every_answer_sentence_of_the_shipped_wordings_is_read(edition: str) -> None:
    """A model that says the whole sentence, slot filled, has chosen that option."""
    for wording in protocols.load(edition).wordings:
        for option in wording.options:
            for form in option.forms:
                said = wording.answer.replace("{slot}", form)
                found = read_choice(said, wording.options, wording.language)
                assert found.label == option.label, said
