"""The figure of trajectories: which checkpoints make a path, and what is drawn of it where."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from probes.plots import _by_step, _hulls, _trajectories, trajectory
from probes.plots._dots import JointRegion

from probes.types import Tables, reasons
from tests.pictures import along, changed, drawn, filled, panel, tables, texts, written

pytestmark = pytest.mark.usefixtures("pictureless")


def position(run: Tables, model: str, axis: str) -> float:
    rows = run.placements.set_index(["model", "axis"])
    return float(rows.loc[(model, axis), "position"])


ORDER = ("base", "run@20", "run@100", "run@300")


def test_a_path_begins_at_the_parent_and_goes_by_step():
    run = along()
    figure = trajectory.draw(run)
    (path,) = drawn(figure, "path:run")
    assert "step 300" in {text.get_text() for text in texts(figure)}
    assert list(path.get_xdata()) == [position(run, model, "economic") for model in ORDER]
    assert list(path.get_ydata()) == [position(run, model, "social") for model in ORDER]


def test_each_axis_has_positions_by_step_with_intervals_as_bands():
    run = along()
    figure = trajectory.draw(run)
    bounds = run.placements.set_index(["model", "axis"])
    for axis in ("economic", "social"):
        axes = panel(figure, f"axis:{axis}")
        (line_by_step,) = (line for line in axes.lines if line.get_label() == "line:run")
        assert list(line_by_step.get_xdata()) == [0, 20, 100, 300]
        assert list(line_by_step.get_ydata()) == [position(run, model, axis) for model in ORDER]
        bands = [band for band in axes.collections if band.get_label() == "band:run"]
        assert len(bands) == 3
        lows = {round(y, 9) for band in bands for y in band.get_paths()[0].vertices[:, 1]}
        for model in ORDER:
            assert round(bounds.loc[(model, axis), "low"], 9) in lows
            assert round(bounds.loc[(model, axis), "high"], 9) in lows


def test_the_tube_holds_every_ellipse_and_all_that_lies_between_two():
    run = along()
    (tube,) = drawn(trajectory.draw(run), "tube:run")
    shapes = run.ellipses.set_index("model")
    rings = [
        _hulls.ellipse_points(
            *shapes.loc[m, ["x", "y"]],
            JointRegion(*shapes.loc[m, ["var_x", "cov", "var_y", "radius"]]),
        )
        for m in ORDER
    ]
    for one, other in pairwise(rings):
        for share in (0.0, 0.5, 1.0):
            points = (1 - share) * one + share * other
            inside = tube.get_path().contains_points(points, radius=1e-6)
            inside |= tube.get_path().contains_points(points, radius=-1e-6)
            assert inside.all()


def test_checkpoints_without_a_common_name_go_by_family_parent_and_corpus():
    """One path of each corpus; the base stands at the start of both."""
    names = ("base", "a1", "a2", "b1", "b2")
    run = tables(5, 2, names)
    run = replace(
        run,
        models=run.models.assign(
            family="GPT-2", parent=["", *["base"] * 4], step=[math.nan, 5, 9, 5, 9],
            corpus=[None, "left", "left", "right", "right"],
        ),
    )  # fmt: skip
    trainings = _trajectories.trajectories(run)
    assert [training.name for training in trainings] == ["base on left", "base on right"]
    assert [[s.row.model for s in training.points] for training in trainings] == [
        ["base", "a1", "a2"],
        ["base", "b1", "b2"],
    ]
    assert trainings[0].mark.colour != trainings[1].mark.colour
    assert "base on left" in written(trajectory.draw(run))


def test_trainings_that_would_look_alike_get_a_colour_each():
    names = ("x@1", "x@2", "y@1", "y@2")
    run = tables(4, 2, names)
    run = replace(run, models=run.models.assign(family="GPT-2", parent="", step=[1.0, 2.0] * 2))
    one, other = _trajectories.trajectories(run)
    assert one.mark.colour != other.mark.colour


def test_a_parent_has_no_place_where_a_checkpoint_is_at_step_0():
    run = along(step=(100.0, math.nan, 0.0, 300.0, math.nan))
    (training,) = _trajectories.trajectories(run)
    assert [point.row.model for point in training.points] == ["run@20", "run@100", "run@300"]


def test_the_end_of_a_training_and_its_last_checkpoint_are_one_point():
    """`--checkpoints news` beside `--model news`: the folder's own model is the checkpoint of its
    step, and no second training that begins at the base again."""
    names = ("base", "news", "news@30", "news@60", "news@90")
    run = tables(5, 2, names)
    about = {"parent": ["", *["base"] * 4], "corpus": ["", *["left"] * 4]}
    run = replace(run, models=run.models.assign(step=[math.nan, 90, 30, 60, 90], **about))
    (training,) = _trajectories.trajectories(run)
    assert [point.row.model for point in training.points] == ["base", *names[2:]]
    assert "3 checkpoints of news" in {text.get_text() for text in texts(trajectory.draw(run))}
    run = replace(run, models=run.models.assign(step=[math.nan, 120, 30, 60, 90]))
    (training,) = _trajectories.trajectories(run)
    assert [point.row.model for point in training.points] == ["base", *names[2:], "news"]


def test_checkpoints_that_are_not_placed_have_no_dot_and_are_named():
    run = along()
    here = (run.placements["model"] == "run@100") & (run.placements["axis"] == "economic")
    unplaced = {"placed": ~here, "reason": here.map({True: reasons.BLIND.text, False: ""})}
    run = replace(run, placements=run.placements.assign(**unplaced))
    figure = trajectory.draw(run)
    dots = [dot.get_label() for dot in drawn(figure, "dot:")]
    assert dots.count("dot:run@100") == 1  # on the axis on which it is placed
    assert dots.count("dot:run@20") == 3
    bands = panel(figure, "axis:economic").collections
    assert len([band for band in bands if band.get_label() == "band:run"]) == 1
    assert "hollow" not in written(figure)
    assert f"No claim about: step 100 (on economic: {reasons.BLIND.text})." in written(figure)


def test_hollow_dots_mark_checkpoints_of_which_no_claim_is_made():
    run = changed(along(), 0, reason=reasons.trial(12, 80).text)
    figure = trajectory.draw(run)
    dots = [dot for dot in drawn(figure, "dot:") if dot.get_label() == "dot:run@100"]
    assert [filled(dot) for dot in dots] == [False] * 3
    assert "hollow" in written(figure)


def test_what_is_not_placed_is_named_by_training_with_its_steps():
    names = ("x@1", "x@2", "y@1", "y@2")
    run = tables(4, 1, names)
    run = replace(run, models=run.models.assign(family="GPT-2", parent="", step=[1.0, 2.0] * 2))
    why = reasons.BLIND.text
    run = changed(run, slice(3), placed=False, reason=why)
    note = f"No claim about: x: step 1, step 2 ({why}); y: step 1 ({why})."
    assert note in written(trajectory.draw(run))


def test_a_checkpoint_without_a_position_leaves_a_gap():
    run = changed(along(), 0, position=np.nan, low=np.nan, high=np.nan)
    figure = trajectory.draw(run)
    (path,) = drawn(figure, "path:run")
    assert len(path.get_xdata()) == 3
    bands = panel(figure, "axis:economic").collections
    assert len([band for band in bands if band.get_label() == "band:run"]) == 1


def test_one_axis_is_drawn_step_by_step_without_a_compass():
    run = along(1)
    figure = trajectory.draw(run)
    assert [axes.get_label() for axes in figure.axes] == ["paper", "axis:economic"]
    assert run.caption in written(figure)


def test_steps_over_orders_of_magnitude_stand_on_a_logarithmic_scale():
    wide = trajectory.draw(along(step=(1000.0, math.nan, 2.0, 143000.0, math.nan)))
    scales = {a.get_label(): a.get_xscale() for a in wide.axes}
    assert scales["axis:economic"] == "symlog"
    near = trajectory.draw(along())
    assert {a.get_xscale() for a in near.axes} == {"linear"}


@pytest.mark.parametrize(
    ("step", "text"), [(0, "0"), (300, "300"), (1500, "1.5k"), (1234, "1234"), (143000, "143k")]
)
def test_steps_are_written_short(step, text):
    assert _by_step.format_step(step) == text
