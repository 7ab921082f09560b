"""The page as people have it: in a real browser, from disk, with the network off."""

import csv
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from scipy import special

from probes.people.answers import PeopleAnswers, read_answers
from probes.people.keys import axis_keys, keyed
from probes.people.positions import people_positions
from probes.people.rows import PeopleColumns
from probes.placement.axis import grouping
from probes.placement.interval import interval
from probes.questionnaire.content import Questionnaire
from tests import browser as browsers
from tests.questionnaire.conftest import Make
from tests.run_folders import MARKUP, instrument

pytestmark = pytest.mark.xdist_group("browser")
DRAWS = "JSON.stringify(Array.from({length: 400}, () => drawn(core)))"
Call = Callable[..., tuple[int, str, str]]
PHONE = {"width": 390, "height": 844}
FEW = instrument(axes=2, statements=6)
ASKED = {
    "questions": [
        {"id": "age", "kind": "number", "text": "Age", "least": 16, "most": 120},
        {"id": "remark", "kind": "text", "text": "Anything else?"},
    ]
}


@pytest.fixture(scope="module")
def compass(made: Make) -> tuple[Path, Questionnaire]:
    """`compass` in German and Japanese, with all that a page can have."""
    return made(
        "compass",
        languages="de,ja",
        feedback=True,
        timings=True,
        place=True,
        party="SPD,CDU",
        questions=ASKED,
    )


@pytest.fixture
def page(browser: Browser, compass: tuple[Path, Questionnaire]) -> Iterator[Page]:
    """That page; it may ask nothing elsewhere and complain of nothing."""
    with browsers.page(browser, offline=True, viewport=PHONE) as opened:
        opened.goto(compass[0].as_uri())
        yield opened


def begin(page: Page, language: str = "") -> None:
    if language:
        page.locator("#language").select_option(language)
    page.locator("#consent").check()
    page.locator("button.main").click()


def fill(page: Page, seed: int) -> None:
    """Press an answer, or "no answer", on every screen with a statement."""
    page.evaluate(
        """(seed) => {
          for (let i = 1; document.documentElement.dataset.screen === "statement"; i += 1) {
            const buttons = document.querySelectorAll(".answers button");
            buttons[(i * i + seed * i + Math.floor(i / 7)) % buttons.length].click();
          }
        }""",
        seed,
    )


def saved(page: Page, folder: Path) -> Path:
    with page.expect_download() as waiting:
        page.locator("#save").click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def estimates(page: Page) -> list[dict[str, float | None]]:
    found: list[dict[str, float | None]] = page.evaluate(
        "core.feedback.map((axis) => estimate(axis, answersGiven()))"
    )
    return found


@pytest.mark.slow
def test_what_two_people_save_is_read_as_it_is_and_placed_where_they_were_shown(
    page: Page, compass: tuple[Path, Questionnaire], tmp_path: Path
) -> None:
    """In two languages; position as `people_positions` has it, to 1e-9."""
    paths, shown = [], []
    for seed, language in ((3, "de"), (5, "ja")):
        page.goto(compass[0].as_uri())
        begin(page, language)
        fill(page, seed)
        page.get_by_label("3", exact=True).check()
        page.locator("#q-party").select_option("CDU")
        page.locator("#q-age").fill("44")
        page.locator("button.main").click()
        paths.append(saved(page, tmp_path))
        shown.append([axis["position"] for axis in estimates(page)])
    of = compass[1].first
    columns = PeopleColumns(group="party", language="language")
    answers = read_answers(paths, of, columns)
    assert list(answers.language) == ["de", "ja"]
    assert answers.groups == ("CDU",)
    assert answers.mirrors is not None
    positions = people_positions(of, answers)["position"].to_numpy().reshape(2, 2)
    assert np.isfinite(positions).all()
    np.testing.assert_allclose(np.array(shown, float), positions, rtol=0, atol=1e-9)
    rows = table(paths[0])
    assert [row["order"] for row in rows] == [str(n + 1) for n in range(80)]
    assert {row["place"] for row in rows} == {"3"}
    assert {row["age"] for row in rows} == {"44"}
    assert {row["status"] for row in rows} == {"answered", "no answer"}
    assert all((row["answer"] == "") == (row["status"] == "no answer") for row in rows)
    assert all(float(row["seconds"]) >= 0 for row in rows)


