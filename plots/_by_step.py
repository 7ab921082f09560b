"""Courses: position by step, a panel an axis, with intervals as bands."""

import math
from collections.abc import Sequence
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, SymmetricalLogLocator

from probes.errors import UsageError
from probes.types import Axis, Tables

from . import _style
from ._page import Page, extent
from ._trajectories import Trajectory

UNITS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
WIDE = 100
"""Last step over first one above 0 from which on steps stand on a logarithmic scale."""


def draw(sheet: Page, tables: Tables, found: Sequence[Trajectory]) -> None:
    """The panels, one below the other in the column that is being written.

    Raises:
        UsageError: no checkpoint has a position on any axis.
    """
    shown = [axis for axis in tables.axes if any(_known(way, axis.name) for way in found)]
    if not shown:
        raise UsageError(
            "no checkpoint of this run has a position, so there is nothing to draw; placements.csv"
            " says why"
        )
    steps = [stop.step for way in found for stop in way.stops]
    for axis in shown:
        panel = _panel(sheet, tables.scale, axis, last=axis is shown[-1])
        _rule(panel, steps)
        for way in found:
            _draw_course(panel, way, axis.name, 0.5 * sheet.look.size)


def short(step: float) -> str:
    """A step as a label: ``143000`` -> ``143k``."""
    for unit, letter in UNITS:
        if abs(step) >= 10 * unit or (abs(step) >= unit and step % (unit / 10) == 0):
            return f"{step / unit:.3g}{letter}"
    return f"{step:g}"


def _known(way: Trajectory, axis: str) -> bool:
    return any(math.isfinite(stop.row.on(axis).position) for stop in way.stops)


def _panel(sheet: Page, scale: float, axis: Axis, *, last: bool) -> Axes:
    """Steps to the right, the axis upwards."""
    look = sheet.look
    sheet.y += 1.5 * look.size
    top = sheet.y
    ticks = [-scale, -scale / 2, 0, scale / 2, scale]
    names = [_style.figures(tick, "g") for tick in ticks]
    left = sheet.left + 1.5 * look.size + max(extent(name, look.small) for name in names) + 3
    wide = sheet.left + sheet.width - left
    tall = max(12 * look.size, 0.4 * wide)
    panel = sheet.panel(left, wide, tall, f"axis:{axis.name}")
    panel.set(ylim=(-scale, scale))
    panel.set_yticks(ticks, names)
    for tick in ticks:
        panel.axhline(tick, color="#c9c6c0" if tick == 0 else _style.HAIR, lw=0.6, zorder=0.6)
    sheet.write(left + wide / 2, top - 0.5 * look.size, axis.name, ha="center")
    sheet.poles(axis, (sheet.left + look.size, top + tall), tall, turn=90, named=False)
    sheet.y = top + tall + 3 + 1.3 * look.small + 0.8 * look.size
    if last:
        sheet.y += 0.4 * look.size
        style = {"ha": "center", "color": _style.GREY}
        sheet.write(left + wide / 2, sheet.y, "step", **style)
        sheet.y += 0.6 * look.size
    return panel


def _rule(panel: Axes, steps: Sequence[float]) -> None:
    """Steps from first to last; on a logarithmic scale where they span orders of magnitude."""
    above = [step for step in steps if step > 0]
    first, last = min(steps), max(steps)
    if above and last / min(above) >= WIDE:
        panel.set_xscale("symlog", linthresh=min(above), linscale=0.4)
        locator = SymmetricalLogLocator(base=10, linthresh=min(above))
        locator.set_params(numticks=6)
        panel.xaxis.set_major_locator(locator)
        panel.set_xlim(first, last * 1.15)
    else:
        panel.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        pad = 0.03 * (last - first) or 1
        panel.set_xlim(first - pad, last + pad)
    panel.xaxis.set_minor_locator(MaxNLocator(1))
    panel.xaxis.set_major_formatter(FuncFormatter(lambda step, _: short(step)))
    panel.tick_params(which="minor", length=0, labelbottom=False)


def _draw_course(panel: Axes, way: Trajectory, axis: str, diameter: float) -> None:
    """A band, a line and dots; a gap where a checkpoint has no position."""
    spans = [(stop, stop.row.on(axis)) for stop in way.stops]
    colour = way.mark.colour
    for (a, one), (b, other) in pairwise(spans):
        ends = (a.step, b.step)
        if all(math.isfinite(v) for span in (one, other) for v in (span.low, span.high)):
            lows, highs = (one.low, other.low), (one.high, other.high)
            band = panel.fill_between(ends, lows, highs, fc=colour, lw=0, alpha=0.16, zorder=2)
            band.set_label(f"band:{way.name}")
    (line,) = panel.plot([s.step for s, _ in spans], [span.position for _, span in spans], zorder=3)
    line.set(color=colour, lw=1.0, label=f"course:{way.name}")
    for stop, span in spans:
        if math.isfinite(span.position):
            (dot,) = panel.plot(stop.step, span.position, ls="none", ms=diameter, clip_on=False)
            style = way.mark.style(solid=span.solid)
            dot.set(zorder=4, label=f"dot:{stop.row.model}", **style)
