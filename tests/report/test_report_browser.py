"""The report as a reader has it: in a real browser, from disk, with the network off."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from probes import report
from probes.runs import read_back
from probes.types.reasons import unplaced_models
from tests import browser as browsers
from tests.run_folders import LEFT, MARKUP, RIGHT, cut, instrument, run

ENGLISH = report.Cover(language="en")
"""The sets of these tests are German; their pages are read in English."""

MODELS = {
    "left": LEFT,
    "right": RIGHT,
    f"yes {MARKUP}": "planted:yes=3,noise=1",
    "shy": "planted:a=2,b=5,abstain=.3,noise=.5",
}
WIDTHS = {390: 844, 1440: 900}


pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.usefixtures("pictureless")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of four models of two families, with its report."""
    content = instrument(statements=16)
    found = run(tmp_path_factory.mktemp("browser") / "run", MODELS, content)
    for path in (found / "answers").iterdir():
        text = path.read_text("utf-8")
        path.write_text(text.replace('"family":""', '"family":"one"', int("left" in path.name)))
    report.report(found, found / "report.html", cover=ENGLISH)
    return found


@pytest.fixture(scope="module")
def shown(browser: Browser, folder: Path) -> Iterator[Page]:
    """The report, opened from disk, offline; it must ask nothing and complain of nothing."""
    with browsers.page(browser, offline=True, viewport={"width": 1440, "height": 900}) as opened:
        yield browsers.opened(opened, (folder / "report.html").as_uri())


@pytest.fixture
def page(shown: Page) -> Page:
    """The same page for all tests, which takes seconds to open: from its top."""
    shown.mouse.move(0, 0)
    shown.evaluate("scrollTo({top: 0, behavior: 'instant'})")
    return shown


def names(page: Page) -> list[str]:
    """Models in the table of placements, as they are shown."""
    return page.locator("#placements tbody tr:visible th a").all_inner_texts()


def traces(page: Page) -> list[bool]:
    """Of every trace with models in the chart: is it shown?"""
    found: list[bool] = page.evaluate(
        "document.getElementById('chart').data.filter((t) => t.customdata).map((t) => t.visible)"
    )
    return found


def test_the_chart_shows_every_placed_model_where_the_table_has_it(page: Page) -> None:
    """With its intervals as a cross; nobody else has a dot that reads as the centre."""
    data = page.evaluate(
        "document.getElementById('chart').data.filter((t) => t.customdata).flatMap((t) =>"
        " t.customdata.map((m, i) => [m, ...['x', 'y'].map((side) => {"
        " const e = t[`error_${side}`];"
        " return [t[side][i] - e.arrayminus[i], t[side][i], t[side][i] + e.array[i]]; })]))"
    )
    models = json.loads(page.locator("#core").text_content() or "")["models"]
    placed = [i for i, model in enumerate(models) if not model["unplaced"]]
    assert sorted(model for model, *_ in data) == placed
    assert len(placed) < len(models)
    for model, *sides in data:
        for axis, ends in zip("ab", sides, strict=True):
            place = models[model]["places"][axis]
            assert ends == pytest.approx([place["low"], place["position"], place["high"]])


def test_below_the_chart_stands_who_has_no_dot_and_why_as_in_the_figures(
    page: Page, folder: Path
) -> None:
    """In print, too, where no table is hovered over."""
    why = unplaced_models(read_back.tables(folder))
    assert f"yes {MARKUP}" in why
    assert len(set(why.values())) == len(why)
    groups = "; ".join(f"{model} ({reason})" for model, reason in why.items())
    said = page.locator("#absent")
    assert said.is_visible()
    assert said.inner_text() == f"No claim about: {groups}."
    page.emulate_media(media="print")
    assert said.is_visible()
    page.emulate_media(media="screen")


