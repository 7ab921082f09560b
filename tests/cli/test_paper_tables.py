"""Tables to paste: every format, escaped, marked where a model is not placed."""

import json
import shutil
import subprocess
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

from probes import api
from probes.errors import UsageError
from probes.output import reservations
from probes.output import tables as papertable
from probes.output.markup import TableStyle
from probes.report import cite
from probes.runs import folder as folders
from probes.runs import read_back, session
from probes.types import ModelSpec, Tables, reasons

pytestmark = pytest.mark.usefixtures("pictureless")

ODD = r"50 %_of #1 & {co}^2 ~ \x | <b>*"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A partisan, a model with an odd name, and a nay-sayer that cannot be placed."""
    out = tmp_path_factory.mktemp("tables") / "run"
    planted = {"left": "economic=-6,social=3,noise=.5", "odd": "social=-4", "nay": "yes=-4"}
    specs = [ModelSpec(name, text, "planted") for name, text in planted.items()]
    session.probe(session.Request(specs, "compass", limit=12), out)
    return out


@pytest.fixture(scope="module")
def trial(run: Path) -> Tables:
    return read_back.tables(run)


@pytest.fixture(scope="module")
def tables(trial: Tables) -> Tables:
    """As of a run of the whole set."""
    named = {name: getattr(trial, name).replace({"odd": ODD}) for name in ("placements", "models")}
    rows = named["placements"].assign(trial=False)
    rows["reason"] = rows["reason"].str.replace(r"(; )?trial run: [^;]*", "", regex=True)
    return replace(trial, models=named["models"], placements=rows)


def test_a_row_holds_position_and_interval_of_each_axis_as_the_csv_has_them(tables: Tables) -> None:
    """And a dash where the model is not placed: no number that would read as a claim."""
    rows = {row["model"]: row for row in papertable.summary(tables)}
    for row in tables.placements.to_dict("records"):
        shown = f"{row['position']:+.2f} [{row['low']:+.2f}, {row['high']:+.2f}]"
        shown = shown.replace("-", papertable.MINUS)
        found = rows[row["model"]][row["axis"]]
        assert found == shown if row["placed"] else found.rstrip("†‡§¶") == papertable.DASH


def test_who_is_not_placed_is_marked_and_the_note_says_why(tables: Tables) -> None:
    """A mark a model, and its own reasons behind it; what is a remark is left out."""
    rows = {row["model"]: row for row in papertable.summary(tables)}
    marks = {model: mark for mark, model, _ in reservations.marked(tables)}
    assert set(marks) == {"nay", ODD}
    assert marks["nay"] != marks[ODD]
    assert rows["nay"]["economic"].endswith(marks["nay"])
    assert not set(rows["left"]["economic"]) & set(reservations.MARKS)
    note = papertable.note(tables)
    of = {mark: note.split(f"{mark} ")[1].split(")")[0] for mark in marks.values()}
    assert "Not placed: does not oppose claim and counterclaim" in of[marks["nay"]]
    assert "Not placed on economic: hardly prefers either side" in of[marks[ODD]]
    assert "does not oppose" not in of[marks[ODD]]
    alone = papertable.select(tables, models=["left"])
    assert "Not placed" not in papertable.note(alone)


def test_a_trial_is_marked_in_every_row(trial: Tables) -> None:
    rows = {row["model"]: row for row in papertable.summary(trial)}
    assert set(rows["left"]["economic"]) & set(reservations.MARKS)
    assert "No claim: trial run: 12 of 80 statements" in papertable.note(trial)


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (reasons.movable(2).text, "No claim: missing answers could move it by more than 2 points"),
        (reasons.UNSIDED.text, "No claim: mostly says the same to a claim and to its opposite"),
        (reasons.improbable(5, 8).text, "No claim: the options are improbable in 5 of 8 wordings"),
        (
            reasons.FEW_LEXICONS.text,
            "Limited: interval for these words only: fewer than 3 lexicons",
        ),
        (reasons.FEW_WORDINGS.text, "Limited: interval for these wordings only: fewer than 3"),
        (reasons.AT_LEAST.text, "Limited: interval at least so wide"),
    ],
)
def test_a_number_without_a_claim_or_with_another_interval_is_marked_in_every_format(
    tables: Tables, reason: str, said: str
) -> None:
    left = tables.placements["model"] == "left"
    cell = f"{reason}; low mass: the median is below 0.1 where options are shown"
    rows = tables.placements.assign(reason=tables.placements["reason"].mask(left, cell))
    of = papertable.select(replace(tables, placements=rows), models=["left"])
    for form, mark in (("latex", r"$\dagger$"), ("markdown", "†")):
        text = papertable.text(of, form)
        assert text.count(mark) == 3  # two axes, and the note
        assert f"{said}" in text.replace("\n", " ")
        assert "low mass" not in text


def test_columns_digits_caption_and_label_are_chosen(tables: Tables) -> None:
    style = TableStyle(("control", "position"), 1, "Mine & yours", "tab:a_b", wide=True)
    (left, *_) = papertable.summary(tables, style)
    assert list(left) == ["model", "control", "economic", "social"]
    assert len(left["economic"]) == len("-5.8 [-6.4, -5.2]")
    body = papertable.text(tables, "latex", style)
    assert r"\caption{Mine \& yours}" in body
    assert r"\label{tab:a_b}" in body
    assert r"\begin{table*}[t]" in body
    assert "Control: share" in body
    assert "Yes-bias:" not in body


@pytest.mark.parametrize(
    ("style", "said"),
    [
        (TableStyle(("positon",)), "did you mean 'position'"),
        (TableStyle(digits=9), "between 0 and 6"),
        (TableStyle(label="a}b"), "--label"),
    ],
)
def test_a_style_that_makes_no_sense_is_refused(
    tables: Tables, style: TableStyle, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        papertable.text(tables, "latex", style)


def test_the_note_carries_poles_set_protocol_and_what_an_interval_is(tables: Tables) -> None:
    said = papertable.note(tables)
    for part in ("left", "authoritarian", "intervals", "protocol default", "eighty mirrored"):
        assert part in said


def test_markdown_has_a_column_a_head_whatever_names_hold(tables: Tables) -> None:
    lines = papertable.text(tables, "markdown").split("\n\n")[0].splitlines()
    assert len(lines) == 2 + 3
    assert len({line.replace("\\|", "").count("|") for line in lines}) == 1
    assert "\\<b\\>" in lines[3]


def test_csv_is_the_runs_own(trial: Tables, run: Path) -> None:
    one = papertable.text(papertable.select(trial, models=["left"]), "csv")
    read = pd.read_csv(StringIO(one))
    whole = pd.read_csv(run / "placements.csv")
    own = whole[whole["model"] == "left"].reset_index(drop=True)
    pd.testing.assert_frame_equal(read, own, check_dtype=False)


def test_json_is_strict_and_what_is_no_number_is_null(tables: Tables) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(word)

    found = json.loads(papertable.text(tables, "json"), parse_constant=refuse)
    assert [axis["name"] for axis in found["axes"]] == ["economic", "social"]
    nay = next(row for row in found["placements"] if row["model"] == "nay")
    assert nay["placed"] is False
    assert nay["sign_stability"] is None


def test_models_and_axes_come_in_the_order_in_which_they_are_named(tables: Tables) -> None:
    some = papertable.select(tables, ["social", "economic"], ["nay", "left"])
    rows = papertable.summary(some)
    assert [row["model"] for row in rows] == ["nay", "left"]
    assert list(rows[0])[1:3] == ["social", "economic"]


@pytest.mark.parametrize(
    ("axes", "models", "said"),
    [(["econmic"], [], "did you mean 'economic'"), ([], ["lefty"], "did you mean 'left'")],
)
def test_what_is_not_in_the_run_is_refused_by_its_nearest_name(
    tables: Tables, axes: list[str], models: list[str], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        papertable.select(tables, axes, models)


PAGES = {
    "article": r"\documentclass[11pt]{article}\usepackage[margin=2.5cm]{geometry}",
    "two columns, as ACL has them": r"\documentclass[11pt,twocolumn]{article}"
    r"\usepackage[margin=2.5cm,columnsep=0.6cm]{geometry}",
    "slide": r"\documentclass{beamer}",
}


def has_style(name: str) -> bool:
    """Whether LaTeX has a file; beamer needs some that not every installation has."""
    found = shutil.which("kpsewhich")
    return bool(found and subprocess.run([found, name], capture_output=True, check=False).stdout)


def test_latex_holds_names_as_text_and_the_rules_of_booktabs(tables: Tables) -> None:
    body = papertable.text(tables, "latex")
    assert r"50 \%\_of \#1 \& \{co\}\textasciicircum{}2 \textasciitilde{}" in body
    assert [rule for rule in (r"\toprule", r"\midrule", r"\bottomrule") if rule not in body] == []


@pytest.mark.parametrize("page", PAGES)
def test_latex_fits_the_column_whatever_names_hold(
    tables: Tables, tmp_path: Path, page: str
) -> None:
    """Compiled where LaTeX is there (continuous integration installs it): no overfull box."""
    body = papertable.text(tables, "latex")
    frame = ("\\begin{frame}\n", "\\end{frame}") if page == "slide" else ("", "")
    wide = papertable.text(tables, "latex", TableStyle(wide=True)) if "two" in page else ""
    text = "\n".join(
        (
            PAGES[page] + r"\usepackage{booktabs,graphicx}",
            r"\begin{document}",
            *(frame[0], body, frame[1], wide),
            r"\end{document}",
        )
    )
    (tmp_path / "t.tex").write_text(text, "utf-8")
    latex = shutil.which("pdflatex")
    if latex and (page != "slide" or has_style("pgfmath.sty")):
        arguments = [latex, "-interaction=nonstopmode", "-halt-on-error", "t.tex"]
        done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout[-2000:]
        assert b"Overfull \\hbox" not in done.stdout
        assert (tmp_path / "t.pdf").stat().st_size > 5000


def test_bibtex_of_the_software_has_what_a_bibliography_needs(run: Path, tmp_path: Path) -> None:
    """And BibTeX takes every entry without a warning, where it is there."""
    entries = cite.bibtex(folders.Folder(run).materials())
    software = entries.split("@software{")[1].split("\n}")[0]
    assert all(f"  {field} = " in software for field in ("title", "author", "year", "version"))
    bibtex = shutil.which("bibtex")
    if bibtex:
        (tmp_path / "b.bib").write_text(entries.replace("@software", "@misc"), "utf-8")
        aux = "\\relax\n\\citation{*}\n\\bibstyle{plain}\n\\bibdata{b}\n"
        (tmp_path / "t.aux").write_text(aux)
        done = subprocess.run([bibtex, "t"], cwd=tmp_path, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout
        assert b"political-probes" in (tmp_path / "t.bbl").read_bytes()


@pytest.mark.parametrize("form", ["latex", "markdown", "csv", "json"])
def test_the_command_prints_each_format(command, run: Path, form: str) -> None:
    done = command("table", str(run), "--format", form, "--models", "left")
    assert done[0] == 0
    assert "left" in done[1]


def test_the_command_refuses_an_unknown_format(command, run: Path) -> None:
    done = command("table", str(run), "--format", "latx")
    assert done[0] == 2
    assert "did you mean 'latex'" in done[2]


@pytest.mark.slow
def test_placements_show_themselves_in_a_notebook(run: Path) -> None:
    """A picture and a table; a name that looks like markup is text."""
    shown = api.place(run)
    assert shown._repr_png_().startswith(b"\x89PNG")
    odd = type(shown).of(
        replace(
            shown,
            placements=shown.placements.replace({"odd": "<script>"}),
            models=shown.models.replace({"odd": "<script>"}),
        )
    )
    page = odd._repr_html_()
    assert page.count("<tr>") == 1 + 3
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert 'src="data:image/png;base64,' in page
