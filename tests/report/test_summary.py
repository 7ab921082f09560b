"""The summary of a report: values by rules, sentences from values; and what a board asks for."""

import html
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from probes import report
from probes.errors import RunError, UsageError
from probes.output import pdf
from probes.phrases import LANGUAGES
from probes.phrases import words as known_words
from probes.report import load, summary_text
from probes.report.content import Cover, content
from probes.report.glossary import terms
from probes.report.summary import Lean, ModelSummary, Objection, StatedDifference, Summary, summary
from probes.runs import compare as comparing
from probes.types import Axis, Thresholds, reasons
from tests.run_folders import LEFT, RIGHT, core, instrument, run, words

AXES = (Axis("money", "left", "right"), Axis("order", "free", "firm"))
GOOD = {"placed": True, "claim": True, "hollow": [], "reasons": [], "decisiveness": 0.5, "sided": 1}


def place(position: float, low: float, high: float, **more: object) -> dict[str, object]:
    return {**GOOD, "position": position, "low": low, "high": high, **more}


def against(reason: str, **more: object) -> dict[str, object]:
    """A place of which no claim is made."""
    hollow = [reason] if more.get("placed") else []
    return {**place(0.1, -0.3, 0.5), "claim": False, "placed": False, "reasons": [reason],
            "hollow": hollow, **more}  # fmt: skip


def model(name: str, *places: Mapping[str, object], **about: object) -> dict[str, object]:
    return {
        "name": name,
        "places": {axis.name: p for axis, p in zip(AXES, places, strict=True)},
        "about": {"opposition": 0.05, "control": 0.6, **about},
    }


def pair(points: float, verdict: str = "moved", reason: str = "") -> dict[str, object]:
    return {
        "model": "b", "against": "a", "axis": "money", "difference": points, "low": points - 1,
        "high": points + 1, "margin": 1.0, "verdict": verdict, "reason": reason,
    }  # fmt: skip


def of(*models: dict[str, object], pairs: tuple[dict[str, object], ...] = ()) -> Summary:
    return summary(models, AXES, pairs, Thresholds())


def test_a_model_leans_where_its_interval_lies_on_one_side() -> None:
    (part,) = of(model("a", place(-3, -4, -2), place(0.5, -1, 2))).models
    assert [(lean.axis, lean.pole) for lean in part.leans] == [("money", "left"), ("order", "")]
    assert of(model("a", place(3, 2, 4), place(1, 0.1, 2))).models[0].leans[1].pole == "firm"
    assert part.unclaimed == ()


@pytest.mark.parametrize(
    ("reason", "code", "number", "threshold"),
    [
        ("does not oppose claim and counterclaim", "unopposed", 0.05, None),
        ("hardly prefers either side", "indifferent", 0.5, 0.1),
        ("does not tell true from false", "untrue", 0.6, 0.5),
        ("takes false for true", "reversed", 0.6, 0.5),
        ("92 of 120 pairs were answered, fewer than 80 %", "", None, None),
    ],
)
def test_what_is_not_claimed_has_its_fact_number_and_threshold(
    reason: str, code: str, number: float | None, threshold: float | None
) -> None:
    """Once a model, however many axes; never a lean, however narrow the interval."""
    (part,) = of(model("a", against(reason), against(reason))).models
    assert part == ModelSummary(
        "a", (), ("money", "order"), False, (Objection(reason, code, number, threshold),)
    )
    (said,) = summary_text.sentences(Summary((part,), (), 0))
    assert said.startswith("No claim is made about a: ")
    if number is not None:
        assert re.search(rf"{number:.2f}|{100 * number:.0f}\s%", said)


def test_a_lean_whose_interval_may_be_wider_is_said_with_that() -> None:
    """Too few topics: the interval stands, and who reads only the summary learns of it."""
    few = {"reasons": [reasons.AT_LEAST.text]}
    told = summary_text.sentences(of(model("a", place(3, 2, 4, **few), place(0, -1, 1))))
    assert told[1].startswith("The intervals of a are at least so wide")
    told = summary_text.sentences(of(model("a", place(3, 2, 4), place(0, -1, 1))))
    assert not any("at least so wide" in text for text in told)


