"""The report: what stands in the file, for runs of every kind. See also test_report_browser."""

import base64
import csv
import hashlib
import html
import io
import json
import math
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from email.message import Message
from pathlib import Path

import pandas as pd
import pytest
import yaml

from probes import report
from probes.comparison.table import differences, every
from probes.errors import RunError, UsageError
from probes.phrases import LANGUAGES, say, speaking
from probes.placement.model import placement
from probes.report import cite, evidence, load, rows, sentences
from probes.report import html as rendering
from probes.runs import read_back
from probes.runs.folder import Folder
from probes.types.tables import REGION
from tests.pictures import changed, tables
from tests.run_folders import (
    LEFT,
    MARKUP,
    RIGHT,
    block,
    core,
    cut,
    details,
    instrument,
    run,
    turned_back,
    words,
)

pytestmark = pytest.mark.usefixtures("pictureless")

TWO = {"left": LEFT, "right": RIGHT}


ENGLISH = report.Cover(language="en")
"""The sets of these tests are German; their pages are read in English."""


def made(folder: Path) -> str:
    """The page of a run folder."""
    target = folder / "report.html"
    report.report(folder, target, cover=ENGLISH)
    return target.read_text("utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two models on two axes, that only reads are made of."""
    return run(tmp_path_factory.mktemp("report") / "run", TWO, instrument())


@pytest.fixture
def copied(folder: Path, tmp_path: Path) -> Path:
    """The same run, to change."""
    return Path(shutil.copytree(folder, tmp_path / "run"))


@pytest.fixture(scope="module")
def page(folder: Path) -> str:
    return made(folder)


def test_positions_of_the_page_are_those_of_the_table(folder: Path, page: str) -> None:
    with (folder / "placements.csv").open() as file:
        for row in csv.DictReader(file):
            model = next(m for m in core(page)["models"] if m["name"] == row["model"])
            place = model["places"][row["axis"]]
            for name in ("position", "low", "high", "minimum", "maximum", "yes_bias"):
                assert place[name] == pytest.approx(float(row[name]), abs=1e-4)
            assert place["placed"] == (row["placed"] == "True")


def test_every_csv_of_the_run_is_there_byte_for_byte(folder: Path, page: str) -> None:
    files = sorted(folder.glob("*.csv"))
    assert {"placements", "agreement", "models"} <= {f.stem for f in files}
    for file in files:
        assert block(page, f"csv-{file.stem}") == file.read_bytes()


def test_each_answer_is_there_with_its_exact_prompt_and_probabilities(
    folder: Path, page: str
) -> None:
    found = details(page)
    ids = [s["id"] for s in found["statements"]]
    for m, model in enumerate(("left", "right")):
        shown = {}
        one = found["evidence"][m]
        for s, answers in enumerate(one["rows"]):
            for number, _, *logs in answers:
                wording, side, order, seed, template = one["combinations"][number]
                before, after = found["templates"][template]
                text = found["statements"][s]["mirror" if side else "text"]
                prompt = before.replace(evidence.HOLE, text), after
                shown[ids[s], side, wording, order, seed] = prompt, logs
        lines = (folder / "answers" / f"{model}.jsonl").read_text("utf-8").splitlines()[1:]
        asked = [json.loads(line) for line in lines]
        asked = [a for a in asked if a["role"] in ("statement", "mirror")]
        assert len(asked) == len(shown)
        for a in asked:
            name = a["statement"], int(a["role"] == "mirror"), a["wording"], a["order"], a["seed"]
            prompt, logs = shown[name]
            assert prompt == (a["before"], a["after"])
            assert dict(zip(one["options"][a["wording"]], logs, strict=True)) == {
                label: round(1000 * value) for label, value in a["logprobs"].items()
            }


def test_a_prompt_is_stored_once_a_wording_however_many_statements(page: str) -> None:
    found = details(page)
    asked = {tuple(c[:3]) for one in found["evidence"] for c in one["combinations"]}
    # a statement and its mirror share a template, and so do the two models
    assert len(found["templates"]) == len({(wording, order) for wording, _, order in asked})


def test_comparisons_are_those_of_the_paired_method(folder: Path, page: str) -> None:
    kept = load.source(folder)
    found = {
        h.model.name: placement(
            kept.tables.agreement[kept.tables.agreement["model"] == h.model.name],
            kept.materials,
            h,
        )
        for h in kept.headers
    }
    table = differences(found, every(list(found)), kept.materials).to_dict("records")
    for row, shown in zip(table, details(page)["pairs"], strict=True):
        assert (row["against"], row["model"], row["axis"]) == (
            shown["against"],
            shown["model"],
            shown["axis"],
        )
        assert shown["verdict"] == row["verdict"]
        names = ("difference", "low", "high", "direction", "p_holm")
        if all(found[row[end]].placed(row["axis"]) for end in ("model", "against")):
            assert [shown[name] for name in names] == pytest.approx(
                [row[n] for n in names], abs=1e-4
            )
        else:  # a number would read as a claim
            assert [shown[name] for name in names] == [None] * len(names)
    assert {shown["difference"] is None for shown in details(page)["pairs"]} == {True, False}


def test_agreement_with_a_statement_is_the_mean_of_its_wordings(folder: Path, page: str) -> None:
    table = load.source(folder).tables.agreement
    here = table[(table["model"] == "left") & (table["statement"] == "a1")]["leaning"]
    of = details(page)["agreement"][0]
    at = [s["id"] for s in details(page)["statements"]].index("a1")
    assert of["mean"][at] == round(1000 * here.mean())
    assert (of["least"][at], of["most"][at]) == (round(1000 * here.min()), round(1000 * here.max()))
    assert of["answered"][at] == of["asked"][at] == len(here)


def test_the_same_folder_gives_the_same_bytes(folder: Path, page: str, tmp_path: Path) -> None:
    report.report(folder, tmp_path / "again.html", cover=ENGLISH)
    assert (tmp_path / "again.html").read_text("utf-8") == page


def test_the_page_asks_no_network_and_runs_its_own_scripts_only(page: str) -> None:
    assert not re.findall(r'(?:src|href)="(?!#|data:)', page.split("<script", 1)[0])
    policy = html.unescape(
        page.split('Content-Security-Policy" content="')[1].split('"', maxsplit=1)[0]
    )
    assert "default-src 'none'" in policy
    assert "connect-src" not in policy
    ours = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert len(ours) == len(rendering.SCRIPTS)
    for code in [*ours, block(page, "plotly").decode()]:
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


@pytest.mark.slow
def test_markup_in_names_statements_and_titles_is_text(tmp_path: Path) -> None:
    content = instrument(said=f" {MARKUP}")
    folder = run(tmp_path / "run", {f"m {MARKUP}": LEFT}, content)
    page = made(folder)
    assert page.count("<script>") == len(rendering.SCRIPTS)
    assert "<b>bold" not in page
    assert page.count("<!--") == 0
    assert html.escape(MARKUP, quote=False) in page or MARKUP in words(page)
    assert details(page)["statements"][0]["text"].endswith(f"{MARKUP}.")


@pytest.mark.slow
def test_replies_are_there_with_what_was_read_from_them(tmp_path: Path) -> None:
    content = instrument(axes=1, statements=4)
    said = {
        "a0": "I agree.",
        "a1": f"I disagree. {MARKUP}",
        "a2": "I cannot answer that.",
        "a3": "",
    }
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["model", "statement", "reply"])
    writer.writerows(["chatty", statement, reply] for statement, reply in said.items())
    (tmp_path / "replies.csv").write_text(table.getvalue(), "utf-8")
    content["language"] = "en"
    folder = run(
        tmp_path / "run",
        {"chatty": f"recorded:{tmp_path / 'replies.csv'}"},
        content,
        protocol="recorded",
    )
    page = made(folder)
    shown = {}
    for statement, answers in zip(
        details(page)["statements"], details(page)["evidence"][0]["rows"], strict=True
    ):
        side = details(page)["evidence"][0]["combinations"]
        (shown[statement["id"]],) = (row[-1] for row in answers if side[row[0]][1] == 0)
    assert shown["a0"]["r"] == "I agree."
    assert "agree" in shown["a0"]["c"]
    assert shown["a1"]["r"] == said["a1"]
    assert shown["a2"]["s"] == "refused"
    assert page.count("<script>") == len(rendering.SCRIPTS)


