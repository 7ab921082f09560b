"""Statements, topics, wordings, bias, timeline: what is drawn where."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from probes.plots import (
    _heat_map,
    _style,
    axes,
    bias,
    compass,
    statements,
    timeline,
    topics,
    wordings,
)

from probes.errors import UsageError
from probes.types import Published, Tables
from tests.pictures import (
    ASKED,
    TOPICS,
    changed,
    drawn,
    filled,
    overlapping,
    panel,
    run,
    texts,
    written,
)


def lines(figure: Figure, where: str, label: str) -> list:
    return [line for line in panel(figure, where).lines if line.get_label() == label]


def numbers(run: Tables, table: str, **cells: str) -> list[float]:
    rows = getattr(run, table)
    for column, value in cells.items():
        rows = rows[rows[column] == value]
    return sorted(rows["position"])


# --- topics ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_each_topic_of_each_axis_is_a_panel_with_its_positions():
    some = run(6)
    page = topics.draw(some)
    for axis in some.axes:
        for topic in TOPICS:
            dots = lines(page, f"topic:{axis.name}:{topic}", "dot")
            shown = sorted(dot.get_xdata()[0] for dot in dots)
            assert shown == numbers(some, "topics", axis=axis.name, topic=topic)
            whole = lines(page, f"topic:{axis.name}:{topic}", "whole")
            assert sorted(tick.get_xdata()[0] for tick in whole) == numbers(
                some, "placements", axis=axis.name
            )


def test_topics_of_an_axis_without_a_claim_are_hollow():
    page = topics.draw(changed(run(3), 1, reason="missing answers could move it by more"))
    dots = lines(page, "topic:social:taxes", "dot")
    assert [filled(dot) for dot in dots].count(False) == 1


# --- wordings ----------------------------------------------------------------------------------


def test_each_wording_is_a_mark_on_a_line_from_end_to_end():
    some = run(5)
    page = wordings.draw(some)
    for axis in some.axes:
        for wording in ASKED:
            marks = lines(page, f"axis:{axis.name}", f"wording:{wording}")
            shown = sorted(mark.get_xdata()[0] for mark in marks)
            assert shown == numbers(some, "wordings", axis=axis.name, wording=wording)
        ends = some.wordings[some.wordings["axis"] == axis.name].groupby("model")["position"]
        spreads = lines(page, f"axis:{axis.name}", "spread")
        assert {tuple(line.get_xdata()) for line in spreads} == set(
            zip(ends.min(), ends.max(), strict=True)
        )
    assert all(wording in written(page) for wording in ASKED)


def test_marks_of_a_model_without_a_claim_are_hollow():
    page = wordings.draw(changed(run(3), 1, placed=False))
    for axis in ("axis:economic", "axis:social"):
        marks = [mark for name in ASKED for mark in lines(page, axis, f"wording:{name}")]
        assert [filled(mark) for mark in marks].count(False) == len(ASKED)


# --- bias --------------------------------------------------------------------------------------


def test_each_model_stands_at_its_position_and_yes_bias_as_large_as_its_mass():
    some = run(6)
    page = bias.draw(some)
    rows = some.placements.set_index(["model", "axis"])
    for axis in some.axes:
        sizes = []
        for line in panel(page, f"axis:{axis.name}").lines:
            if line.get_label().startswith("dot:"):
                row = rows.loc[line.get_label().removeprefix("dot:"), axis.name]
                at = line.get_xdata()[0], line.get_ydata()[0]
                assert at == (row["position"], row["yes_bias"])
                sizes.append((row["mass"], line.get_markersize() ** 2))
                (span,) = lines(page, f"axis:{axis.name}", f"range:{row.name[0]}")
                assert tuple(span.get_ydata()) == (row["yes_bias_min"], row["yes_bias_max"])
        assert len(sizes) == 6
        masses, areas = np.array(sizes).T
        assert np.corrcoef(masses, areas)[0, 1] == pytest.approx(1)


def test_without_a_mass_a_dot_is_smallest_and_counted():
    some = run(3)
    some.placements.loc[some.placements["model"] == some.models["model"][0], "mass"] = math.nan
    assert "Without a mass, and drawn smallest: 1." in written(bias.draw(some))


@pytest.mark.parametrize("figure", [bias, timeline])
def test_many_models_have_one_number_each_in_all_panels(figure):
    some = run(20)
    page = figure.draw(some)
    key = dict(t.get_text().split("  ") for t in page.axes[0].texts if "  " in t.get_text())
    assert sorted(key.values()) == sorted(some.models["model"])
    for axis in some.axes:
        labels = [t for t in panel(page, f"axis:{axis.name}").texts if t.get_label() == "label"]
        assert {t.get_text() for t in labels} <= set(key)
        assert overlapping(page, labels) == []


# --- timeline ----------------------------------------------------------------------------------


def places(page: Figure) -> dict[str, tuple[float, float]]:
    return {
        line.get_label().removeprefix("dot:"): (line.get_xdata()[0], line.get_ydata()[0])
        for line in panel(page, "axis:economic").lines
        if line.get_label().startswith("dot:")
    }


def test_dates_sizes_and_access_run_to_the_right():
    some = run(6)
    about = some.models.set_index("model")
    at = some.placements.set_index(["axis", "model"])["position"]["economic"]
    for model, (x, y) in places(timeline.draw(some)).items():
        year, month = map(int, about["released"][model].split("-"))
        assert (x, y) == (pytest.approx(year + (month - 0.5) / 12), at[model])
    for model, (x, _) in places(timeline.draw(some, by="parameters")).items():
        assert x == pytest.approx(math.log10(about["parameters"][model]))
    columns = ["open", "gated", "api"]
    for model, (x, _) in places(timeline.draw(some, by="access")).items():
        assert columns[int(x)] == about["access"][model]


def test_lines_run_from_a_model_to_those_trained_from_it():
    some = run(6)
    page = timeline.draw(some)
    arrows = [t for t in panel(page, "axis:social").texts if t.get_label().startswith("kin:")]
    kin = {t.get_label().removeprefix("kin:") for t in arrows}
    assert kin == set(some.models["model"][some.models["parent"] != ""])
    assert "from a model to one trained from it" in written(page)


def test_models_of_which_it_is_not_known_are_left_out_and_counted():
    some = run(4)
    some.models.loc[1, "released"] = math.nan
    page = timeline.draw(some)
    assert len(places(page)) == 3
    assert "Not drawn, without a release date: 1." in written(page)


# --- statements --------------------------------------------------------------------------------


def test_every_cell_has_its_leaning_in_the_order_of_the_table():
    """Agreement, turned where agreeing pulls to the negative pole."""
    some = run(5)
    page = statements.draw(some)
    order = list(dict.fromkeys(some.statements["model"]))
    assert [t.get_text() for t in drawn(page, "model")] == order
    ids = [t.get_text() for t in drawn(page, "statement")]
    wide = some.statements.pivot_table("agreement", "statement", "model")[order].loc[ids]
    shown = np.vstack([image.get_array() for image in panel(page, "statements").images])
    pulls = some.statements.groupby("statement")["pull"].first().loc[ids].to_numpy()
    assert np.array_equal(shown, wide.to_numpy() * pulls[:, None])
    limits = {image.get_clim() for image in panel(page, "statements").images}
    assert limits == {(-1, 1)}


def test_poles_are_told_apart_around_white():
    low, middle, high = (_heat_map.COLOURS(share)[:3] for share in (0.0, 0.5, 1.0))
    assert min(middle) > 0.95
    assert low[0] > low[2]  # warm
    assert high[2] > high[0]  # cold


def test_missing_cells_are_hatched():
    some = run(3)
    some.statements.loc[[0, 1], "agreement"] = math.nan
    page = statements.draw(some)
    (cells,) = [p for p in panel(page, "statements").patches if "missing:" in p.get_label()]
    assert cells.get_hatch()
    assert cells.get_height() == 2
    assert "missing: nothing was answered" in written(page)
    assert "missing" not in written(statements.draw(run(3)))


def test_each_row_says_where_agreeing_pulls():
    page = statements.draw(run(2))
    poles = {t.get_text() for t in drawn(page, "pole")}
    assert poles == {"→ left", "→ right", "→ libertarian", "→ authoritarian"}


def test_a_slide_of_many_statements_stands_in_blocks_and_is_as_tall_as_a_screen():
    some = run(5)
    long = [
        some.statements.assign(statement=some.statements["statement"] + f"-{i}") for i in range(6)
    ]
    page = statements.draw(replace(some, statements=pd.concat(long)), style="slide")
    blocks = [p for p in page.axes if p.get_label() == "statements"]
    assert len(blocks) == 3
    assert sum(len(image.get_array()) for p in blocks for image in p.images) == 96
    assert page.get_figheight() < 0.6 * page.get_figwidth()


# --- anchors -----------------------------------------------------------------------------------

ELSEWHERE = (
    Published("GPT", "A 2024", "made-up", {"economic": (-3.0, -4.0), "social": (-2.0, -1.0)}),
    Published("GPT", "B 2025", "other", {"economic": (1.0,), "social": (1.0,)}),
)


def test_what_is_published_of_the_runs_own_set_stands_behind_in_grey():
    page = compass.draw(run(3), published=ELSEWHERE)
    marks = drawn(page, "anchor:GPT")
    assert [(m.get_xdata()[0], m.get_ydata()[0]) for m in marks] == [(-3, -2), (-4, -1)]
    assert {m.get_markeredgecolor() for m in marks} == {_style.GREY}
    assert all(m.zorder < dot.zorder for m in marks for dot in drawn(page, "dot:"))
    assert "GPT" in {t.get_text() for t in drawn(page, "label")}
    assert "A 2024." in written(page)
    assert "B 2025" not in written(page)


def test_published_placements_stand_beside_official_scores_where_there_are_any():
    """On the scale of the figure, with the interval as a cross, and without the position's ellipse;
    a model that lacks a score on one axis stays where the run placed it."""
    base = run(2)
    (first, second), axis_names = list(base.models["model"]), [axis.name for axis in base.axes]
    rows = [(first, axis_names[0], 53.0, 51.0, 55.0), (first, axis_names[1], 46.0, 44.0, 48.0)]
    rows.append((second, axis_names[0], 58.0, 57.0, 59.0))
    columns = ["model", "axis", "official", "low", "high"]
    scored = replace(base, official=pd.DataFrame(rows, columns=columns).assign(centre=50.0))
    page, plain = compass.draw(scored, published=ELSEWHERE), compass.draw(scored)
    (dot,) = drawn(page, f"dot:{first}")
    assert (dot.get_xdata()[0], dot.get_ydata()[0]) == (3, -4)
    across, up = drawn(page, f"whisker:{first}")
    assert (list(across.get_xdata()), list(up.get_ydata())) == ([1, 5], [-6, -2])
    assert not drawn(page, f"ellipse:{first}")
    assert "1 without one at the position of this run" in written(page)
    for figure in (page, plain):
        (other,) = drawn(figure, f"dot:{second}")
        assert (
            other.get_xdata()[0]
            == base.placements.set_index(["model", "axis"])["position"][second, axis_names[0]]
        )
    assert drawn(plain, f"whisker:{first}")[0].get_xdata()[0] != 1


def test_what_is_published_of_other_sets_only_is_refused():
    with pytest.raises(UsageError, match=r"nothing is published on .* of made-up.* other"):
        compass.draw(run(3), published=ELSEWHERE[1:])


@pytest.mark.parametrize("figure", [axes, compass])
def test_respondents_of_the_set_are_shown_on_request_only(figure):
    some = run(4)
    parties = [("respondent: Greens", axis.name, -4.0, math.nan) for axis in some.axes]
    more = pd.DataFrame(parties, columns=some.reference.columns)
    with_parties = replace(some, reference=pd.concat([some.reference, more]))
    assert "Greens" in {t.get_text() for t in texts(figure.draw(with_parties, anchors=True))}
    assert "Greens" not in {t.get_text() for t in texts(figure.draw(with_parties))}
    with pytest.raises(UsageError, match="--anchors: this set has no respondents"):
        figure.draw(some, anchors=True)