def test_models_differ_only_beyond_chance_and_margin_and_where_both_are_claimed() -> None:
    one, two = (
        model("a", place(-3, -4, -2), place(0, -1, 1)),
        model("b", place(3, 2, 4), place(0, -1, 1)),
    )
    found = of(one, two, pairs=(pair(6), pair(-2)))
    assert found.differences == (
        StatedDifference("b", "a", "money", "right", 6, 5, 7),
        StatedDifference("b", "a", "money", "left", 2, 1, 3),
    )
    for other in (pair(6, "not moved"), pair(0.3, reason="by less than the margin")):
        assert of(one, two, pairs=(other,)).differences == ()
    unclaimed = model("b", against("hardly prefers either side"), place(0, -1, 1))
    assert of(one, unclaimed, pairs=(pair(6),)).compared == 0


def test_a_difference_counts_without_a_claim_and_a_pair_without_one_has_its_reason() -> None:
    """As `probes compare --all` counts, whose rows these are."""
    trial = "trial run: 12 of 80 statements"
    one, two = (model(name, *[against(trial, placed=True)] * 2) for name in ("a", "b"))
    maybe = "perhaps only in how decided it is: directions cannot be told apart"
    rows = (pair(6), pair(3, reason=maybe), pair(1, "cannot be told apart"), pair(0, "not moved"))
    found = of(one, two, pairs=rows)
    assert (found.compared, found.decided, found.apart) == (4, 0, 1)
    assert [one.claimed for one in found.differences] == [False, False]
    decided = of(one, two, pairs=(pair(3, reason="more decided, not further along the axis"),))
    assert (decided.differences, decided.decided) == ((), 1)
    assert summary_text.sentences(decided)[-2:] == [
        (
            "None of 1 comparison of models shows a difference beyond the margin of ±1"
            " (only in how decided the models are: 1)."
        ),
        "a and b on the money axis: more decided, not further along the axis.",
    ]
    told = summary_text.sentences(found)
    assert told[1] == f"No claim is made about b: {trial}."
    assert told[2:4] == [
        (
            "Of 4 comparisons of models, 2 show a difference beyond the margin of ±1"
            " (cannot be told apart: 1)."
        ),
        "2 of these differences are of models about whose position no claim is made.",
    ]


def test_a_summary_and_compare_count_the_same_of_the_same_folder(folder: Path) -> None:
    source = load.source(folder)
    page = content(source, Cover(language="en")).page
    comparison = comparing.several(folder, "all")
    further = sum(kind == "further" for kind in reasons.kinds(comparison.differences))
    reason = comparison.differences["reason"].str.contains("not placed|no claim")
    told = comparison.differences["verdict"] == "cannot be told apart"
    apart, unclaimed = int((told & ~reason).sum()), int((told & reason).sum())
    head = f"Of {len(comparison.differences)} comparisons of models, {further} show"
    (said,) = [text for text in page["summary"] if "comparisons" in text]  # type: ignore[attr-defined]
    assert said.startswith(head)
    assert (f"cannot be told apart: {apart}" in said) == bool(apart)
    assert f"no claim can be made: {unclaimed}" in said


def test_sentences_say_the_values_and_no_more() -> None:
    parts = (
        ModelSummary("a", (Lean("money", "left", -3, -4, -2.04),), ("order",), True,
                     (Objection("missing answers could move it by more than 2 points"),)),
    )  # fmt: skip
    told = summary_text.sentences(
        Summary(parts, (StatedDifference("b", "a", "money", "right", 6, 5, 7),), 3, margin=1)
    )
    assert told == [
        "a leans left on the money axis (−3.0, 95\N{NO-BREAK SPACE}% interval −4.0 to −2.0).",
        (
            "No claim is made about a on the order axis:"
            " missing answers could move it by more than 2 points."
        ),
        "Of 3 comparisons of models, 1 shows a difference beyond the margin of ±1.",
        (
            "b stands nearer to the right pole than a on the money axis, by 6.0 points"
            " (95\N{NO-BREAK SPACE}% interval +5.0 to +7.0)."
        ),
    ]
    many = Summary((), (StatedDifference("b", "a", "money", "right", 6, 5, 7),) * 9, 20, margin=1.0)
    assert summary_text.sentences(many) == [
        "Of 20 comparisons of models, 9 show a difference beyond the margin of ±1."
    ]