@pytest.mark.slow
def test_a_run_that_is_still_going_says_how_far_it_is(copied: Path) -> None:
    cut(copied, "right", 40)
    page = made(copied)
    header = json.loads((copied / "answers" / "left.jsonl").read_text().splitlines()[0])
    cells = header["cells"]
    assert f"This run has not ended: {cells + 40} of {2 * cells} answers are there" in words(page)
    # of the answers that are there, not of the tables of before
    assert block(page, "csv-agreement") != (copied / "agreement.csv").read_bytes()


def test_a_model_without_an_answer_yet_is_named_and_not_drawn(copied: Path) -> None:
    cut(copied, "right", 0)
    page = made(copied)
    assert [m["name"] for m in core(page)["models"]] == ["left"]
    assert "Models that were not asked yet: right." in words(page)


def test_a_report_needs_no_lock_and_changes_nothing(copied: Path, tmp_path: Path) -> None:
    before = {p: p.read_bytes() for p in copied.rglob("*") if p.is_file()}
    cut(copied, "right", 40)
    before[copied / "answers" / "right.jsonl"] = (copied / "answers" / "right.jsonl").read_bytes()
    report.report(copied, tmp_path / "elsewhere.html", cover=ENGLISH)
    assert {p: p.read_bytes() for p in copied.rglob("*") if p.is_file()} == before


