"""Every figure that draws a position or an interval draws that of the table, and nothing less.

A test a figure would forget one: the figures are those of the contract, and each says here which
of its artists stand for which cells.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.path import Path
from probes.plots import (
    across,
    advice,
    axes,
    bias,
    compass,
    conditions,
    debiasing,
    dose,
    families,
    gaps,
    groups,
    languages,
    link,
    requests,
    shift,
    timeline,
    topics,
    trajectory,
    wordings,
)

from probes import plugins
from probes.types import Tables
from tests.pictures import (
    advised,
    along,
    changed,
    classified,
    dosed,
    drawn,
    in_two_languages,
    linked,
    moved,
    on_two_instruments,
    run,
    served,
    under_conditions,
)

Cells = set[tuple[float, ...]]
ENDS = ["low", "high"]


def wide(some: Tables) -> Tables:
    """The run with intervals far wider than its joint regions, as near the ends of a scale; with a
    model that is not placed, and one without a claim."""
    frame = some.placements
    some = replace(some, placements=frame.assign(low=frame["position"] - 3.0, high=9.9))
    some = changed(some, 1, placed=False, reason="hardly prefers either side")
    return changed(some, 2, reason="missing answers could move it by more than 2 points")


def rows(some: Tables, axis: str | None = None, *, placed: bool = True) -> Any:
    frame = some.placements
    frame = frame[frame["placed"]] if placed else frame
    return frame if axis is None else frame[frame["axis"] == axis]


def cells(frame: Any, *columns: str) -> Cells:
    return {tuple(map(float, row)) for row in frame[list(columns)].to_numpy()}


def line_cells(lines: Iterable[Any], side: str) -> Cells:
    return {tuple(map(float, getattr(line, f"get_{side}data")())) for line in lines}


def of_panels(figure: Figure, prefix: str = "axis:") -> dict[str, Any]:
    return {
        str(panel.get_label()).removeprefix(prefix): panel
        for panel in figure.axes
        if str(panel.get_label()).startswith(prefix)
    }


def lines_of(panel: Any, label: str) -> list[Any]:
    return [line for line in panel.lines if str(line.get_label()).startswith(label)]


def two_axes(figure: Figure, some: Tables, *, whiskers: bool) -> None:
    """Dots at both positions, and crosses from low to high on each axis."""
    table = some.placements.set_index(["model", "axis"])
    x, y = (axis.name for axis in some.axes[:2])
    dots = {d.get_label().removeprefix("dot:"): d for d in drawn(figure, "dot:")}
    assert set(dots) == set(rows(some)["model"])
    for model, dot in dots.items():
        across, up = table.loc[model, x], table.loc[model, y]
        assert dot.get_xydata()[0] == pytest.approx([across["position"], up["position"]])
        if whiskers:
            found = line_cells(drawn(figure, f"whisker:{model}"), "x")
            assert (across["low"], across["high"]) in found
            found = line_cells(drawn(figure, f"whisker:{model}"), "y")
            assert (up["low"], up["high"]) in found


def inked_compass() -> None:
    some = wide(run(5))
    two_axes(compass.draw(some), some, whiskers=True)


def inked_families() -> None:
    """Dots alone: its caption says that shapes claim nothing."""
    some = wide(run(5))
    two_axes(families.draw(some), some, whiskers=False)


def inked_advice() -> None:
    """A square a share of replies, of the share's area; a cross under who is never advised."""
    some = advised(run(1))
    figure = advice.draw(some)
    (panel,) = of_panels(figure, "advice:").values()
    areas = {p.get_label(): p.get_width() * p.get_height() for p in panel.patches}
    for row in some.advice.to_dict("records"):
        label = f"share:{row['respondent']}:{row['advised']}"
        assert areas.get(label, 0.0) == pytest.approx(advice.MOST**2 * row["share"])
    crosses = [str(text.get_label()) for text in figure.axes[0].texts]
    assert [c for c in crosses if c.startswith("never:")] == [f"never:{'The long name ' * 5}"]
    assert any(text.get_text().startswith("3  The long") for text in figure.axes[0].texts)


def inked_rows(draw: Callable[[Tables], Figure], side: str) -> None:
    some = wide(run(5))
    for axis, panel in of_panels(draw(some)).items():
        mine = rows(some, axis)
        assert line_cells(lines_of(panel, "dot"), side) == cells(mine, "position")
        assert line_cells(lines_of(panel, "interval"), side) == cells(mine, *ENDS)