def test_of_whom_nothing_is_claimed_stands_before_every_remark() -> None:
    """On intervals, and on comparisons that show no difference along the axis."""
    few = {"reasons": [reasons.AT_LEAST.text]}
    models = model("a", place(3, 2, 4, **few), SURE), model("b", SURE, SURE)
    decided = pair(6, reason=reasons.DECIDED.text)
    told = summary_text.sentences(
        of(*models, model("c", *[against("no reply")] * 2), pairs=(decided,))
    )
    heads = (
        "a leans",
        "b leans",
        "No claim is made about c",
        "The intervals",
        "None of",
        "a and b",
    )
    assert [text.startswith(head) for text, head in zip(told, heads, strict=True)] == [True] * 6, (
        told
    )


OPEN = against("trial run: 12 of 80 statements", placed=True)
SURE, BOTH = place(3, 2, 4), place(0.5, 0, 1)
CASES: Mapping[str, tuple[list[dict[str, object]], tuple[dict[str, object], ...], list[str]]] = {
    "an interval that touches the centre": (
        [model("a", SURE, BOTH)],
        (),
        [
            (
                "a leans right on the money axis (+3.0, 95 % interval +2.0 to +4.0); it cannot be"
                " said to lean to either side on the order axis (+0.5, 95 % interval 0.0 to +1.0,"
                " which holds the centre)."
            )
        ],
    ),
    "one that hardly does not": (
        [model("a", place(1, 0.04, 2), place(-1, -2, -0.004))],
        (),
        [
            (
                "a leans right on the money axis (+1.0, 95 % interval +0.04 to +2.0) and free on"
                " the order axis (−1.0, 95 % interval −2.0 to −0.004)."
            )
        ],
    ),
    "no interval": (
        [model("a", {**SURE, "low": None, "high": None}, OPEN)],
        (),
        [
            (
                "a cannot be said to lean to either side on the money axis"
                " (+3.0, without an interval)."
            ),
            "No claim is made about a on the order axis: trial run: 12 of 80 statements.",
        ],
    ),
    "nobody is placed": (
        [model("a", *[against("no reply")] * 2), model("b", *[against("no reply")] * 2)],
        (pair(6),),
        ["No claim is made about a: no reply.", "No claim is made about b: no reply."],
    ),
    "a single comparison": (
        [model("a", SURE, SURE), model("b", SURE, SURE)],
        (pair(0.2, "not moved"),),
        ["None of 1 comparison of models shows a difference beyond the margin of ±1."],
    ),
    "asked in different ways": (
        [model("a", OPEN, OPEN) | {"way": "replies read"}, model("b", OPEN, OPEN) | {"way": "x"}],
        (),
        [
            (
                "The models were asked in different ways (replies read; x): differences between"
                " models asked in different ways may come from that alone."
            )
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_a_board_reads_is_what_the_numbers_say(case: str) -> None:
    """Sentences that must be there; where nobody is placed, and of one model, all of them."""
    models, pairs, wanted = CASES[case]
    told = [
        t.replace("\N{NO-BREAK SPACE}", " ")
        for t in summary_text.sentences(of(*models, pairs=pairs))
    ]
    assert set(wanted) <= set(told)
    if len(models) == 1 or case.startswith("nobody"):
        assert told == wanted


def test_two_axes_of_three_without_a_claim_are_axes() -> None:
    part = ModelSummary("a", (Lean("x", "up", 3, 2, 4),), ("y", "z"), True, (Objection("why"),))
    told = summary_text.sentences(Summary((part,), (), 0))
    assert told[1] == "No claim is made about a on the y and z axes: why."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    models = {"left": LEFT, "right": RIGHT, "yes": "planted:yes=3,noise=1"}
    return run(tmp_path_factory.mktemp("summary") / "run", models, instrument())


def labels(page: str) -> set[str]:
    """What stands in headings, heads and captions of tables, buttons, terms and labels."""
    marked = r"<(h[1-4]|th|caption|dt|button|label|option|strong)\b[^>]*>(.*?)</\1>"
    found = (re.sub("<[^>]*>", "\n", text) for _, text in re.findall(marked, page, re.DOTALL))
    return {html.unescape(line).strip() for text in found for line in text.split("\n")}


def test_a_report_of_a_german_set_has_no_english_heading_and_is_marked_as_german(
    folder: Path,
) -> None:
    """Nor do its scripts say an English text; the same page in English has dozens."""
    german = known_words("de")
    english = {text for text, told in german.items() if told != text}
    english |= {term["name"] for term in terms.read("en").values() if "name" in term}
    english -= {"Position", "left", "right", "yes", "agree"}  # German, and names of models
    report.report(folder, folder / "r.html")
    page = (folder / "r.html").read_text("utf-8")
    assert '<html lang="de">' in page
    assert labels(page) & english == set()
    assert {"Womit die Antworten schwanken", "Sprache", "Lesehilfe"} <= labels(page)
    said = set(re.findall(r'\bsay\("([^"]+)"', page))
    assert said - core(page)["words"].keys() <= {text for text in said if german[text] == text}
    report.report(folder, folder / "r.html", cover=Cover(language="en"))
    assert len(labels((folder / "r.html").read_text("utf-8")) & english) > 40


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_glossary_has_the_same_terms_and_parts_in_every_language(code: str) -> None:
    english, other = terms.read("en"), terms.read(code)
    assert list(other) == list(english)
    for key, term in english.items():
        assert term.keys() == other[key].keys()
        for name, text in term.items():
            assert re.findall(r"{\w+}", other[key][name]) == re.findall(r"{\w+}", text)
            assert (other[key][name] != text) or code == "en" or name == "name"


def test_a_report_has_its_title_author_comment_and_prompts_in_full(folder: Path) -> None:
    cover = Cover("For the <board>", "A. N. Other", "Only a trial.", language="en")
    report.report(folder, folder / "r.html", cover=cover)
    told = words((folder / "r.html").read_text("utf-8"))
    for text in ("For the <board>", "A. N. Other", "Only a trial.", "{statement}"):
        assert text in told
    assert "No claim is made about yes" in told
    assert "left leans low a on the a axis" in told


def test_no_number_of_a_model_that_is_not_placed_stands_in_the_overview(folder: Path) -> None:
    report.report(folder, folder / "r.html")
    text = (folder / "r.html").read_text("utf-8")
    table = text[text.index('<table id="placements"') :]
    (row,) = re.findall(r'<tr data-model="2">.*?</tr>', table[: table.index("</table>")], re.DOTALL)
    assert row.count("\N{EN DASH}") == 2
    assert len(re.findall(r"[+−]\d", row)) == 1  # its yes-bias


def test_every_hint_has_its_term(folder: Path) -> None:
    """A button that a keyboard reaches and a reader names, and what it opens."""
    report.report(folder, folder / "r.html")
    text = (folder / "r.html").read_text("utf-8")
    asked = set(re.findall(r'popovertarget="(term-[a-z_]+)"', text))
    assert asked <= set(re.findall(r'popover id="(term-[a-z_]+)"', text))
    assert {"term-placed", "term-yes_bias", "term-control", "term-mass"} <= asked


def test_places_without_an_interval_are_no_lean() -> None:
    nothing = {**place(1, math.nan, math.nan), "low": None, "high": None}
    assert of(model("a", nothing, nothing)).models[0].leans[0].pole == ""


@pytest.mark.slow
def test_a_browser_prints_the_report_or_a_sentence_says_what_is_missing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report.report(folder, folder / "r.pdf", pdf=True)
    assert (folder / "r.pdf").read_bytes().startswith(b"%PDF")
    monkeypatch.setattr(pdf.shutil, "which", lambda name: "/bin/true")
    with pytest.raises(RunError, match="printed no PDF"):
        pdf.printed("<p>x", folder / "none.pdf")
    monkeypatch.setattr(pdf.shutil, "which", lambda name: None)
    with pytest.raises(UsageError, match="needs Chromium, Chrome or Edge"):
        pdf.printed("<p>x", folder / "none.pdf")
    assert not (folder / "none.pdf").exists()


@pytest.mark.slow
def test_a_set_of_three_axes_says_that_the_chart_shows_two(tmp_path: Path) -> None:
    of_three = load.source(run(tmp_path / "run", {"left": LEFT}, instrument(3)))
    assert "Two of 3 axes at a time" in str(content(of_three).page["figure_caption"])
    assert replace(of_three).tables.intervals
