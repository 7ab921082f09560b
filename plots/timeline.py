"""The timeline: positions against release date, parameters or access, one panel per axis.

Arrows lead from each model to the models trained from it, such as from a base model to its aligned
version, if both are in the run. Draws finished numbers and computes none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Unpack

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.path import Path

from probes.errors import UsageError, nearest
from probes.phrases import plural, say
from probes.types import Axis, Tables

from . import _marks, _names, _scale, _style, _time_axis
from ._model_rows import AxisInterval, ModelRow, model_rows
from ._page import MARGIN, LegendEntry, Page

ARROW = Path(
    [(-1, 0), (1, 0), (0.4, 0.5), (1, 0), (0.4, -0.5)],
    [Path.MOVETO, Path.LINETO, Path.MOVETO, Path.LINETO, Path.LINETO],
)
CHILD = {"marker": ARROW, "mfc": "none", "mec": _style.GREY, "mew": 0.9}
"""Legend marker of an arrow from parent to child."""


@dataclass(frozen=True, slots=True)
class _Point(_names.DotName):
    """A model on one axis."""

    interval: AxisInterval


def draw(tables: Tables, *, by: str = "released", **style: Unpack[_style.StyleOptions]) -> Figure:
    """Draw positions against a property of the models in `models.csv`.

    Args:
        tables: Results of a run.
        by: ``released`` (year and month), ``parameters`` or ``access`` (open, gated, api).
        **style: See `_style.StyleOptions`.

    Raises:
        UsageError: `by` is none of these three; an unknown style or size; no model with a position
            has the value.
    """
    if by not in _time_axis.QUANTITIES:
        raise UsageError(f"--by {by}: {nearest(by, _time_axis.QUANTITIES)}")
    page = Page(_style.figure_style(**style))
    models = model_rows(tables)
    across = _time_axis.horizontal_axis(tables, by, [row.model for row in models if _placed(row)])
    panels = {axis: _points(models, axis.name, across.at) for axis in tables.axes}
    panels = {axis: points for axis, points in panels.items() if points}
    shown = [point for points in panels.values() for point in points]
    if not shown:
        raise UsageError(
            f"no model with a position has {_time_axis.NAMES[by]}, so there is nothing to draw; an"
            f" entry of models.yaml can say it ({_time_axis.EXAMPLES[by]})"
        )
    with _style.rc_context():
        marks = {point.model: point.mark for point in shown}
        page.title(
            plural(
                len(marks),
                "Positions of {n} model by {quantity}",
                "Positions of {n} models by {quantity}",
                quantity=say(_time_axis.TITLES[by]),
            )
        )
        parents, numbered = _parents(tables), _names.number_models(marks)
        missing = 0
        usual = max(15 * page.look.size, 0.36 * page.look.points)
        tall = page.look.panel_height(usual, len(panels), 3)
        for axis, points in panels.items():
            panel = _panel(page, tables.scale, axis, across, tall)
            _draw_arrows(panel, points, parents)
            missing += _draw_points(page, panel, points, numbered)
        page.legend(_marks.family_legend(marks.values()))
        page.legend(_legend(shown, parents))
        solid = {point.model: point.solid for point in shown}
        page.key(_names.number_key(marks, solid, numbered))
        remarks = [tables.caption, tables.intervals]
        if undated := sum(row.model not in marks and _placed(row) for row in models):
            without = say(_time_axis.NAMES[by])
            remarks.append(say("Not drawn, without {quantity}: {n}", quantity=without, n=undated))
        page.note(_names.unclaimed(tables))
        page.caption([*remarks, say(_time_axis.CAPTIONS[by]), *_names.unlabelled(missing)])
        return page.finish()


def _placed(row: ModelRow) -> bool:
    return any(interval.drawn for interval in row.intervals.values())


def _points(models: Sequence[ModelRow], axis: str, x_of: Mapping[str, float]) -> list[_Point]:
    """Models with a position and a value on the horizontal axis."""
    return [
        _Point(row.model, x_of[row.model], interval.position, interval.solid, row.mark, interval)
        for row in models
        if row.mark and row.model in x_of
        for interval in [row.interval_on(axis)]
        if interval.drawn
    ]


def _parents(tables: Tables) -> dict[str, str]:
    """Model -> its parent, if both are in the run."""
    models = set(tables.models["model"].astype(str))
    pairs = zip(tables.models["model"], tables.models["parent"], strict=True)
    return {str(model): str(parent) for model, parent in pairs if str(parent) in models}


# --- the panels --------------------------------------------------------------------------------


def _panel(
    page: Page, scale: float, axis: Axis, across: _time_axis.HorizontalAxis, tall: float
) -> Axes:
    """A panel with the horizontal axis, and positions on the vertical one."""
    look, top = page.look, page.y
    left = _scale.left_edge(page, scale, MARGIN)
    wide = look.points - MARGIN - left
    panel = page.add_panel(left, wide, tall, f"axis:{axis.name}")
    panel.set(xlim=across.ends)
    panel.set_xticks(list(across.ticks), list(across.ticks.values()))
    for tick, label in zip(across.ticks, panel.get_xticklabels(), strict=True):
        if tick in across.ends:  # Otherwise it extends into the margin, or beyond the page.
            label.set(ha="left" if tick == across.ends[0] else "right")
    _scale.draw_scale(panel, scale)
    for tick in across.lines:
        panel.axvline(tick, color=_style.HAIR, lw=0.6, zorder=0.5)
    page.write_poles(axis, (MARGIN + look.size, top + tall), tall, turn=90)
    page.y = top + tall + 3 + 1.3 * look.small + 1.1 * look.size
    return panel


def _draw_arrows(panel: Axes, points: Sequence[_Point], parents: Mapping[str, str]) -> None:
    """Draw an arrow from each model to the models trained from it."""
    dots = {point.model: point for point in points}
    for model, parent in parents.items():
        if model in dots and parent in dots:
            child, base = dots[model], dots[parent]
            arrow = {"arrowstyle": "-|>,head_length=0.32,head_width=0.14", "lw": 0.9}
            panel.annotate(
                "", (child.x, child.y), (base.x, base.y), zorder=2.6, label=f"kin:{model}",
                arrowprops={**arrow, "color": child.mark.colour, "shrinkA": 2.5, "shrinkB": 2.5},
            )  # fmt: skip


def _draw_points(
    page: Page, panel: Axes, points: Sequence[_Point], numbered: Mapping[str, int]
) -> int:
    """Draw vertical intervals, dots and names; returns the number of names without room."""
    diameter = (0.62 if len(points) <= 60 else 0.44) * page.look.size
    for point in points:
        ends, interval = (point.x, point.x), point.interval
        (line,) = panel.plot(ends, (interval.low, interval.high), zorder=2, label="interval")
        line.set(
            color=point.mark.line_colour, lw=0.7, alpha=0.55, ls="-" if point.solid else (0, (3, 2))
        )
        (dot,) = panel.plot(point.x, point.y, ls="none", ms=diameter, zorder=5, clip_on=False)
        dot.set(label=f"dot:{point.model}", **point.mark.style(solid=point.solid))
    return _names.write_labels(panel, points, numbered, page.look.small, diameter)


# --- texts -------------------------------------------------------------------------------------


def _legend(shown: Sequence[_Point], parents: Mapping[str, str]) -> list[LegendEntry]:
    drawn = {point.model for point in shown}
    interval = {"marker": "|", "color": _style.GREY, "mew": 0.7}
    entries = [LegendEntry(say("95\N{NO-BREAK SPACE}% interval"), interval)]
    if any(model in drawn and parent in drawn for model, parent in parents.items()):
        entries.append(LegendEntry(say("from a model to one trained from it"), CHILD))
    return [*entries, *_marks.state_legend((point.solid, point.mark) for point in shown)]