def test_dots_without_a_claim_are_hollow_and_say_so(page: Page) -> None:
    fills = page.evaluate(
        "document.getElementById('chart').data.filter((t) => t.customdata)"
        ".flatMap((t) => t.customdata.map((m, i) => [m, t.marker.color[i], t.hovertext[i]]))"
    )
    by_model = {model: (colour, told) for model, colour, told in fills}
    claims = {
        i: all(place["claim"] for place in model["places"].values())
        for i, model in enumerate(json.loads(page.locator("#core").text_content() or "")["models"])
    }
    for model, (colour, told) in by_model.items():
        assert (colour == "#ffffff") == ("no claim" in told) == (not claims[model])


def test_a_table_sorts_by_click_and_says_so_to_a_screen_reader(page: Page) -> None:
    head = page.locator("#placements thead th").nth(2)
    button = head.locator(".sort")
    button.click()
    assert head.get_attribute("aria-sort") == "ascending"
    values = page.locator("#placements tbody td:nth-child(3)").evaluate_all(
        "cells => cells.map((c) => c.dataset.value).filter(Boolean).map(Number)"
    )
    assert values == sorted(values)
    button.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    assert names(page)[0] == "right"


def test_a_search_leaves_the_rows_that_have_the_words(page: Page) -> None:
    page.get_by_label("Search models", exact=True).fill("LEFT")
    assert names(page) == ["left"]
    assert page.locator("[data-found=placements]").inner_text() == "1 of 4 rows"
    page.get_by_label("Search models", exact=True).fill("")
    assert len(names(page)) == len(MODELS)


def test_a_family_is_toggled_by_keyboard(page: Page) -> None:
    button = page.locator("#legend").get_by_role("button", name="one")
    button.press("Enter")
    assert button.get_attribute("aria-pressed") == "false"
    assert sorted(traces(page)) == [False, True]
    button.press("Enter")
    assert traces(page) == [True, True]


def test_a_hint_opens_by_keyboard_and_closes(page: Page) -> None:
    hint = page.locator("#placements .hint").first
    term = page.locator("#term-placed")
    hint.focus()
    page.keyboard.press("Enter")
    assert term.is_visible()
    assert "Whether anything is claimed" in term.inner_text()
    page.keyboard.press("Escape")
    assert not term.is_visible()


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1024, 1280, 1440])
def test_no_overview_is_cut_and_placed_is_always_in_sight(page: Page, width: int) -> None:
    before = page.viewport_size
    page.set_viewport_size({"width": width, "height": 900})
    try:
        page.wait_for_timeout(1500)  # until the chart has followed the window
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("#placements .placed").first.bounding_box()
        ends = page.locator("#placements .placed, #placements td:nth-child(-n+4)").evaluate_all(
            "cells => cells.map((c) => c.getBoundingClientRect().right)"
        )
        assert max(ends) <= width
        if width > 1000:
            hidden = page.locator("#overview .scroll").evaluate_all(
                "all => all.map((e) => e.scrollWidth - e.clientWidth)"
            )
            assert max(hidden) <= 1
    finally:
        page.set_viewport_size(before or {"width": 1440, "height": 900})


