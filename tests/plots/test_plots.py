"""The compass and the axes: what is drawn where, for any number of models; and saving."""

import math
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from probes.plots import _marks, _style, axes, compass

from probes import plugins
from probes.errors import RunError, UsageError
from probes.phrases import speaking
from probes.types.tables import REGION
from tests.pictures import (
    CAPTION,
    FAMILIES,
    box,
    changed,
    drawn,
    filled,
    overlapping,
    tables,
    written,
)

# --- compass -----------------------------------------------------------------------------------


def test_every_model_is_a_dot_at_its_position():
    run = tables(12)
    figure = compass.draw(run)
    wide = run.placements.pivot_table("position", "model", "axis")
    dots = {d.get_label().removeprefix("dot:"): d for d in drawn(figure, "dot:")}
    assert set(dots) == set(run.models["model"])
    for model, dot in dots.items():
        assert dot.get_xdata()[0] == wide.loc[model, "economic"]
        assert dot.get_ydata()[0] == wide.loc[model, "social"]


def test_families_differ_in_colour_and_marker_and_stand_in_the_legend():
    figure = compass.draw(tables(16))
    looks = Counter((d.get_marker(), to_hex(d.get_mfc())) for d in drawn(figure, "dot:"))
    assert sorted(looks.values()) == [2] * 8
    assert all(family in written(figure) for family in FAMILIES)


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(st.floats(0.01, 4), st.floats(0.01, 4), st.floats(-0.95, 0.95), st.booleans())
def test_ellipses_are_the_points_at_the_radius_from_the_position(var_x, var_y, rho, turned):
    """(p - c)' S^-1 (p - c) = radius^2 all round, whichever way the table names the axes."""
    run = tables(1)
    both = rho * math.sqrt(var_x * var_y)
    cells = {"var_x": var_x, "cov": both, "var_y": var_y, "radius": 2.5}
    if turned:
        cells |= {"x_axis": "social", "y_axis": "economic", "var_x": var_y, "var_y": var_x}
    (shape,) = drawn(compass.draw(replace(run, ellipses=run.ellipses.assign(**cells))), "ellipse:")
    centre = run.ellipses[["x", "y"]].to_numpy()[0]
    away = shape.get_path().vertices[:-1] - centre
    inverse = np.linalg.inv([[var_x, both], [both, var_y]])
    assert np.einsum("ni,ij,nj->n", away, inverse, away) == pytest.approx(2.5**2, rel=1e-6)


def test_joint_regions_bend_at_the_ends_of_the_scale_and_never_leave_it():
    """An ellipse in artanh: of radius 2.5 there, its errors divided by 1 - m^2."""
    run = tables(1)
    ends = {"x_from": -10.0, "x_to": 10.0, "y_from": -5.0, "y_to": 5.0}
    cells = {"x": 9.0, "y": -4.0, "var_x": 4.0, "cov": -0.5, "var_y": 1.0, "radius": 2.5, **ends}
    run.placements.loc[:, "position"] = [9.0, -4.0]
    (shape,) = drawn(compass.draw(replace(run, ellipses=run.ellipses.assign(**cells))), "ellipse:")
    points = shape.get_path().vertices[:-1] / [10, 5]
    assert (np.abs(points) < 1).all()
    m = np.array([0.9, -0.8])
    away = (np.arctanh(points) - np.arctanh(m)) * (1 - m**2) * [10, 5]
    inverse = np.linalg.inv([[4.0, -0.5], [-0.5, 1.0]])
    assert np.einsum("ni,ij,nj->n", away, inverse, away) == pytest.approx(2.5**2, rel=1e-6)


def test_what_is_placed_without_a_claim_is_hollow_and_dashed_and_explained():
    run = tables(5)
    reason = "missing answers could move it by more than 2 points"
    figure = compass.draw(changed(run, 2, reason=reason))
    hollow = [dot.get_label() for dot in drawn(figure, "dot:") if not filled(dot)]
    dashed = [e.get_label() for e in drawn(figure, "ellipse:") if e.get_linestyle() != "solid"]
    model = run.models["model"][2]
    assert hollow == [f"dot:{model}"]
    assert dashed == [f"ellipse:{model}"]
    assert all(line.get_linestyle() == "--" for line in drawn(figure, f"whisker:{model}"))
    assert "hollow: no claim" in written(figure)
    assert "hollow" not in written(compass.draw(run))


def test_a_dot_is_hollow_if_one_of_its_two_axes_makes_no_claim():
    run = tables(3)
    run.placements.loc[0, "reason"] = "missing answers could move it by more than 2 points"
    assert [filled(dot) for dot in drawn(compass.draw(run), "dot:")].count(False) == 1


