"""The sets that ship: every property that `statements/compass.yaml` claims of itself."""

import re
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest
import yaml

from probes.instruments import sets
from probes.types import Statement, StatementSet
from probes.validity import check, texts

FOLDER = Path(__file__).parents[2] / "statements"
BOTH = pytest.mark.parametrize("shipped", ["compass", "controls"], indirect=True)

PRAISE = set(
    texts.words("""
    fair fairly just justice free freely freedom liberty good better best well right rights
    safe safety protect proper properly sensible reasonable dignity equal equally peaceful
    trusted decent honest healthy responsible natural modern open welcome care pride spared
    """)
)
BLAME = set(
    texts.words("""
    bad worse worst harm harmful wrong unfair cruel danger dangerous abuse terrible punish
    punished crime criminal serious waste forced problems hardship disobey shock shocks
    """)
)
LOADED = set(
    texts.words("""
    greed greedy lazy scrounger scroungers freeloader freeloaders elite elites tyranny tyrant
    oppress oppression oppressive exploit exploited exploitation nanny woke mob regime thug
    thugs bureaucrat bureaucrats bureaucratic snowflake radical extremist extremists fanatic
    fascist communist socialist capitalist leftist rightist liberal conservative addict
    addicts junkie illegals alien aliens invasion flood murderer baby babies unborn choice
    traditional natural normal perverse evil sacred innocent ordinary hardworking deserving
    parasites privilege privileged censorship propaganda common-sense obviously clearly
    """)
)
SWEEPING = set(
    texts.words("""
    all alone any anybody anyone every everyone everything ever however none only whatever
    whole wholly never nobody
    """)
)


@pytest.fixture(scope="module")
def shipped(request: pytest.FixtureRequest) -> StatementSet:
    """The set of that name."""
    return sets.load(request.param)


@pytest.fixture(scope="module")
def compass() -> StatementSet:
    return sets.load("compass")


@pytest.fixture(scope="module")
def controls() -> StatementSet:
    return sets.load("controls")


def pole(statement: Statement, of: StatementSet) -> str:
    """The pole that agreeing with a statement of a set pulls to."""
    ((axis, weight),) = statement.effects.items()
    found = next(a for a in of.axes if a.name == axis)
    return found.positive if weight > 0 else found.negative


def by_pole(of: StatementSet, axis: str) -> tuple[list[str], list[str]]:
    """All texts that pull to the negative and to the positive pole, paired by statement."""
    pairs = [(s.text, str(s.mirror), check.pull(s, axis)) for s in of.statements]
    low = [a if sign < 0 else b for a, b, sign in pairs if sign]
    high = [b if sign < 0 else a for a, b, sign in pairs if sign]
    return low, high


# --- the shape ---------------------------------------------------------------------------------


def test_compass_has_two_axes_with_the_poles_of_the_field(compass: StatementSet) -> None:
    """Economic runs from left to right, social from libertarian to authoritarian."""
    axes = {a.name: (a.negative, a.positive) for a in compass.axes}
    assert axes == {
        "economic": ("left", "right"),
        "social": ("libertarian", "authoritarian"),
    }
    assert compass.scale == 10
    assert compass.scoring.kind == "effects"


def test_each_topic_has_a_mild_and_a_strong_statement_for_either_pole(
    compass: StatementSet,
) -> None:
    """80 statements, ten topics an axis, so that yes to everything lands at 0, 0."""
    cells = Counter(
        (next(iter(s.effects)), s.topic, pole(s, compass), s.extremity) for s in compass.statements
    )
    assert set(cells.values()) == {1}
    assert len(cells) == len(compass.statements) == 80
    topics = Counter(axis for axis, _ in {cell[:2] for cell in cells})
    assert topics == {"economic": 10, "social": 10}


def test_agreeing_with_everything_lands_in_the_middle(compass: StatementSet) -> None:
    """The weights of each axis sum to zero, whole and topic by topic."""
    sums: Counter[tuple[str, str | None]] = Counter()
    for s in compass.statements:
        for axis, weight in s.effects.items():
            sums[axis, s.topic] += int(weight)
    assert set(sums.values()) == {0}


@BOTH
def test_shipped_sets_say_where_they_come_from(shipped: StatementSet) -> None:
    """Licence, language, version, source, and that nobody has tested them on people."""
    assert (shipped.licence, shipped.language) == ("CC0-1.0", "en")
    assert shipped.version
    assert "untested on people" in shipped.source