@pytest.mark.slow
def test_people_are_hidden_by_keyboard_with_their_caption(
    browser: Browser, folder: Path, tmp_path: Path
) -> None:
    """Outlines and means of groups stand behind the models until the button is pressed."""
    statements = [f"{axis}{n}" for axis in "ab" for n in range(16)]
    lines = [
        f"p{n},{'Reds' if n % 2 else 'Blues'},"
        + ",".join("agree" if (n + i + n * i % 7 // 5) % 2 else "disagree" for i in range(32))
        for n in range(240)
    ]
    people = tmp_path / "people.csv"
    people.write_text("\n".join([f"person,group,{','.join(statements)}", *lines, ""]), "utf-8")
    report.report(folder, tmp_path / "people.html", str(people), cover=ENGLISH)
    chart = "document.getElementById('chart').data.filter((t) => t.name === 'people')"
    shown = f"{chart}.map((t) => t.visible)"
    with browsers.page(browser, offline=True, viewport={"width": 390, "height": 844}) as opened:
        page = browsers.opened(opened, (tmp_path / "people.html").as_uri())
        button, caption = (
            page.get_by_role("button", name="People", exact=True),
            page.locator("#people-caption"),
        )
        assert len(page.evaluate(shown)) >= 4
        assert all(page.evaluate(shown))
        assert "n = 240, no weights; people.csv" in caption.inner_text()
        button.focus()
        page.keyboard.press("Space")
        assert button.get_attribute("aria-pressed") == "false"
        page.wait_for_function(f"{shown}.every((v) => v === false)")
        assert caption.is_hidden()
        button.press("Enter")
        page.wait_for_function(f"{shown}.every(Boolean)")
        assert not Axe().run(page).response["violations"]
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_dot_is_named_on_hover_and_opens_its_model(page: Page) -> None:
    page.locator("#chart").scroll_into_view_if_needed()
    at = page.evaluate(
        "(() => { const c = document.getElementById('chart'); const l = c._fullLayout;"
        " const t = c.data.find((d) => d.customdata && d.customdata.includes(1));"
        " const i = t.customdata.indexOf(1); const box = c.getBoundingClientRect();"
        " return [box.left + l.xaxis._offset + l.xaxis.l2p(t.x[i]),"
        " box.top + l.yaxis._offset + l.yaxis.l2p(t.y[i])]; })()"
    )
    page.mouse.move(at[0] - 3, at[1])
    page.mouse.move(*at)
    page.wait_for_selector("#chart .hovertext")
    assert "right" in (page.locator("#chart .hovertext").text_content() or "")
    page.mouse.click(*at)
    page.wait_for_url("**#model/1")
    assert page.locator("#model-choice").input_value() == "1"


def test_one_clicks_down_to_the_exact_prompt_and_its_probabilities(
    page: Page, folder: Path
) -> None:
    page.locator("#statement-search").fill("a3")
    page.locator("#statement-list a").click()
    page.locator("#statement-detail").get_by_role("link", name="left", exact=False).first.click()
    shown = page.locator("#answers-detail")
    assert "exact prompts and answers" in shown.locator("h3").inner_text()
    assert page.evaluate("document.activeElement.id") == "answers-h"
    lines = (folder / "answers" / "left.jsonl").read_text("utf-8").splitlines()[1:]
    asked = [
        a for a in map(json.loads, lines) if a["statement"] == "a3" and a["wording"] == "agree"
    ]
    card = shown.locator(".card").first
    texts = card.locator(".prompt").all_inner_texts()
    for a in asked:
        assert any(a["before"] in t and t.endswith(a["after"]) for t in texts)
    assert card.locator("table").count() == len(asked)
    assert "%" in card.locator("td").first.inner_text()


def test_two_models_are_compared_either_way_round(page: Page) -> None:
    page.locator("#one-choice").select_option("0")
    page.locator("#other-choice").select_option("1")
    first = page.locator("#compare-detail td").first.inner_text()
    assert first.startswith("+")
    assert "moved" in page.locator("#compare-detail").inner_text()
    page.get_by_role("button", name="Swap").click()
    assert page.locator("#compare-detail td").first.inner_text().startswith("\N{MINUS SIGN}")
    page.locator("#one-choice").select_option("0")
    assert "two different models" in page.locator("#compare-detail").inner_text()


@pytest.mark.parametrize("name", ["placements", "agreement"])
def test_a_downloaded_table_is_that_of_the_run(
    page: Page, folder: Path, tmp_path: Path, name: str
) -> None:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=f"{name}.csv").click()
    assert waiting.value.suggested_filename == f"{name}.csv"
    waiting.value.save_as(tmp_path / "got.csv")
    assert (tmp_path / "got.csv").read_bytes() == (folder / f"{name}.csv").read_bytes()


def test_markup_in_names_and_statements_stays_text(page: Page) -> None:
    assert page.title().startswith("Where 2 of 4 models stand")
    assert f"yes {MARKUP}" in names(page)
    assert page.locator("b").count() == 0
    page.goto(f"{page.url.split('#')[0]}#model/2")
    assert f"yes {MARKUP}" in page.locator("#model-detail caption").inner_text()


def test_statements_are_marked_with_their_language(page: Page) -> None:
    assert page.locator("#statement-detail .saying").get_attribute("lang") == "de"
    assert page.locator("html").get_attribute("lang") == "en"


SOAK = pytest.mark.soak
LOOKS = [(390, "dark"), (1440, "light")]
OTHERS = [pytest.param(390, "light", marks=SOAK), pytest.param(1440, "dark", marks=SOAK)]


@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), [*LOOKS, *OTHERS])
def test_axe_finds_no_fault_and_nothing_is_wider_than_the_screen(
    browser: Browser, folder: Path, width: int, scheme: str
) -> None:
    size = {"width": width, "height": WIDTHS[width]}
    # axe is put into the page, which the page's own policy would not let anybody do
    settings = {"viewport": size, "color_scheme": scheme, "bypass_csp": True, "offline": True}
    with browsers.page(browser, **settings) as opened:
        browsers.opened(opened, f"{(folder / 'report.html').as_uri()}#answers/3/0")
        found = Axe().run(opened).response["violations"]
        serious = [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] != "minor"]
        assert not serious
        assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.slow