@pytest.mark.slow
def test_a_mass_warning_asks_for_paler_ink():
    run = tables(3)
    run.models.loc[1, "warnings"] = "low mass: the median is below 0.1 where options are shown"
    before, after = (
        {d.get_label(): to_hex(d.get_mfc()) for d in drawn(compass.draw(each), "dot:")}
        for each in (tables(3), run)
    )
    ((label, colour),) = after.items() - before.items()
    assert label == f"dot:{run.models['model'][1]}"
    assert colour == _style.paler(before[label])
    assert "pale" in written(compass.draw(run))


def test_quadrants_and_axis_ends_have_the_names_of_the_sets_own_poles():
    figure = compass.draw(tables(3))
    corners = {
        (t.get_text(), t.xy) for t in figure.axes[1].texts if getattr(t, "xy", None) is not None
    }
    assert corners == {
        ("libertarian left", (0, 0)),
        ("libertarian right", (1, 0)),
        ("authoritarian left", (0, 1)),
        ("authoritarian right", (1, 1)),
    }
    for end in ("← left", "right →", "← libertarian", "authoritarian →"):
        assert end in written(figure)


def test_coin_tosses_and_constant_answers_lie_behind_in_grey_and_raw_ones_do_not():
    figure = compass.draw(tables(3))
    (cloud,) = drawn(figure, "cloud:")
    assert (cloud.center, cloud.width, cloud.height) == ((0.1, 0.1), 3.6, 3.6)
    points = {
        p.get_label(): (p.get_xdata()[0], p.get_ydata()[0]) for p in drawn(figure, "constant:")
    }
    assert points == {
        "constant:agree to everything": (0, 0),
        "constant:disagree to everything": (0.4, 0.4),
    }
    assert cloud.zorder < min(dot.zorder for dot in drawn(figure, "dot:"))
    assert "coin tosses" in written(figure)
    assert "raw" not in written(figure)


def test_a_reference_without_a_position_is_left_out():
    run = tables(3)
    run.reference["position"] = math.nan
    assert drawn(compass.draw(run), "c") == []
    assert len(drawn(axes.draw(run), "dot")) == 6


def test_models_without_a_position_are_left_out_and_counted():
    run = changed(changed(tables(6), 0, position=math.nan), 3, position=math.nan)
    figure = compass.draw(run)
    assert len(drawn(figure, "dot:")) == 4
    assert "4 models on the economic and social axes" in written(figure)
    names = run.models["model"]
    assert f"No claim about: {names[0]}, {names[3]} (no position)." in written(figure)


def test_models_that_are_not_placed_have_no_dot_and_are_named_with_the_reason():
    """On one axis or both: nothing in the square can be taken for a centrist."""
    run = changed(tables(4), 1, placed=False, reason="does not tell true from false; and more")
    run.placements.loc[4, ["placed", "reason"]] = [False, "hardly prefers either side"]
    figure, names = compass.draw(run, no_caption=True), run.models["model"]
    assert {dot.get_label() for dot in drawn(figure, "dot:")} == {
        f"dot:{names[0]}",
        f"dot:{names[3]}",
    }
    assert len(drawn(figure, "whisker:")) == 4
    said = written(figure)
    assert f"{names[1]} (does not tell true from false)" in said
    assert f"{names[2]} (on economic: hardly prefers either side)" in said
    assert CAPTION not in said
    nobody = changed(run, slice(None), placed=False)
    assert drawn(compass.draw(nobody), "dot:") == []


def test_where_a_cross_and_a_region_are_drawn_the_caption_says_what_sets_them_apart():
    """Once, and nowhere else."""
    run = tables(3)
    assert written(compass.draw(run)).count(REGION) == 1
    assert REGION not in written(compass.draw(replace(run, ellipses=run.ellipses[:0])))
    bare = changed(run, slice(None), low=math.nan, high=math.nan)
    assert REGION not in written(compass.draw(bare))


def test_dots_on_one_another_are_all_seen():
    """Each is smaller than the one below it, also where positions differ by a hair."""
    run = tables(4)
    run.placements["position"] = [-2.0, 1.0, -2.0, 1.0, -2.05, 1.0, 3.0, 3.0]
    sizes = sorted(dot.get_markersize() for dot in drawn(compass.draw(run), "dot:"))
    assert sizes[0] < 0.7 * sizes[1] < 0.7 * sizes[2] <= 0.7 * sizes[3]