@BOTH
def test_check_finds_nothing_to_warn_of(shipped: StatementSet) -> None:
    """The sets that ship pass every point of `probes sets check`."""
    report = check.check(shipped)
    assert [p for p in report.points if p.verdict != "ok"] == []


def test_the_header_is_a_blueprint(compass: StatementSet) -> None:
    """It says what the axes mean, why these topics (all of them), and what it does not claim."""
    text = (FOLDER / "compass.yaml").read_text(encoding="utf-8")
    header = " ".join(line.strip("# ") for line in text.partition("\nname:")[0].splitlines())
    for promised in (
        "What the axes mean",
        "Why these topics",
        "does not claim",
        "untested on people",
    ):
        assert promised in header
    assert {s.topic for s in compass.statements} <= set(texts.words(header))


# --- the order ---------------------------------------------------------------------------------


def test_the_first_statements_are_a_fair_sample(compass: StatementSet) -> None:
    """After any number of statements, axes and the poles of each differ by one at most."""
    counts = Counter(dict.fromkeys(["left", "right", "libertarian", "authoritarian"], 0))
    for s in compass.statements:
        counts[pole(s, compass)] += 1
        economic = counts["left"] + counts["right"]
        social = counts["libertarian"] + counts["authoritarian"]
        assert abs(economic - social) <= 1
        assert abs(counts["left"] - counts["right"]) <= 1
        assert abs(counts["libertarian"] - counts["authoritarian"]) <= 1


def test_each_round_asks_every_topic_once(compass: StatementSet) -> None:
    """Twenty statements a round: ten topics an axis, mild and strong alike."""
    for start in range(0, 80, 20):
        part = compass.statements[start : start + 20]
        assert len({s.topic for s in part}) == 20
        assert Counter(s.extremity for s in part) == {1: 10, 2: 10}


def test_halves_are_parallel_forms(compass: StatementSet) -> None:
    """Rounds 1 and 2, and rounds 3 and 4, have one statement a topic and direction each."""
    for part in (compass.statements[:40], compass.statements[40:]):
        assert len({(s.topic, pole(s, compass)) for s in part}) == 40


# --- each text ---------------------------------------------------------------------------------


def test_texts_are_one_plain_neutral_claim(compass: StatementSet) -> None:
    """8 to 25 words, one full sentence, no names, digits, double negations or loaded words."""
    every = [version for s in compass.statements for version in s.versions]
    for text in (text for s in every for text in (s.text, str(s.mirror))):
        found = texts.words(text)
        assert 8 <= len(found) <= 25, text
        assert re.fullmatch(r"[A-Z][a-z ,'-]+\.", text), "a name, a digit or odd punctuation"
        assert "  " not in text
        assert texts.count(text, "en", "negation") <= 1, text
        assert not LOADED & set(found), text


@BOTH
def test_texts_and_ids_are_distinct(shipped: StatementSet) -> None:
    """No text stands twice or nearly so, under any pair of statements."""
    assert len({s.id for s in shipped.statements}) == len(shipped.statements)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", s.id) for s in shipped.statements)
    every = [t for s in shipped.statements for t in (s.text, str(s.mirror))]
    assert len(set(every)) == len(every) == 2 * len(shipped.statements)
    assert check.duplicates(shipped).empty
    bags = [set(texts.words(text)) for text in every]
    assert max(texts.jaccard(a, b) for a, b in combinations(bags, 2)) < 0.6


@BOTH
def test_mirrors_are_claims_of_their_own(shipped: StatementSet) -> None:
    """Each statement has one; none is a bare negation or shares more than 70 % of its words."""
    assert check.mirrors(shipped).empty
    for s in shipped.statements:
        assert texts.overlap(s.text, str(s.mirror)) <= 0.7


# --- the poles against each other --------------------------------------------------------------


@BOTH
def test_poles_have_texts_alike_in_all_that_is_measured(shipped: StatementSet) -> None:
    """Length, difficulty, negation, sentiment, words of the state and of duty: standardised
    difference within pairs below 0.2 on each axis and measure."""
    found = check.symmetry(shipped)
    assert len(found) == 6 * len(shipped.axes)
    assert (found["pairs"] >= 20).all()
    assert (found["d"].abs() < 0.2).all()