def test_printed_it_is_dark_on_white_without_controls(browser: Browser, folder: Path) -> None:
    """And no table is wider than what A4 has room for."""
    paper = {"width": 718, "height": 1000}
    with browsers.page(browser, offline=True, color_scheme="dark", viewport=paper) as opened:
        browsers.opened(opened, (folder / "report.html").as_uri())
        opened.emulate_media(media="print")
        assert not opened.locator("nav").is_visible()
        assert not opened.locator(".tools").first.is_visible()
        assert opened.evaluate("document.documentElement.scrollWidth") <= 718
        colours = opened.evaluate(
            "(({ backgroundColor, color }) => [backgroundColor, color])"
            "(getComputedStyle(document.body))"
        )
        assert colours == ["rgb(255, 255, 255)", "rgb(29, 28, 26)"]
        assert len(opened.pdf()) > 10_000


@pytest.mark.slow
def test_the_first_stop_of_the_tab_key_skips_to_the_content(page: Page, folder: Path) -> None:
    page.goto("about:blank")
    browsers.opened(page, (folder / "report.html").as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


@pytest.mark.slow
@pytest.mark.parametrize("axes", [1, 3])
def test_other_numbers_of_axes_are_drawn_too(browser: Browser, tmp_path: Path, axes: int) -> None:
    found = run(tmp_path / "run", {"left": LEFT, "mid": "planted:noise=1"}, instrument(axes))
    cut(found, "mid", 60)
    report.report(found, found / "report.html", cover=ENGLISH)
    with browsers.page(browser, offline=True) as opened:
        browsers.opened(opened, (found / "report.html").as_uri())
        assert opened.locator("#going").is_visible()
        assert opened.locator("#axis-x").count() == int(axes == 3)
        if axes == 3:
            opened.locator("#axis-x").select_option("2")
            title = opened.evaluate("document.getElementById('chart').layout.xaxis.title.text")
            assert "low c" in title
            assert (
                "left (on b: hardly prefers either side)" in opened.locator("#absent").inner_text()
            )
            opened.locator("#axis-y").select_option("0")
            assert "left" not in opened.locator("#absent").inner_text()


@pytest.mark.slow
def test_without_any_position_there_is_no_chart_and_no_fault(
    browser: Browser, tmp_path: Path
) -> None:
    found = run(tmp_path / "run", {"silent": "planted:abstain=1"}, instrument())
    report.report(found, found / "report.html", cover=ENGLISH)
    with browsers.page(browser, offline=True) as opened:
        opened.goto((found / "report.html").as_uri())
        opened.wait_for_selector("html[data-opened]")
        assert not opened.locator("#figure").is_visible()
        assert opened.locator("#placements tbody tr").count() == 1