@pytest.mark.slow
def test_sets_validate_takes_what_eight_people_saved(
    browser: Browser, made: Make, command: Call, tmp_path: Path
) -> None:
    """Without a word about columns or what answers count."""
    path, _ = made(FEW, party="SPD,CDU")
    with browsers.page(browser, offline=True) as opened:
        for seed in range(8):
            opened.goto(path.as_uri())
            begin(opened)
            fill(opened, seed)
            opened.locator("#q-party").select_option("CDU" if seed % 2 else "SPD")
            opened.locator("button.main").click()
            saved(opened, tmp_path)
    paths = map(str, tmp_path.glob("*.csv"))
    name = str(path.with_name("made.yaml"))
    found = command("sets", "validate", name, *paths, "--group", "party", "--json", "-")
    assert found[0] == 0, found[2]
    assert {"CDU", "SPD"} <= set(re.findall("CDU|SPD", found[1]))


POINTS = ([7, 5, 0, -2], [-8, -6, 0, 2], [6, 4, 0, -1], [-7, -5, 0, 3], [2, 1, -1, -2])


def instruments() -> list[dict[str, object]]:
    """Sets that an estimator could go wrong on: topics or none, weights, both axes, table keys."""
    untold = instrument(axes=1, statements=7)
    for number, statement in enumerate(untold["statements"]):
        statement.update(topic=None, effects={"a": (-1) ** number * (0.3 + number)})
        if number % 2:
            statement.pop("mirror")
    both = instrument(axes=2, statements=9)
    for number, statement in enumerate(both["statements"]):
        statement["effects"] = {"a": 1 + number % 3, "b": -2 if number % 2 else 0.7}
    points = instrument(axes=2, statements=9)
    points["scoring"] = {
        "kind": "table",
        "constant": {"a": 3, "b": 47},
        "divisor": {"a": 8, "b": 19.5},
    }
    for number, statement in enumerate(points["statements"]):
        statement["table"] = dict.fromkeys(statement.pop("effects"), POINTS[number % 5])
    return [FEW, untold, both, points]


@pytest.mark.slow
@pytest.mark.parametrize("number", range(4))
def test_the_page_has_the_estimator_and_the_interval_of_the_package(
    browser: Browser, made: Make, number: int
) -> None:
    """200 answer sheets, some nearly empty, some all one way: within 1e-9."""
    path, questionnaire = made(instruments()[number], feedback=True, sides="both")
    of, options = questionnaire.first, list(questionnaire.answers.values())
    draw = np.random.default_rng(number)
    chosen = draw.integers(0, len(options), (200, 2, len(of.statements)))
    chosen[:40] = np.where(draw.random(chosen[:40].shape) < 0.9, len(options) - 1, 0)
    chosen[draw.random(chosen.shape) < draw.random((200, 1, 1))] = -1
    chosen[:, 1, [not s.mirror for s in of.statements]] = -1
    with browsers.page(browser, offline=True) as opened:
        opened.goto(path.as_uri())
        found = opened.evaluate(
            """(sheets) => sheets.map((sheet) => core.feedback.map((axis) => {
              const given = new Map();
              sheet.forEach((side, mirror) => side.forEach((answer, n) => {
                if (answer >= 0) given.set(n, [...(given.get(n) ?? []), [answer, mirror === 1]]);
              }));
              const at = estimate(axis, given);
              return [at.position, at.low, at.high];
            }))""",
            chosen.tolist(),
        )
    expected = placed(questionnaire, chosen, np.array([*options, np.nan]))
    measured = np.array(found, dtype=np.float64)
    assert np.isfinite(expected).mean() > 0.3
    np.testing.assert_allclose(measured, expected, rtol=0, atol=1e-9)