@pytest.mark.slow
def test_tables_older_than_the_answers_are_made_again(copied: Path) -> None:
    whole = (copied / "agreement.csv").read_bytes()
    (copied / "placements.csv").unlink()
    (copied / "agreement.csv").write_text("of another time\n")
    assert block(made(copied), "csv-agreement") == whole


@pytest.mark.slow
@pytest.mark.parametrize("axes", [0, 1, 3])
def test_sets_of_any_number_of_axes(axes: int, tmp_path: Path) -> None:
    parties = [
        {"name": f"P {MARKUP}", "answers": {"x0": "agree", "x1": "disagree", "x2": "agree"}},
        {"name": "Q", "answers": {"x0": "neutral", "x1": "agree", "x3": "agree"}},
    ]
    content = instrument(axes, respondents=() if axes else parties)
    planted = LEFT if axes else "planted:yes=1,noise=2"
    page = made(run(tmp_path / "run", {"only": planted}, content))
    assert len(core(page)["axes"]) == axes
    assert ("Agreement with respondents" in words(page)) == (axes == 0)
    assert ("compare" in re.findall(r'<section id="(\w+)"', page)) is False
    assert "Where 1 model stands" in words(page)


@pytest.mark.slow
def test_one_statement_is_enough_for_a_page_that_says_it_is_too_little(tmp_path: Path) -> None:
    page = made(run(tmp_path / "run", TWO, instrument(1, statements=1)))
    assert "What could not be placed, and why" in words(page)
    assert not core(page)["models"][0]["places"]["a"]["claim"]
    assert core(page)["models"][0]["places"]["a"]["low"] is None


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_caption_says_why_a_region_may_be_larger_than_its_cross(
    folder: Path, code: str
) -> None:
    """In the language of the page, and in the words of the figure."""
    data = report.source(folder)
    with speaking(code):
        assert say(REGION) in sentences.figure_caption(data)
    one = replace(data.materials.statements, axes=data.materials.statements.axes[:1])
    alone = replace(data, materials=replace(data.materials, statements=one))
    assert REGION not in sentences.figure_caption(alone)


def test_who_has_no_dot_is_said_of_each_pair_of_axes_in_the_language_of_the_page() -> None:
    """Models of the same reason together, and which axis where it is one of the two."""
    run = changed(tables(4, 3), 1, placed=False, reason="does not tell true from false; and more")
    rows = run.placements
    last = rows["axis"] == "social"
    rows.loc[last, ["placed", "reason"]] = [False, "hardly prefers either side"]
    names, third = list(run.models["model"]), run.axes[2].name
    assert sentences.absent(run, ("economic", third)) == (
        f"No claim about: {names[1]} (does not tell true from false)."
    )
    with speaking("de"):
        said = sentences.absent(run, ("economic", "social"))
    assert said.startswith("Keine Aussage über: ")
    assert (
        f"{names[0]}, {names[2]}, {names[3]} (auf Gesellschaft: bevorzugt kaum eine Seite)" in said
    )
    assert sentences.absent(tables(4), ()) == ""