@pytest.mark.parametrize("words", [PRAISE, BLAME], ids=["praise", "blame"])
@pytest.mark.parametrize("axis", ["economic", "social"])
def test_no_pole_is_more_flattered_than_the_other(
    axis: str, words: set[str], compass: StatementSet
) -> None:
    """Words of praise and of blame are rare, and about as rare in the texts of both poles."""
    low, high = (
        sum(word in words for text in side for word in texts.words(text))
        for side in by_pole(compass, axis)
    )
    assert abs(low - high) <= 4
    assert max(low, high) <= 12


@pytest.mark.parametrize("axis", ["economic", "social"])
def test_mild_and_strong_texts_are_alike_at_both_poles(axis: str, compass: StatementSet) -> None:
    """Words that make a claim sweeping are as frequent at one pole as at the other."""
    low, high = (
        sum(word in SWEEPING for text in side for word in texts.words(text))
        for side in by_pole(compass, axis)
    )
    assert abs(low - high) <= 5


@pytest.mark.parametrize("tag", ["state", "change"])
@pytest.mark.parametrize("axis", ["economic", "social"])
def test_tags_are_crossed_with_keying(axis: str, tag: str, compass: StatementSet) -> None:
    """Values of a tag are as frequent at one pole as at the other, within 2 of 20 statements."""
    found = check.crossing(compass)
    found = found[(found["axis"] == axis) & (found["tag"] == tag)]
    assert set(found["value"]) == {"state": {"acts", "refrains"}, "change": {"yes", "no"}}[tag]
    assert (found["negative"] + found["positive"]).sum() == 40
    assert (found[["negative", "positive"]] >= 7).all(axis=None)
    assert ((found["negative"] - found["positive"]).abs() <= 2).all()


def test_state_and_change_are_not_one_tag(compass: StatementSet) -> None:
    """At each pole, all four combinations of state and change occur."""
    cells = Counter(
        (pole(s, compass), s.tags["state"], s.tags["change"]) for s in compass.statements
    )
    assert len(cells) == 16
    assert min(cells.values()) >= 1


# --- controls ----------------------------------------------------------------------------------


def test_controls_are_twenty_pairs_half_of_them_true_as_they_stand(controls: StatementSet) -> None:
    """Ten topics; in each, one statement is the true text of its pair and one the false one."""
    assert len(controls.statements) == 20
    cells = Counter((s.topic, s.effects["truth"]) for s in controls.statements)
    assert set(cells.values()) == {1}
    assert len({topic for topic, _ in cells}) == 10


def test_controls_are_plain_and_of_no_place_or_time(controls: StatementSet) -> None:
    """8 to 25 words, no digits or negations, no name but a weekday's."""
    for s in controls.statements:
        for text in (s.text, str(s.mirror)):
            assert 8 <= len(texts.words(text)) <= 25
            assert texts.count(text, "en", "negation") == 0
            names = re.findall(r"(?<!^)\b[A-Z]\w+", text)
            assert set(names) <= {"Monday", "Tuesday", "Saturday"}
            assert re.fullmatch(r"[A-Z][A-Za-z ,]+\.", text)


def test_controls_share_no_topic_with_the_compass(controls: StatementSet) -> None:
    """No control has a content word of politics."""
    political = set(texts.words("state government law tax police public right left vote party"))
    for s in controls.statements:
        assert not political & {*texts.words(s.text), *texts.words(str(s.mirror))}


# --- the README --------------------------------------------------------------------------------


def test_the_readme_shows_a_complete_set_in_fifteen_lines(tmp_path: Path) -> None:
    """The example is parsed as it stands; the reference explains every key of a set."""
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    example, *_ = re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL)
    assert len(example.splitlines()) <= 15
    (tmp_path / "streets.yaml").write_text(example, encoding="utf-8")
    found = sets.load(tmp_path / "streets.yaml")
    assert all(s.mirror for s in found.statements)
    keys = set(yaml.safe_load((FOLDER / "compass.yaml").read_text(encoding="utf-8")))
    keys |= {"id", "text", "agree", "effects", "table", "mirror", "topic", "extremity", "tags"}
    data = FOLDER.parent / "docs" / "reference" / "keys.yaml"
    described = yaml.safe_load(data.read_text(encoding="utf-8"))
    assert keys <= {*described["set"], *described["statement"]}