def inked_bias() -> None:
    some = wide(run(5))
    for axis, panel in of_panels(bias.draw(some)).items():
        assert line_cells(lines_of(panel, "dot:"), "x") == cells(
            rows(some, axis, placed=False), "position"
        )


def inked_wordings() -> None:
    some = wide(run(5))
    for axis, panel in of_panels(wordings.draw(some)).items():
        assert line_cells(lines_of(panel, "position"), "x") == cells(rows(some, axis), "position")


def inked_topics() -> None:
    some = wide(run(5))
    placed = rows(some).set_index(["model", "axis"]).index
    mine = some.topics[some.topics.set_index(["model", "axis"]).index.isin(placed)]
    for name, panel in of_panels(topics.draw(some), "topic:").items():
        axis, topic = name.split(":")
        here = mine[(mine["axis"] == axis) & (mine["topic"] == topic)]
        assert line_cells(lines_of(panel, "dot"), "x") == cells(here, "position")
        assert line_cells(lines_of(panel, "interval"), "x") == cells(here, *ENDS)


def inked_trajectory() -> None:
    """The tube holds the intervals of each checkpoint on both axes, the bands those of one."""
    some = wide(along())
    figure = trajectory.draw(some)
    (tube,) = drawn(figure, "tube:")
    outlines = [Path(part) for part in tube.get_path().to_polygons()]
    table = some.placements.set_index(["model", "axis"])
    for dot in (d for d in figure.axes[1].lines if d.get_label().startswith("dot:")):
        across, up = (table.loc[dot.get_label()[4:], axis.name] for axis in some.axes)
        x, y = dot.get_xydata()[0]
        corners = [(e, y) for e in across[ENDS]] + [(x, e) for e in up[ENDS]]
        for corner in corners:
            assert any(o.contains_point(corner, radius=r) for o in outlines for r in (-1e-6, 1e-6))
    for axis, panel in of_panels(figure).items():
        mine = some.placements[some.placements["axis"] == axis].set_index("model")
        for dot in lines_of(panel, "dot:"):
            row, step = mine.loc[dot.get_label()[4:]], dot.get_xdata()[0]
            assert dot.get_ydata()[0] == row["position"]
            bands = [b.get_paths()[0].vertices for b in panel.collections]
            heights = np.concatenate([v[np.isclose(v[:, 0], step), 1] for v in bands])
            assert {row["low"], row["high"]} <= set(heights)


def inked_shift() -> None:
    some = moved()
    figure = shift.draw(some)
    for row in some.differences.to_dict("records"):
        ends = row["position_against"] + row["low"], row["position_against"] + row["high"]
        side = "x" if row["axis"] == "economic" else "y"
        whiskers = line_cells(drawn(figure, f"whisker:{row['model']}"), side)
        assert any(found == pytest.approx(ends) for found in whiskers)


def inked_across() -> None:
    some = on_two_instruments(wide(run(5)))
    for trait, panel in of_panels(across.draw(some)).items():
        mine = some.positions[(some.positions["trait"] == trait) & some.positions["placed"]]
        assert line_cells(lines_of(panel, "dot:"), "x") == cells(mine, "share")
        assert line_cells(lines_of(panel, "interval:"), "x") == cells(mine, *ENDS)


def inked_languages() -> None:
    some = in_two_languages(wide(run(5)))
    for axis, panel in of_panels(languages.draw(some)).items():
        shown = line_cells(lines_of(panel, "dot"), "x")
        ends = line_cells(lines_of(panel, "interval"), "x")
        for part in some.tables.values():
            assert cells(rows(part, axis), "position") <= shown
            assert cells(rows(part, axis), *ENDS) <= ends


def inked_conditions() -> None:
    some = under_conditions(wide(run(5)))
    for axis, panel in of_panels(conditions.draw(some)).items():
        mine = some.conditions[(some.conditions["axis"] == axis)].dropna(subset=["difference"])
        ends = {
            (row["position_against"] + row["low"], row["position_against"] + row["high"])
            for row in mine.to_dict("records")
        }
        shown = line_cells(lines_of(panel, "interval"), "x")
        assert sorted(shown) == [pytest.approx(end) for end in sorted(ends)]


