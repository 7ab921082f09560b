"""People behind the models in figures: what is drawn where, and never without their caption."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb
from probes.plots import _people, _style, axes, compass

from probes.output import figures
from probes.referents.whose import Whose
from probes.types import Tables
from tests.pictures import drawn, peopled, run, tables, texts, written

CAPTION = "People: 400 adults, 2024; n = 400, weighted; answers.csv"


def test_lines_run_where_the_table_has_them_behind_every_model() -> None:
    sample = peopled(tables(3))
    figure = compass.draw(sample)
    lines = {line.get_label(): line for line in drawn(figure, "people:")}
    assert set(lines) == {
        *("people:all people:0.5", "people:all people:0.9", "people:Reds:0.5", "people:Blues:0.5")
    }
    corners = lines["people:Reds:0.5"].get_path().vertices[:-1]
    assert np.hypot(*(corners - [-6, -6]).T) == pytest.approx(2)
    assert max(line.zorder for line in lines.values()) < min(
        dot.zorder for dot in drawn(figure, "dot:")
    )


def test_axes_that_are_swapped_turn_the_lines() -> None:
    sample = peopled(tables(3))
    table = sample.people_outlines
    assert table is not None
    moved = replace(sample, people_outlines=table.assign(x=table["x"] + 1))
    figure = compass.draw(moved, x="social", y="economic")
    (line,) = drawn(figure, "people:Reds")
    middle = line.get_path().vertices[:-2].mean(axis=0)
    assert middle == pytest.approx([-6, -5], abs=0.1)


def test_means_have_the_groups_names_and_places() -> None:
    figure = compass.draw(peopled(tables(3)))
    at = {
        mark.get_label(): (mark.get_xdata()[0], mark.get_ydata()[0])
        for mark in drawn(figure, "anchor:")
    }
    assert at == {"anchor:Reds": (-6, -6), "anchor:Blues": (6, 6)}
    assert {"Reds", "Blues"} <= {text.get_text() for text in texts(figure)}


@pytest.mark.parametrize("draw", [compass.draw, axes.draw])
def test_people_are_never_drawn_without_their_caption(draw) -> None:
    assert CAPTION in written(draw(peopled(run(5))))
    assert "People" not in written(draw(run(5)))


def test_groups_differ_by_dashes_and_not_by_colour() -> None:
    """Reds are not red: all lines have one quiet colour, and each group dashes of its own."""
    names = tuple("abcdef")
    lines = drawn(compass.draw(peopled(tables(3), names)), "people:")
    groups = [line for line in lines if "all people" not in line.get_label()]
    assert len({to_hex(line.get_edgecolor()) for line in groups}) == 1
    assert len({str(line._dash_pattern) for line in groups}) == len(names)
    red, green, blue = to_rgb(_people.LINE)
    assert max(red, green, blue) - min(red, green, blue) < 0.15


def test_of_many_groups_the_largest_are_drawn_and_the_others_counted() -> None:
    sample = peopled(tables(3), tuple(f"party {n}" for n in range(9)))
    for draw in (compass.draw, axes.draw):
        assert "3 smaller groups are not drawn" in written(draw(sample))
    named = {text.get_text() for text in texts(compass.draw(sample))}
    assert "party 5" in named
    assert "party 6" not in named


def test_on_one_axis_a_group_is_a_row_and_all_people_a_band() -> None:
    sample = peopled(tables(3))
    figure = axes.draw(sample)
    for name in ("all people", "Reds", "Blues"):
        assert name in written(figure)
    band = drawn(figure, "people:all people")[0].get_extents()
    panel = next(panel for panel in figure.axes if panel.get_label() == "axis:economic")
    ends = panel.transData.inverted().transform([[band.x0, 0], [band.x1, 0]])[:, 0]
    assert ends == pytest.approx([-2, 2])


def test_a_group_is_no_interval_and_what_is_not_told_of_it_is_not_drawn() -> None:
    """A box and a dotted line, in the legend too; strong lines are of models alone. Where quantiles
    are not told there is a dot."""
    sample = peopled(run(5))
    figure = axes.draw(sample)
    assert len(drawn(figure, "people:50")) == 3 * len(sample.axes)
    assert {line.get_linestyle() for line in drawn(figure, "people:90")} != {"-"}
    assert len(drawn(figure, "interval")) == 5 * len(sample.axes)
    assert {"half of a group", "90\N{NO-BREAK SPACE}% of a group"} <= {
        t.get_text() for t in texts(figure)
    }
    assert sample.people_spread is not None
    ends = ["p5", "p25", "p50", "p75", "p95", "sd"]
    bare = replace(sample, people_spread=sample.people_spread.assign(**dict.fromkeys(ends, np.nan)))
    figure = axes.draw(bare)
    assert not drawn(figure, "people:50")
    assert not drawn(figure, "people:all people")
    assert "of a group" not in written(figure)
    assert "Reds" in written(figure)


@pytest.mark.slow
def test_who_the_people_are_is_said_in_the_language_of_the_figure() -> None:
    about = Whose(1234, weighted=True, files=1, source=("a.csv",), few=2, hidden=1, uncounted=True)
    several = Whose(
        9,
        weighted=False,
        files=60,
        source=(),
        who="Leute",
        when="2024",
        together=({"first": "economic", "second": "b", "r": 0.3},),
    )
    for whose, told in (
        (about, "ungenannte Menschen, Datum unbekannt; n = 1,234, gewichtet; a.csv; 2 Gruppen von"),
        (several, "Leute, 2024; n = 9, ohne Gewichte; 60 Dateien; Wirtschaft und b"),
    ):
        sample = replace(peopled(run(3)), people_parts=whose.parts(), people_caption="in English")
        for name in ("compass", "axes"):
            said = " ".join(written(figures.drawn(name, sample, {"lang": "de"})).split())
            assert told in said.replace("\N{NO-BREAK SPACE}", " ")
            assert "in English" not in said


def test_tables_of_people_read_back_from_csv_draw_the_same(tmp_path) -> None:
    """An empty group comes back as NaN."""
    sample = peopled(run(4))

    def back(of: Tables) -> Tables:
        frames = {name: getattr(of, name) for name in ("people_spread", "people_outlines")}
        return replace(
            of, **{name: table.replace({"group": {"": np.nan}}) for name, table in frames.items()}
        )

    for draw in (compass.draw, axes.draw):
        for n, of in enumerate((sample, back(sample))):
            _style.save(draw(of), tmp_path / f"{n}.svg")
        assert (tmp_path / "0.svg").read_bytes() == (tmp_path / "1.svg").read_bytes()