@pytest.mark.parametrize(
    ("zoom", "limits", "seen"),
    [
        ("fit", (-4, 4, -4, 4), 3),
        ("2", (-2, 2, -2, 2), 2),
        ("0.5,9,-4,0", (0.5, 9, -4, 0), 1),
    ],
)
def test_a_zoomed_compass_says_whom_it_leaves_out(zoom, limits, seen):
    run = tables(3)
    run.placements["position"] = [-1.5, 1.0, 1.0, -1.0, -3.0, 3.0]
    run.placements["low"] = run.placements["position"] - 0.3
    run.placements["high"] = run.placements["position"] + 0.3
    figure = compass.draw(run, zoom=zoom)
    panel = figure.axes[1]
    assert (*panel.get_xlim(), *panel.get_ylim()) == limits
    assert len(drawn(figure, "dot:")) == seen
    assert ("Outside of this part of the scale" in written(figure)) == (seen < 3)
    assert "3 models" in written(figure)
    corners = {t.get_text() for t in panel.texts} & {"libertarian left", "libertarian right"}
    assert len(corners) == (1 if seen == 1 else 2)


@pytest.mark.parametrize("zoom", ["11", "wide", "3,1,0,1", "1,2,3", "nan"])
def test_a_zoom_that_means_nothing_is_refused(zoom):
    with pytest.raises(UsageError, match="should be 'fit', a number up to 10"):
        compass.draw(tables(2), zoom=zoom)


def test_three_axes_show_the_first_two_unless_others_are_named():
    run = tables(4, 3)
    assert "economic and social" in written(compass.draw(run))
    assert "foreign and social" in written(compass.draw(run, x="foreign", y="social"))
    assert "economic and foreign" in written(compass.draw(run, y="foreign"))
    assert "social and economic" in written(compass.draw(run, x="social"))
    (dot, *_) = drawn(compass.draw(run, x="foreign", y="social"), "dot:")
    mine = run.placements.set_index(["model", "axis"])["position"][dot.get_label()[4:]]
    assert (dot.get_xdata()[0], dot.get_ydata()[0]) == (mine["foreign"], mine["social"])


# --- labels ------------------------------------------------------------------------------------

SIZES = (
    *({"width": 3.3, "font_size": 6.5}, {"width": 6.5}),
    *({"style": "slide"}, {"width": 12.0, "font_size": 7}),
)


@pytest.mark.parametrize("options", SIZES, ids=str)
@pytest.mark.parametrize("count", [12, 60])
def test_labels_overlap_nothing_and_every_model_can_be_told(count, options):
    """Each model stands beside its dot by name, or by a number that the key explains."""
    run = tables(count)
    figure = compass.draw(run, **options)
    labels = drawn(figure, "label")
    corners = [t for t in figure.axes[1].texts if t not in labels]
    assert overlapping(figure, [*labels, *corners]) == []
    panel = figure.axes[1].bbox.padded(1)
    assert all(
        panel.containsx(e.x0) and panel.containsx(e.x1) for e in (box(figure, t) for t in labels)
    )
    shown = [t.get_text() for t in labels]
    numbers = {text for text in shown if text.isdecimal()}
    key = dict(t.get_text().split("  ") for t in figure.axes[0].texts if "  " in t.get_text())
    assert numbers == set(key)
    assert sorted([*(set(shown) - numbers), *key.values()]) == sorted(run.models["model"])


def test_labels_cover_no_dot_of_another_model_where_there_is_room():
    run = tables(12)
    figure = compass.draw(run)
    points = [figure.axes[1].transData.transform(d.get_xydata()[0]) for d in drawn(figure, "dot:")]
    assert not any(box(figure, t).contains(*p) for t in drawn(figure, "label") for p in points)


def test_a_label_that_stands_off_has_a_line_to_its_dot():
    run = tables(12)
    run.placements["position"] = -2.0
    figure = compass.draw(run)
    assert {tuple(line.get_xydata()[0]) for line in drawn(figure, "leader")} == {(-2.0, -2.0)}


@pytest.mark.slow
@pytest.mark.parametrize("models", [120, pytest.param(300, marks=pytest.mark.soak)])
@pytest.mark.parametrize("spread", [0.0, 1.0], ids=["in one spot", "as they come"])
def test_what_finds_no_room_is_left_out_and_counted(spread, models):
    """More models than labels can be told apart for; those that are there do not overlap."""
    run = tables(models)
    run.placements["position"] = spread * run.placements["position"] - 2.0 * (1 - spread)
    figure = compass.draw(run, width=3.3)
    assert len(drawn(figure, "dot:")) == models
    labels = drawn(figure, "label")
    assert overlapping(figure, labels) == []
    assert f"Not labelled, for want of room: {models - len(labels)}." in written(figure)


