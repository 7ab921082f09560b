"""The figure of families: shapes around their members, and what chance looks like behind them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from matplotlib.path import Path
from probes.plots import _hulls, families

from tests.pictures import FAMILIES, changed, drawn, filled, tables, written


def test_every_model_is_a_dot_within_the_shape_of_its_family():
    run = tables(24)
    figure = families.draw(run)
    shapes = {s.get_label().removeprefix("family:"): s for s in drawn(figure, "family:")}
    assert set(shapes) == set(FAMILIES)
    dots = {d.get_label().removeprefix("dot:"): d for d in drawn(figure, "dot:")}
    at = run.placements.pivot_table("position", "model", "axis")
    for model, family in zip(run.models["model"], run.models["family"], strict=True):
        place = at.loc[model, "economic"], at.loc[model, "social"]
        assert (dots[model].get_xdata()[0], dots[model].get_ydata()[0]) == place
        assert Path(shapes[family].get_xy()).contains_point(place)
        assert to_hex(dots[model].get_mfc()) == to_hex(shapes[family].get_facecolor())


def test_random_and_constant_respondents_stand_behind():
    figure = families.draw(tables(8))
    assert len(drawn(figure, "cloud:coin")) == 1
    assert len(drawn(figure, "constant:")) == 2
    assert "coin tosses" in written(figure)
    front = min(dot.get_zorder() for dot in drawn(figure, "dot:"))
    assert all(mark.get_zorder() < front for mark in drawn(figure, "c"))


@pytest.mark.slow
def test_families_stand_in_the_legend_be_there_one_or_many():
    assert all(name in written(families.draw(tables(16))) for name in FAMILIES)
    assert "Llama" in written(families.draw(tables(1)))


def test_models_without_a_family_have_no_shape():
    run = tables(6)
    run.models.loc[2, "family"] = np.nan
    figure = families.draw(run)
    assert len(drawn(figure, "family:")) == 5
    assert len(drawn(figure, "dot:")) == 6
    assert "no family" in written(figure)
    assert "claim nothing" in written(figure)


def test_what_makes_no_claim_is_hollow():
    run = tables(5)
    reason = "missing answers could move it by more than 2 points"
    figure = families.draw(changed(run, 2, reason=reason))
    (dot,) = drawn(figure, f"dot:{run.models['model'][2]}")
    assert not filled(dot)
    assert "hollow" in written(figure)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=1, max_size=20))
def test_a_hull_is_convex_holds_all_points_and_is_made_of_them(points):
    corners = _hulls.hull(np.array(points, dtype=float))
    assert {tuple(corner) for corner in corners} <= {tuple(map(float, p)) for p in points}
    if len(corners) > 2:
        after = np.roll(corners, -1, axis=0) - corners
        for x, y in points:
            away = np.array([x, y]) - corners
            assert (after[:, 0] * away[:, 1] - after[:, 1] * away[:, 0] >= 0).all()