@pytest.mark.slow
def test_models_that_are_not_placed_are_told_with_the_reason(tmp_path: Path) -> None:
    blind = {"yes": "planted:yes=3,noise=1", "silent": "planted:abstain=1"}
    page = made(run(tmp_path / "run", blind, instrument()))
    told = words(page)
    assert "No claim about 2 models" in told
    assert (
        "yes, a, b : it does not answer a claim and its opposite as opposites (opposition" in told
    )
    assert "No claim is made about silent:" in told
    silent = core(page)["models"][1]["places"]["a"]
    assert silent["position"] is None
    assert not silent["placed"]
    assert all(p["verdict"] == "cannot be told apart" for p in details(page)["pairs"])


def test_a_folder_in_several_languages_names_the_folders_to_report(tmp_path: Path) -> None:
    (tmp_path / "languages.yaml").write_text("languages: [en, de]\n")
    with pytest.raises(RunError, match=r"several languages; .*en or .*de"):
        report.report(tmp_path, tmp_path / "report.html")


def test_a_folder_without_run_or_answers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="not the folder of a run"):
        report.report(tmp_path, tmp_path / "report.html")
    folder = run(tmp_path / "run", {"left": LEFT}, instrument())
    cut(folder, "left", 0)
    with pytest.raises(RunError, match="holds no answers yet"):
        report.report(folder, tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()


@pytest.mark.slow
def test_a_target_that_cannot_be_written_is_one_sentence(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot be written"):
        report.report(folder, tmp_path / "missing" / "report.html")


def test_without_plotly_the_sentence_names_the_extra(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "plotly.offline", None)
    with pytest.raises(UsageError, match=r"political-probes\[report\]"):
        report.report(folder, tmp_path / "report.html")


@pytest.mark.slow
def test_the_command_writes_beside_the_run_or_where_it_is_told(
    folder: Path, tmp_path: Path, command: Callable[..., tuple[int, str, str]]
) -> None:
    assert command("report", str(folder))[:2] == (0, f"{folder / 'report.html'}\n")
    target = tmp_path / "sent.html"
    assert command("report", str(folder), "-o", str(target))[0] == 0
    assert target.read_bytes() == (folder / "report.html").read_bytes()
    status, _, said = command("report", str(tmp_path))
    assert status == 2
    assert said.startswith("probes: ")


@pytest.mark.slow
def test_large_runs_keep_prompts_and_leave_out_single_answers(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "WHOLE", 100)
    monkeypatch.setattr(rendering, "CSV_BUDGET", 4000)
    report.report(folder, tmp_path / "report.html", cover=ENGLISH)
    page = (tmp_path / "report.html").read_text("utf-8")
    found = details(page)
    assert not found["whole"]
    assert all(not one["rows"] for one in found["evidence"])
    assert len(found["templates"]) > 5
    assert "agreement.csv" in words(page)
    assert "left out of this page for its size; it is in the run's folder" in words(page)
    assert 'id="csv-placements"' in page


def test_long_replies_are_cut_alike_when_all_together_are_too_long() -> None:
    def reply(size: int) -> evidence.Row:
        return [0, None, {"r": "x" * size}]

    one, other = evidence.ShownAnswers(None), evidence.ShownAnswers(None)  # type: ignore[arg-type]
    one.rows, other.rows = {"s": [reply(3000)]}, {"s": [reply(500), reply(10)]}
    assert evidence.shorten([one, other], 4000) is None
    assert evidence.shorten([one, other], 1000) == 400
    lengths = [len(r[-1]["r"]) for h in (one, other) for r in h.rows["s"]]  # type: ignore[call-overload, index]
    assert lengths == [402, 402, 10]


@pytest.mark.slow
def test_many_models_are_compared_with_their_parents_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "ALL_PAIRS", 2)
    folder = run(tmp_path / "run", {**TWO, "third": RIGHT}, instrument())
    for name in ("right", "third"):
        path = folder / "answers" / f"{name}.jsonl"
        parent = "left" if name == "right" else "unknown"
        path.write_text(path.read_text().replace('"parent":""', f'"parent":"{parent}"'))
    page = made(folder)
    assert {(p["against"], p["model"]) for p in details(page)["pairs"]} == {("left", "right")}
    assert "only with the one it came from" in words(page)


def test_citations_are_those_of_the_citation_file(folder: Path, page: str) -> None:
    cff = yaml.safe_load((Path(__file__).parents[2] / "CITATION.cff").read_text("utf-8"))
    assert cff["title"] == cite.TITLE
    assert cff["authors"] == [{"name": cite.AUTHOR}]
    run_yaml = Folder(folder).run()
    for said in ("@software{", "@misc{set-made", "@misc{protocol-default", "feng2023"):
        assert said in words(page)
    assert str(run_yaml["set_sha256"]) in words(page)
    assert str(run_yaml["protocol_sha256"]) in words(page)


@pytest.mark.parametrize("table", [b"", b"a,b", b'a,b\n"1,2",3\n', b"a\n\n", b"a,b\n,\n"])
def test_every_table_comes_back_as_it_was(table: bytes) -> None:
    assert turned_back(*rendering.transposed(table)) == table


def test_a_table_is_turned_column_by_column() -> None:
    assert rendering.transposed(b"a,b\n1,2\n3,\n") == (b"a\n1\n3\nb\n2\n", 2)


def test_bibtex_holds_no_raw_special_characters() -> None:
    assert cite._value("note", r"50% of {a} & b_c \ #1") == (
        r"50\% of \{a\} \& b\_c \textbackslash{} \#1"
    )


@pytest.mark.parametrize(
    ("stated", "address"),
    [
        (["Issues, https://a.org/i", "Repository, https://a.org/p"], "https://a.org/p"),
        (["Issues, https://a.org/i"], ""),
        (None, ""),
    ],
)
def test_the_address_of_the_software_is_the_one_that_the_package_states(
    monkeypatch: pytest.MonkeyPatch, stated: list[str] | None, address: str
) -> None:
    message = Message()
    for entry in stated or ():
        message["Project-URL"] = entry
    monkeypatch.setattr(cite, "metadata", lambda _: message)
    assert cite._address() == address


def test_what_the_tool_refuses_to_claim_is_said(page: str) -> None:
    told = words(page)
    assert "It does not say what a model believes" in told
    assert "A dot without interval, opposition, yes-bias and wording spread is not a result" in told
    assert "not been tested on people" in told


@pytest.mark.slow
def test_numbers_that_are_none_are_none_and_never_nan(tmp_path: Path) -> None:
    page = made(run(tmp_path / "run", {"silent": "planted:abstain=1"}, instrument()))
    assert "nan" not in re.sub(r"[^a-z]+", " ", words(page).lower()).split()
    assert rows.number(math.nan) is None


def test_a_view_may_ask_its_own_server_and_a_file_nobody(folder: Path) -> None:
    live = rendering.page(load.source(folder), live=True)
    assert "connect-src 'self'" in html.unescape(live)
    assert 'data-state="' in live


def test_what_a_published_rule_concludes_and_how_replies_were_judged_is_shown(
    folder: Path,
) -> None:
    found = load.source(folder)
    beside = pd.DataFrame({"model": ["left"], "axis": ["a"], "faithful_position": [1.256]})
    judged = pd.DataFrame({"model": ["left"], "agree": [12], "note": [MARKUP]})
    tables = replace(found.tables, faithful=beside, stances=judged)
    page = rendering.page(replace(found, tables=tables), cover=ENGLISH)
    told = words(page)
    assert "model axis faithful position left a 1.26" in told
    assert f"model agree note left 12 {MARKUP}" in told


def test_the_tables_of_session_are_what_the_page_reads(folder: Path) -> None:
    assert load.source(folder).tables.caption == read_back.tables(folder).caption