@pytest.mark.slow
def test_beyond_300_models_no_name_is_written_and_that_is_said() -> None:
    """Of a thousand dots none can be told by a name; seating them took minutes."""
    figure = compass.draw(tables(301))
    assert len(drawn(figure, "dot:")) == 301
    assert "Not labelled, for want of room: 301." in written(figure)


# --- axes --------------------------------------------------------------------------------------


def test_every_placement_is_a_dot_on_its_interval_within_its_bounds():
    run = tables(12, 3)
    figure = axes.draw(run)
    assert [a.get_label() for a in figure.axes[1:]] == [
        "axis:economic",
        "axis:social",
        "axis:foreign",
    ]
    for panel, axis in zip(figure.axes[1:], run.axes, strict=True):
        mine = run.placements[run.placements["axis"] == axis.name]
        for kind, columns in (
            ("dot", ["position"]),
            ("interval", ["low", "high"]),
            ("bounds", ["minimum", "maximum"]),
        ):
            lines = [line for line in panel.lines if line.get_label() == kind]
            assert {tuple(line.get_xdata()) for line in lines} == set(
                mine[columns].itertuples(index=False, name=None)
            )


def test_rows_are_sorted_on_the_first_axis_and_named():
    run = tables(8)
    figure = axes.draw(run)
    dots = [line for line in figure.axes[1].lines if line.get_label() == "dot"]
    rows = sorted((d.get_ydata()[0], d.get_xdata()[0]) for d in dots)
    assert all(one[1] <= other[1] for one, other in pairwise(rows))
    first = run.placements[run.placements["axis"] == "economic"].sort_values("position")
    assert [t.get_text() for t in drawn(figure, "name")] == list(first["model"])


def test_families_of_several_are_headings_over_their_models():
    run = tables(24)
    names = [t.get_text() for t in drawn(axes.draw(run), "name")]
    assert len(names) == 24 + 8
    family = dict(zip(run.models["model"], run.models["family"], strict=True))
    heading = ""
    for name in names:
        heading = name if name in FAMILIES else heading
        assert family.get(name, heading) == heading


@pytest.mark.parametrize(("count", "axis_count"), [(1, 1), (3, 5), (60, 2), (150, 1)])
def test_rows_never_overlap_and_the_figure_grows_with_them(count, axis_count):
    figure = axes.draw(tables(count, axis_count))
    names = drawn(figure, "name")
    shelves = len({round(panel.get_position().y0, 6) for panel in figure.axes[1:]})
    assert len([n for n in names if n.get_text() not in FAMILIES]) == count * shelves
    assert overlapping(figure, names) == []
    assert figure.get_figheight() * 72 > count * shelves * 7.5


def test_axes_that_do_not_fit_side_by_side_go_on_below():
    figure = axes.draw(tables(3, 5))
    assert len({round(panel.get_position().y0, 6) for panel in figure.axes[1:]}) > 1
    assert overlapping(figure, list(figure.axes[0].texts)) == []


def test_rows_without_a_claim_are_hollow_and_without_a_position_say_so():
    why = "the options are improbable in 3 of 4 wordings"
    run = changed(changed(tables(5), 1, placed=False), 2, position=math.nan, low=math.nan)
    figure = axes.draw(changed(run, 3, reason=why))
    assert sorted(filled(dot) for dot in drawn(figure, "dot")) == [False, False, *[True] * 4]
    assert {t.get_text() for t in figure.axes[1].texts} == {"no position", "not placed"}
    assert f"No claim about: {run.models['model'][1]} (no reason given)." in written(figure)
    assert written(figure).split().count("\N{EN DASH}") == 4
    assert "Without a position on some axis: 1." in written(figure)
    last = {t.get_text() for t in drawn(figure, "name")[-2:]}
    assert last == set(run.models["model"][1:3])


def test_positions_stand_in_figures_beside_their_rows():
    run = changed(tables(1), 0, position=-0.04)
    assert written(axes.draw(run)).split().count("0.0") == 2
    assert "−3.5" in written(axes.draw(changed(run, 0, position=-3.5)))


# --- any figure -----------------------------------------------------------------------------------


def test_families_keep_apart_up_to_56():
    run = tables(56)
    run.models["family"] = [f"family {i:02}" for i in range(56)]
    looks = {(mark.colour, mark.marker) for mark in _marks.marks(run).values()}
    assert len(looks) == 56