def placed(questionnaire: Questionnaire, chosen: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """``(people, axes, 3)``: position by `people_positions`, and `interval` of the same answers."""
    of, people = questionnaire.first, len(chosen)
    values = counts[chosen].astype(np.float32)
    blank = np.full(people, "", dtype=np.object_)
    answers = PeopleAnswers(
        person=np.arange(people).astype(np.object_),
        group=blank,
        weight=np.ones(people),
        matrix=values[:, 0],
        statements=tuple(s.id for s in of.statements),
        options={},
        mirrors=values[:, 1],
    )
    keys = axis_keys(of)
    rows = people_positions(of, answers)["position"].to_numpy().reshape(people, len(keys))
    made = np.full((people, len(keys), 3), np.nan)
    made[..., 0] = rows
    for n, key in enumerate(keys):
        on_axis = keyed(key, answers)
        assert on_axis.mirror is not None
        pair = np.array([on_axis.statement, on_axis.mirror], dtype=np.float64)
        count = np.isfinite(pair).sum(axis=0)
        z = np.where(count > 0, np.nansum(pair, axis=0) / np.maximum(count, 1), np.nan)
        for person in np.flatnonzero(np.isfinite(rows[:, n])):
            there = np.isfinite(z[person])
            statements = tuple(s for s, yes in zip(key.statements, there, strict=True) if yes)
            units, _ = grouping(Statements(statements))  # type: ignore[arg-type]
            if len(set(units)) < 2:
                continue
            ends = interval(z[person][there][:, None], key.weight[there], units)[:2]
            low, high = (key.offset + key.scale * float(end) for end in ends)
            at = made[person, n, 0]
            made[person, n, 1:] = min(low, at), max(high, at)
    return made


class Statements:
    """What `grouping` asks of cells."""

    def __init__(self, statements: tuple[object, ...]) -> None:
        self.statements = statements


def test_students_t_of_the_page_is_that_of_scipy(page: Page) -> None:
    degrees = [1, 1.5, 2, 3.3, 7, 19, 39.7, 250, 5000]
    found = page.evaluate("(list) => list.map(tQuantile)", degrees)
    np.testing.assert_allclose(found, special.stdtrit(degrees, 0.975), rtol=1e-10)


@pytest.mark.slow
def test_one_text_of_each_pair_is_drawn_and_yes_saying_cancels(page: Page) -> None:
    """Of 400 people: each text is asked of about a half, in any place; for each person as many
    texts pull one way along an axis as the other."""
    draws = json.loads(page.evaluate(DRAWS))
    pulls = page.evaluate(
        "core.feedback.map((axis) =>"
        " Object.fromEntries(axis.items.map((item) => [item.number, item.text.at(-1)])))"
    )
    for order in draws:
        assert sorted(n for n, _ in order) == list(range(80))
        for axis in pulls:
            up = [(axis[str(n)] > 0) != mirror for n, mirror in order if str(n) in axis]
            assert len(up) == 2 * sum(up)
    mirrored = np.zeros(80)
    places = np.zeros(80)
    for order in draws:
        for place, (n, mirror) in enumerate(order):
            mirrored[n] += mirror
            places[n] += place
    assert np.abs(mirrored / 400 - 0.5).max() < 0.11  # more than four standard deviations
    assert np.abs(places / 400 - 39.5).max() < 5.2


def test_both_texts_of_a_pair_are_never_near_each_other(browser: Browser, made: Make) -> None:
    path, _ = made(FEW, sides="both")
    with browsers.page(browser, offline=True) as opened:
        opened.goto(path.as_uri())
        draws = json.loads(opened.evaluate(DRAWS))
    for order in draws:
        assert len(order) == len({(n, mirror) for n, mirror in order}) == 24
        at = {(n, mirror): place for place, (n, mirror) in enumerate(order)}
        assert min(abs(at[n, False] - at[n, True]) for n in range(12)) >= 9


@pytest.mark.slow
def test_the_whole_of_it_can_be_done_with_the_keyboard(
    browser: Browser, made: Make, tmp_path: Path
) -> None:
    path, questionnaire = made(FEW, place=True, feedback=True)
    with browsers.page(browser, offline=True) as opened:
        opened.goto(path.as_uri())
        press = opened.keyboard.press

        def focused() -> str:
            return str(opened.evaluate("document.activeElement.textContent"))

        press("Tab")  # past the heading, where a screen begins
        assert opened.evaluate("document.activeElement.id") == "consent"
        press("Tab")
        press("Enter")
        assert "kreuzen Sie" in opened.locator("#must").inner_text()
        press("Space")
        press("Tab")
        press("Enter")
        for number in range(12):
            assert focused() == opened.locator("h2.said").inner_text()
            for key in ("ArrowDown",) * (1 + number % 6):
                press(key)
            press("Enter")
        assert opened.locator("html").get_attribute("data-screen") == "about"
        press("Tab")
        press("ArrowRight")
        press("Enter")
        press("Tab")
        with opened.expect_download() as waiting:
            press("Enter")
        waiting.value.save_as(tmp_path / "got.csv")
        press("Tab")
        press("Tab")
        press("Enter")
        assert opened.locator("#places").evaluate("(e) => e === document.activeElement")
    answers = read_answers([tmp_path / "got.csv"], questionnaire.first)
    assert list(answers.person) == [table(tmp_path / "got.csv")[0]["person"]]


def test_going_back_shows_what_was_answered_and_the_last_answer_counts(
    page: Page, tmp_path: Path
) -> None:
    begin(page, "de")
    page.locator(".answers button").nth(1).click()
    page.get_by_role("button", name="Zurück").click()
    pressed = page.locator('.answers button[aria-pressed="true"]')
    assert pressed.all_inner_texts() == ["stimme eher nicht zu"]
    page.locator(".answers button").nth(4).click()
    page.get_by_role("button", name="Aufhören und speichern").click()
    rows = table(saved(page, tmp_path))
    assert rows[0]["answer"] == "agree"
    assert {row["status"] for row in rows[1:]} == {"not reached"}
    page.get_by_role("button", name="Zurück").click()
    assert page.locator("#count").inner_text() == "Aussage 2 von 80"


def test_once_a_language_is_answered_in_it_stays(page: Page) -> None:
    begin(page, "ja")
    assert page.locator("html").get_attribute("lang") == "ja"
    page.locator(".answers button").first.click()
    page.get_by_role("button", name="戻る").click()
    page.get_by_role("button", name="戻る").click()
    assert page.locator("html").get_attribute("data-screen") == "welcome"
    assert page.locator("#language").count() == 0


@pytest.mark.slow
def test_after_the_dot_is_shown_no_answer_can_be_changed(page: Page) -> None:
    begin(page, "de")
    fill(page, 7)
    page.locator("button.main").click()
    page.locator("#show").click()
    shown = page.locator("figcaption").all_inner_texts()
    for sentence, at in zip(shown, estimates(page), strict=True):
        assert at["position"] is not None
        assert f"{abs(at['position']):.1f}" in sentence
        assert "95-%-Intervall" in sentence
    assert page.locator("svg circle").count() == 2
    assert page.get_by_role("button", name="Zurück").count() == 0


def test_without_consent_and_without_feedback_there_is_neither(
    browser: Browser, made: Make
) -> None:
    path, _ = made(FEW)
    with browsers.page(browser, offline=True) as opened:
        opened.goto(path.as_uri())
        opened.locator("button.main").click()
        assert opened.locator("html").get_attribute("data-screen") == "welcome"
        begin(opened)
        fill(opened, 1)
        assert opened.locator("html").get_attribute("data-screen") == "end"
        assert opened.locator("#show").count() == 0


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_axe_finds_no_fault_on_any_screen_and_nothing_is_wider_than_a_phone(
    browser: Browser, compass: tuple[Path, Questionnaire], scheme: str
) -> None:
    # axe is put into the page, which the page's own policy would not let anybody do
    settings = {"viewport": PHONE, "color_scheme": scheme, "bypass_csp": True, "offline": True}
    with browsers.page(browser, **settings) as opened:
        opened.goto(compass[0].as_uri())
        if scheme == "light":  # the other two have all colours
            checked(opened)
        begin(opened, "de")
        checked(opened)
        fill(opened, 2)
        if scheme == "light":
            checked(opened)
        opened.locator("button.main").click()
        opened.locator("#show").click()
        checked(opened)


def checked(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert not [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] != "minor"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_first_screen_prints_as_a_questionnaire_on_paper(page: Page) -> None:
    assert not page.locator("#paper").is_visible()
    page.emulate_media(media="print")
    assert page.locator("#paper > ol > li").count() == 84
    assert page.locator("#paper").is_visible()
    assert not page.get_by_role("button").first.is_visible()


@pytest.mark.slow
def test_markup_in_a_set_and_in_questions_stays_text(
    browser: Browser, made: Make, tmp_path: Path
) -> None:
    said = f" <i>i</i> {MARKUP}{{count}}"
    questions = {
        "title": f"Title{said}",
        "introduction": f"Intro{said}",
        "consent": f"Consent{said}",
        "ending": f"Ending{said}",
        "questions": [
            {
                "id": "pick",
                "kind": "choice",
                "text": f"Pick{said}",
                "choices": [{"value": f"=1+1{said[:50]}"}, {"value": "b", "text": said}],
            },
            {"id": "free", "kind": "text", "text": f"Free{said}"},
        ],
    }
    content = instrument(axes=1, statements=6, said=said)
    content["axes"]["a"] = {"negative": f"low {MARKUP[:60]}", "positive": f"high {MARKUP[:60]}"}
    path, questionnaire = made(content, questions=questions, feedback=True)
    with browsers.page(browser, offline=True) as opened:
        opened.goto(path.as_uri())
        assert opened.title() == f"Title{said}"
        begin(opened)
        texts = [t for s in questionnaire.first.statements for t in (s.text, s.mirror)]
        assert opened.locator("h2.said").inner_text() in texts
        assert opened.locator("i, b").count() == 0
        fill(opened, 5)
        assert opened.locator("i, b").count() == 0
        opened.locator("#q-pick").select_option(index=1)
        opened.locator("#q-free").fill('=HYPERLINK("x"),\n+1')
        opened.locator("button.main").click()
        opened.locator("#show").click()
        assert opened.locator("i, b").count() == 0
        rows = table(saved(opened, tmp_path))
    assert {row["free"] for row in rows} == {"'=HYPERLINK(\"x\"),\n'+1"}
    assert {row["pick"][:5] for row in rows} == {"'=1+1"}
    read_answers([*tmp_path.glob("*.csv")], questionnaire.first)


def test_the_page_knows_no_way_to_keep_or_send_anything(
    compass: tuple[Path, Questionnaire],
) -> None:
    """The policy forbids the network; no script names a store either."""
    text = compass[0].read_text("utf-8")
    policy = text.partition('http-equiv="Content-Security-Policy" content="')[2].partition('"')[0]
    assert policy.startswith("default-src &#39;none&#39;; script-src &#39;sha256-")
    assert "connect-src" not in policy
    for word in ("localStorage", "sessionStorage", "indexedDB", "cookie", "fetch(", "sendBeacon"):
        assert word not in text
    core = json.loads(text.partition('id="core">')[2].partition("</script>")[0])
    assert core["languages"] == ["de", "ja"]