def inked_dose() -> None:
    """Dots and both intervals of all pairs; the line's ends lie on the fit that the table has."""
    some = dosed(wide(run(5)))
    assert some.dose is not None
    for name, panel in of_panels(dose.draw(some), "dose:base:").items():
        mine = some.dose[some.dose["axis"] == name]
        assert line_cells(lines_of(panel, "dot:"), "x") == cells(mine, "position")
        assert line_cells(lines_of(panel, "dot:"), "y") == cells(mine, "difference")
        assert line_cells(lines_of(panel, "across:"), "x") == cells(mine, "low", "high")
        upwards = line_cells(lines_of(panel, "upwards:"), "y")
        assert upwards == cells(mine, "difference_low", "difference_high")
        (line,) = lines_of(panel, "line")
        assert line.get_ydata() == pytest.approx(1 + 0.4 * np.asarray(line.get_xdata()))


def inked_rates(draw: Callable[[Tables], Figure], table: str, *ends: str) -> None:
    """Dots and intervals of each rate; `ends` are endings of the columns that are drawn."""
    some = classified(run(5))
    name = "gap" if table == "gaps" else "did"
    for metric, panel in of_panels(draw(some), "rate:").items():
        frame = getattr(some, table)
        mine = frame[frame["metric"] == metric]
        low, high = ("low", "high") if table == "gaps" else (f"{name}_low", f"{name}_high")
        wanted = set().union(*(cells(mine, name + end) for end in ends))
        assert line_cells(lines_of(panel, "dot"), "x") == wanted
        wanted = set().union(*(cells(mine, low + end, high + end) for end in ends))
        assert line_cells(lines_of(panel, "interval"), "x") == wanted


def inked_gaps() -> None:
    """And what chance shows: a bar to its 95th percentile, a stroke at its mean."""
    inked_rates(gaps.draw, "gaps", "")
    some = classified(run(5))
    for panel in of_panels(gaps.draw(some), "rate:").values():
        assert line_cells(lines_of(panel, "chance"), "x") == {(0.0, 0.14)}
        assert line_cells(lines_of(panel, "mean"), "x") == {(0.08,)}


def inked_link() -> None:
    """Dots and both intervals of all pairs, group by group."""
    some = linked(wide(run(5)))
    assert some.link is not None
    for name, panel in of_panels(link.draw(some), "link:base:").items():
        axis, group = name.removesuffix(":recall").split(":", 1)
        mine = some.link[(some.link["axis"] == axis) & (some.link["group"] == group)]
        assert line_cells(lines_of(panel, "dot:"), "x") == cells(mine, "leaning")
        assert line_cells(lines_of(panel, "dot:"), "y") == cells(mine, "did")
        across = line_cells(lines_of(panel, "across:"), "x")
        assert across == cells(mine, "leaning_low", "leaning_high")
        upwards = line_cells(lines_of(panel, "upwards:"), "y")
        assert upwards == cells(mine, "did_low", "did_high")


CHECKS: dict[str, Callable[[], None]] = {
    "across": inked_across,
    "axes": lambda: inked_rows(axes.draw, "x"),
    "bias": inked_bias,
    "compass": inked_compass,
    "advice": inked_advice,
    "conditions": inked_conditions,
    "debiasing": lambda: inked_rates(debiasing.draw, "losses", "", "_plain"),
    "dose": inked_dose,
    "families": inked_families,
    "gaps": inked_gaps,
    "groups": lambda: inked_rates(groups.draw, "contrasts", ""),
    "languages": inked_languages,
    "link": inked_link,
    "matrix": lambda: None,  # correlations, no position: tests of `matrix` hold its squares
    "requests": lambda: inked_rows(lambda some: requests.draw(served(some)), "x"),
    "shift": inked_shift,
    "statements": lambda: None,  # agreement, no position: tests of `statements` hold its cells
    "timeline": lambda: inked_rows(timeline.draw, "y"),
    "topics": inked_topics,
    "trajectory": inked_trajectory,
    "wordings": inked_wordings,
}


def test_every_figure_is_held_against_its_table() -> None:
    assert sorted(CHECKS) == plugins.names("plots")


@pytest.mark.parametrize("name", CHECKS)
def test_what_is_drawn_is_what_the_table_says(name: str) -> None:
    CHECKS[name]()


def test_a_region_never_stands_in_for_a_wider_interval() -> None:
    """Near the ends of the scale a joint region may be a hair: the cross shows the interval."""
    some = wide(run(3))
    some = replace(some, ellipses=some.ellipses.assign(var_x=1e-6, cov=0.0, var_y=1e-6))
    reach = [np.ptp(line.get_xdata()) for line in drawn(compass.draw(some), "whisker:")]
    lows = rows(some, "economic")["low"]
    assert max(reach) == pytest.approx(9.9 - lows.min())
    assert all(map(math.isfinite, reach))
