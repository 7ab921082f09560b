"""The figure of shifts: which arrow goes where, how sure it is, and what it refuses to draw."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from probes.plots import _corpora, _differences, _style, shift

from probes.types import Tables
from probes.types.reasons import DECIDED, SMALL, UNDECIDED
from tests.pictures import CORPORA, changed, drawn, filled, moved, panel, texts, written


def ends(run: Tables, model: str) -> tuple[tuple[float, float], tuple[float, float]]:
    """Where a model's arrow begins and ends, by the tables."""
    rows = run.differences[run.differences["model"] == model].set_index("axis")
    start, change = rows["position_against"], rows["difference"]
    both = [(start[a], start[a] + change[a]) for a in ("economic", "social")]
    return tuple(zip(*both, strict=True))


def test_an_arrow_runs_from_the_parent_by_the_paired_difference():
    """Also where missing answers make that another place than the child's own position."""
    run = moved()
    run.differences.loc[run.differences["model"] == "news-left", "difference"] += 1.5
    figure = shift.draw(run)
    for model in ("news-left", "news-right", "forum-left"):
        (arrow,) = drawn(figure, f"further:{model}")
        start, end = ends(run, model)
        assert arrow._posA_posB == [pytest.approx(start), pytest.approx(end)]
        (dot,) = drawn(figure, f"end:{model}")
        assert (dot.get_xdata()[0], dot.get_ydata()[0]) == pytest.approx(end)
    (base,) = drawn(figure, "start:base")
    assert (base.get_xdata()[0], base.get_ydata()[0]) == pytest.approx(ends(run, "news-left")[0])


def test_the_region_of_the_difference_stands_around_the_head():
    """Every corner lies at the radius: (p - c)' S^-1 (p - c) = radius^2."""
    run = moved()
    (shape,) = drawn(shift.draw(run), "region:news-right")
    away = shape.get_xy() - ends(run, "news-right")[1]
    inverse = np.linalg.inv([[0.09, 0.02], [0.02, 0.16]])
    assert np.einsum("ni,ij,nj->n", away, inverse, away) == pytest.approx(2.6**2)
    turned = run.shifts.rename(columns={"x_axis": "y_axis", "y_axis": "x_axis"})
    turned = turned.rename(columns={"var_x": "var_y", "var_y": "var_x"})
    (same,) = drawn(shift.draw(replace(run, shifts=turned)), "region:news-right")
    assert same.get_xy() == pytest.approx(shape.get_xy())


def test_corpora_have_a_colour_each_and_stand_in_the_legend():
    run = moved()
    figure = shift.draw(run)
    dots = {d.get_label().removeprefix("end:"): to_hex(d.get_mfc()) for d in drawn(figure, "end:")}
    assert len({dots[model] for model in ("news-left", "news-right", "forum-left")}) == 3
    assert all(corpus in written(figure) for corpus in CORPORA if corpus)
    marks = _corpora.marks_by_corpus(run)
    assert marks["other"].colour == _style.GREY
    assert dots["news-left"] == marks["news-left"].colour.lower()


def test_without_corpora_families_have_the_colours():
    run = moved()
    figure = shift.draw(replace(run, models=run.models.drop(columns="corpus")))
    families = set(run.models["family"][1:4])
    assert all(family in written(figure) for family in families)


def test_what_is_not_seen_to_move_is_grey_and_hollow_and_explained():
    run = moved()
    figure = shift.draw(run)
    (arrow,) = drawn(figure, "still:forum-right")
    (dot,) = drawn(figure, "end:forum-right")
    assert to_hex(arrow.get_edgecolor()) == _style.LIGHT
    assert not filled(dot)
    assert "cannot be told apart" in written(figure)
    everyone = shift.draw(replace(run, differences=run.differences.assign(verdict="moved")))
    assert "cannot be told apart" not in written(everyone)


def test_no_dot_of_a_trial_is_solid_though_models_moved():
    trial = changed(moved(), slice(None), reason="trial run: 20 of 80 statements")
    figure = shift.draw(trial)
    assert drawn(figure, "further:")
    assert not any(filled(dot) for label in ("end:", "start:") for dot in drawn(figure, label))
    assert "trial run: 20 of 80" in written(figure)
    one = shift.draw(changed(moved(1), slice(None), reason="trial run: 20 of 80 statements"))
    assert not any(filled(dot) for dot in drawn(one, "end"))


@pytest.mark.parametrize(
    ("reason", "kind"),
    [(None, "further"), (DECIDED, "decided"), (UNDECIDED, "decided"), (SMALL, "still")],
)
def test_kinds_of_moves_are_read_from_what_comparisons_say(reason, kind):
    """Also of a table whose sentences were read from a CSV file."""
    run = moved(verdict="moved", reason=f"{reason.text}; more" if reason else np.nan)
    assert {
        step.kind for move in _differences.model_shifts(run) for step in move.steps.values()
    } == {kind}
    figure = shift.draw(run)
    assert len(drawn(figure, f"{kind}:")) == 4
    assert shift.WORDS[kind] in written(figure)


def test_each_model_is_named_once_be_it_the_end_of_several_arrows():
    """As after `probes compare DIR --all --save`."""
    run = moved()
    chain = run.differences.assign(against="news-left", model="forum-left")[:2]
    run = replace(run, differences=pd.concat([run.differences, chain]))
    names = [t.get_text() for t in texts(shift.draw(run))]
    assert names.count("forum-left") == 1
    assert names.count("news-left") == 1


def test_the_caption_says_what_sets_a_region_and_a_cross_apart():
    run = moved()
    assert f"{_differences.REGION}." in written(shift.draw(run))
    assert _differences.REGION not in written(shift.draw(replace(run, shifts=run.shifts[:0])))


def test_the_caption_counts_what_was_left_out():
    run = moved()
    run.differences.loc[run.differences["model"] == "forum-left", "difference"] = np.nan
    assert "Not drawn, for want of a difference on both axes: 1" in written(shift.draw(run))


def test_the_title_speaks_of_parents_only_where_they_are():
    run = moved()
    assert "4 models against their parents" in written(shift.draw(run))
    strangers = replace(run, models=run.models.drop(columns="parent"))
    assert "4 differences between models" in written(shift.draw(strangers))
    one = run.differences[run.differences["model"] == "news-left"]
    assert "1 model against its parent" in written(shift.draw(replace(run, differences=one)))


def test_one_axis_gets_a_row_a_model_under_its_parent():
    """From a hollow dot by a line to the model's, with the interval of the difference."""
    run = moved(1)
    figure = shift.draw(run)
    lines = panel(figure, "axis:economic").lines
    rows = run.differences.to_dict("records")
    of = {kind: [a for a in lines if a.get_label() == kind] for kind in ("start", "interval")}
    assert [a.get_xdata()[0] for a in of["start"]] == [r["position_against"] for r in rows]
    for row, line in zip(rows, of["interval"], strict=True):
        start = row["position_against"]
        assert list(line.get_xdata()) == pytest.approx([start + row["low"], start + row["high"]])
    joints = [line.get_label() for line in lines if ":" in str(line.get_label())]
    assert joints[-1] == "still:forum-right"
    assert "from base" in written(figure)
    assert all(row["model"] in written(figure) for row in rows)
