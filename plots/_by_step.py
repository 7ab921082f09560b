"""Position by training step: one panel per axis, with intervals as bands."""

import math
from collections.abc import Sequence
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, SymmetricalLogLocator

from probes.errors import UsageError
from probes.phrases import say
from probes.types import Axis, Tables

from . import _scale, _style
from ._page import Page
from ._trajectories import Trajectory

UNITS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
LOG_SPAN = 100
"""Ratio of the last step to the first one above 0 from which the step scale is logarithmic."""


def draw(page: Page, tables: Tables, trajectories: Sequence[Trajectory]) -> None:
    """Draw the panels one below the other in the current column of the page.

    Raises:
        UsageError: no checkpoint has a position on any axis.
    """
    shown = [
        axis
        for axis in tables.axes
        if any(_has_position(trajectory, axis.name) for trajectory in trajectories)
    ]
    if not shown:
        raise UsageError(
            "no checkpoint of this run has a position, so there is nothing to draw; placements.csv"
            " says why"
        )
    steps = [point.step for trajectory in trajectories for point in trajectory.points]
    for axis in shown:
        panel = _panel(page, tables.scale, axis, len(shown), last=axis is shown[-1])
        _scale_steps(panel, steps)
        for trajectory in trajectories:
            _draw_trajectory(panel, trajectory, axis.name, 0.5 * page.look.size)


def format_step(step: float) -> str:
    """A step as tick label: ``143000`` -> ``143k``."""
    for unit, letter in UNITS:
        if abs(step) >= 10 * unit or (abs(step) >= unit and step % (unit / 10) == 0):
            return f"{step / unit:.3g}{letter}"
    return f"{step:g}"


def _has_position(trajectory: Trajectory, axis: str) -> bool:
    return any(math.isfinite(point.row.interval_on(axis).position) for point in trajectory.points)


def _panel(page: Page, scale: float, axis: Axis, panels: int, *, last: bool) -> Axes:
    """Axes of one of `panels` panels: steps horizontally, positions vertically."""
    look = page.look
    page.y += 1.5 * look.size
    top = page.y
    left = _scale.left_edge(page, scale, page.left)
    wide = page.left + page.width - left
    tall = look.panel_height(max(12 * look.size, 0.4 * wide), panels, 4)
    panel = page.add_panel(left, wide, tall, f"axis:{axis.name}")
    _scale.draw_scale(panel, scale)
    page.write(left + wide / 2, top - 0.5 * look.size, say(axis.name), ha="center")
    page.write_poles(axis, (page.left + look.size, top + tall), tall, turn=90, named=False)
    page.y = top + tall + 3 + 1.3 * look.small + 0.8 * look.size
    if last:
        page.y += 0.4 * look.size
        style = {"ha": "center", "color": _style.GREY}
        page.write(left + wide / 2, page.y, say("step"), **style)
        page.y += 0.6 * look.size
    return panel


def _scale_steps(panel: Axes, steps: Sequence[float]) -> None:
    """Set limits and ticks of the steps; logarithmic if they span orders of magnitude."""
    positive = [step for step in steps if step > 0]
    first, last = min(steps), max(steps)
    if positive and last / min(positive) >= LOG_SPAN:
        panel.set_xscale("symlog", linthresh=min(positive), linscale=0.4)
        locator = SymmetricalLogLocator(base=10, linthresh=min(positive))
        locator.set_params(numticks=6)
        panel.xaxis.set_major_locator(locator)
        panel.set_xlim(first, last * 1.15)
    else:
        panel.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        pad = 0.03 * (last - first) or 1
        panel.set_xlim(first - pad, last + pad)
    panel.xaxis.set_minor_locator(MaxNLocator(1))
    panel.xaxis.set_major_formatter(FuncFormatter(lambda step, _: format_step(step)))
    panel.tick_params(which="minor", length=0, labelbottom=False)


def _draw_trajectory(panel: Axes, trajectory: Trajectory, axis: str, diameter: float) -> None:
    """Draw a band, a line and dots; with a gap where a checkpoint is not placed."""
    intervals = [(point, point.row.interval_on(axis)) for point in trajectory.points]
    colour = trajectory.mark.colour
    for (point, start), (next_point, end) in pairwise(intervals):
        steps = (point.step, next_point.step)
        lows, highs = (start.low, end.low), (start.high, end.high)
        if start.drawn and end.drawn and all(map(math.isfinite, (*lows, *highs))):
            band = panel.fill_between(steps, lows, highs, fc=colour, lw=0, alpha=0.16, zorder=2)
            band.set_label(f"band:{trajectory.name}")
    (line,) = panel.plot(
        [point.step for point, _ in intervals],
        [interval.position if interval.drawn else math.nan for _, interval in intervals],
        zorder=3,
    )
    line.set(color=colour, lw=1.0, label=f"line:{trajectory.name}")
    for point, interval in intervals:
        if interval.drawn:
            (dot,) = panel.plot(
                point.step, interval.position, ls="none", ms=diameter, clip_on=False
            )
            style = trajectory.mark.style(solid=interval.solid)
            dot.set(zorder=4, label=f"dot:{point.row.model}", **style)