def test_a_users_own_figure_enters_by_the_same_door(tmp_path):
    mine = tmp_path / "mine.py"
    mine.write_text(
        "from matplotlib.figure import Figure\n"
        "def draw(tables):\n"
        "    figure = Figure()\n"
        "    figure.add_subplot().plot(tables.placements['position'])\n"
        "    return figure\n"
    )
    _style.save(plugins.find("plots", str(mine), "draw").draw(tables(3)), tmp_path / "mine.png")
    assert (tmp_path / "mine.png").read_bytes().startswith(b"\x89PNG")
    assert {"axes", "compass"} <= set(plugins.names("plots"))
    assert not any(name.startswith("_") for name in plugins.names("plots"))


# --- saving ------------------------------------------------------------------------------------


def test_the_suffix_says_the_format_in_any_case(tmp_path):
    _style.save(Figure(), tmp_path / "figure.PDF")
    assert (tmp_path / "figure.PDF").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("name", ["figure.docx", "figure"])
def test_a_suffix_that_matplotlib_lacks_names_those_it_has(name, tmp_path):
    with pytest.raises(UsageError, match=r"figure.*valid: .*pdf.*png.*svg"):
        _style.save(Figure(), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(RunError, match=r"no folder '.*nowhere'"):
        _style.save(Figure(), tmp_path / "nowhere" / "figure.png")


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path):
    (tmp_path / "figure.png").mkdir()
    with pytest.raises(
        RunError, match=r"figure\.png: the figure cannot be written there: something"
    ):
        _style.save(Figure(), tmp_path / "figure.png")
    assert [p.name for p in tmp_path.iterdir()] == ["figure.png"]


# --- what a reader trips over ------------------------------------------------------------------


def test_a_label_does_not_lie_on_the_interval_of_its_own_dot():
    """However wide the interval is."""
    run = tables(3)
    rows = run.placements.assign(low=run.placements["position"] - 4)
    rows["high"] = run.placements["position"] + 4
    figure = compass.draw(replace(run, placements=rows), width=3.3)
    labels = [box(figure, text).extents for text in drawn(figure, "label")]
    assert len(labels) == 3
    panel = next(a for a in figure.axes if a.get_label() == "compass")
    for line in drawn(figure, "whisker:"):
        (x0, y0), (x1, y1) = panel.transData.transform(line.get_xydata())
        for left, bottom, right, top in labels:
            crosses = min(right, max(x0, x1)) >= max(left, min(x0, x1))
            assert not (crosses and min(top, max(y0, y1)) >= max(bottom, min(y0, y1)))


@pytest.mark.parametrize("module", [compass, axes])
def test_why_a_dot_is_hollow_is_said_below_it(module):
    cell = "trial run: 12 of 80 statements; low mass: the median is below 0.1"
    run = tables(3)
    hollow = changed(run, 0, reason=cell)
    assert "Hollow: " not in written(module.draw(run))
    name = run.models["model"][0]
    assert f"Hollow: {name} (trial run: 12 of 80 statements)." in " ".join(
        written(module.draw(hollow)).split()
    )


def test_the_mark_of_constant_answers_reaches_out_from_behind_a_dot():
    """Else the legend has a mark that nobody finds."""
    for width in (3.3, 6.5):
        figure = compass.draw(tables(3), width=width)
        dots = max(dot.get_markersize() for dot in drawn(figure, "dot:"))
        for mark in drawn(figure, "constant:"):
            if mark.get_marker() == "x":
                assert math.sqrt(2) * mark.get_markersize() > 1.5 * dots


def test_a_long_text_of_the_legend_and_a_long_heading_are_whole_at_a_column_s_width():
    long = "a-very-long-name-of-an-axis-that-nobody-shortens"
    run = tables(2)
    renamed = tuple(replace(axis, name=long) if k == 0 else axis for k, axis in enumerate(run.axes))
    rows = run.placements.replace({"axis": {run.axes[0].name: long}})
    figure = axes.draw(replace(run, axes=renamed, placements=rows), width=3.3)
    (head, _) = (box(figure, text).extents for text in drawn(figure, "head"))
    assert long in written(figure)
    assert head[0] >= 0
    assert head[2] <= figure.bbox.width
    with speaking("es"):
        spanish = axes.draw(run, width=3.3)
    for text in spanish.axes[0].texts:
        left, _, right, _ = box(spanish, text).extents
        assert left >= -1
        assert right <= spanish.bbox.width + 1
