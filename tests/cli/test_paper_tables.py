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
from probes.output import tables as papertable
from probes.runs import conclude as conclusions
from probes.runs import session
from probes.types import ModelSpec, Tables

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
def tables(run: Path) -> Tables:
    found = conclusions.tables(run)
    named = {name: getattr(found, name).replace({"odd": ODD}) for name in ("placements", "models")}
    return replace(found, **named)


def test_a_row_holds_position_and_interval_of_each_axis_as_the_csv_has_them(tables: Tables) -> None:
    rows = {row["model"]: row for row in papertable.summary(tables)}
    for row in tables.placements.to_dict("records"):
        shown = f"{row['position']:+.2f} [{row['low']:+.2f}, {row['high']:+.2f}]"
        shown = shown.replace("-", papertable.MINUS)
        shown = shown if row["placed"] else f"\N{EN DASH}{papertable.MARK}"
        assert rows[row["model"]][row["axis"]] == shown


def test_who_is_not_placed_is_marked_and_the_note_says_why(tables: Tables) -> None:
    rows = {row["model"]: row for row in papertable.summary(tables)}
    assert papertable.MARK in rows["nay"]["economic"]
    assert papertable.MARK not in rows["left"]["economic"]
    why = papertable.note(tables).split("Not placed: ")[1]
    assert "does not oppose claim and counterclaim" in why
    alone = papertable.select(tables, models=["left"])
    assert "Not placed" not in papertable.note(alone)


def test_the_note_carries_poles_set_protocol_and_what_an_interval_is(tables: Tables) -> None:
    said = papertable.note(tables)
    for part in ("left", "authoritarian", "intervals", "protocol default", "eighty mirrored"):
        assert part in said


def test_markdown_has_a_column_a_head_whatever_names_hold(tables: Tables) -> None:
    lines = papertable.text(tables, "markdown").split("\n\n")[0].splitlines()
    assert len(lines) == 2 + 3
    assert len({line.replace("\\|", "").count("|") for line in lines}) == 1
    assert "\\<b\\>" in lines[3]


def test_csv_is_the_runs_own(tables: Tables, run: Path) -> None:
    one = papertable.text(papertable.select(tables, models=["left"]), "csv")
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


def test_latex_compiles_whatever_names_hold(tables: Tables, tmp_path: Path) -> None:
    """Where LaTeX is there (continuous integration installs it) it is compiled; everywhere, each
    special character of a name is escaped and the rules are those of booktabs."""
    body = papertable.text(tables, "latex")
    assert r"50 \%\_of \#1 \& \{co\}\textasciicircum{}2 \textasciitilde{}" in body
    assert [rule for rule in (r"\toprule", r"\midrule", r"\bottomrule") if rule not in body] == []
    page = (
        rf"\documentclass{{article}}\usepackage{{booktabs}}\begin{{document}}{body}\end{{document}}"
    )
    page = page.replace("% Needs", "\n% Needs", 1)
    (tmp_path / "t.tex").write_text(page, "utf-8")
    latex = shutil.which("pdflatex")
    if latex:
        arguments = [latex, "-interaction=nonstopmode", "-halt-on-error", "t.tex"]
        done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout[-2000:]
        assert (tmp_path / "t.pdf").stat().st_size > 5000


@pytest.mark.parametrize("form", ["latex", "markdown", "csv", "json"])
def test_the_command_prints_each_format(command, run: Path, form: str) -> None:
    done = command("table", str(run), "--format", form, "--models", "left")
    assert done[0] == 0
    assert "left" in done[1]


def test_the_command_refuses_an_unknown_format(command, run: Path) -> None:
    done = command("table", str(run), "--format", "latx")
    assert done[0] == 2
    assert "did you mean 'latex'" in done[2]


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
