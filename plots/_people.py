"""People who answered the set, behind the models, always with their caption.

On two axes, outlines that contain a share of a group, and its mean; on one axis, a row for each
group and a band for all people. Groups have different dashes and a name at their mean, not colours,
which would look like a party's. Draws finished numbers and computes none.
"""

import math
from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Polygon, Rectangle
from matplotlib.path import Path

from probes.phrases import phrase, say
from probes.types import Tables

from . import _anchors, _style
from ._dots import AxisPair
from ._marks import ModelMark
from ._model_rows import AxisInterval, ModelRow
from ._page import LegendEntry

KIND = "mean of a group of people"
"""Name of the mark in the legend."""
LINE, SHADE = "#a89f90", "#8a7648"
DASHES: tuple[tuple[float, ...], ...] = (
    *((), (4, 1.5), (1, 1.2), (6, 1.5, 1, 1.5), (8, 2), (3, 1, 1, 1, 1, 1)),
)
"""Dashes of groups, in order of their size; limits the number of groups with an outline."""
DOTTED = Path(
    [(x, 0) for at in (-0.9, -0.3, 0.3, 0.9) for x in (at - 0.1, at + 0.1)],
    [Path.MOVETO, Path.LINETO] * 4,
)
"""Legend marker of a dotted line."""
BAND = 0.12
"""Opacity of the band that contains half of all people."""
EVERYBODY = phrase("all people")
HEADING = phrase("groups of people")
BOX, DOTS = 0.26, (0, (1, 1.6))
"""Half the height of the box (half of a group), and dashes of the line (90 % of a group)."""


def drawn_groups(tables: Tables) -> list[str]:
    """Groups with an outline or, on one axis, those of the table; the largest first."""
    if tables.people_spread is None:
        return []
    names = dict.fromkeys(_text(name) for name in tables.people_spread["group"])
    return [name for name in names if name][: len(DASHES)]


def draw_people(panel: Axes, tables: Tables, axes: AxisPair) -> None:
    """Draw outlines of half of each group, and of half and 90 % of all people."""
    table, looks = tables.people_outlines, dict(zip(drawn_groups(tables), DASHES, strict=False))
    if table is None:
        return
    turned = table["x_axis"].eq(axes[1].name) & table["y_axis"].eq(axes[0].name)
    ahead = table["x_axis"].eq(axes[0].name) & table["y_axis"].eq(axes[1].name)
    columns = ["x", "y"] if ahead.any() else ["y", "x"]
    rows = table[ahead | turned].fillna({"group": ""})
    rows = rows[rows["group"].isin(["", *looks])]
    for (group, share, _), line in rows.groupby(["group", "share", "part"], sort=False):
        corners = line[columns].to_numpy(float)
        shape = Polygon(corners, fc="none", ec=LINE, lw=0.7, zorder=1.3)
        shape.set_label(f"people:{group or EVERYBODY}:{share:g}")
        if not group:
            shape.set(fc=SHADE, ec="none", alpha=BAND, zorder=1.2)
        elif looks.get(str(group)):
            shape.set_linestyle((0, looks[str(group)]))
        panel.add_patch(shape)


def means(tables: Tables, axes: Sequence[str]) -> list[_anchors.Anchor]:
    """The mean of each group that has one on all of these axes."""
    table = tables.people_spread
    if table is None:
        return []
    columns = (table[name] for name in ("group", "axis", "mean"))
    mean_of = {(_text(g), str(a)): float(mean) for g, a, mean in zip(*columns, strict=True)}
    return [
        _anchors.Anchor(group, KIND, {axis: (mean_of[group, axis],) for axis in axes})
        for group in drawn_groups(tables)
        if all((group, axis) in mean_of for axis in axes)
    ]


def legend(tables: Tables, *, one_axis: bool = False) -> list[LegendEntry]:
    """Legend entries for the shading and, on two axes, the outlines."""
    if tables.people_outlines is None:
        return []
    shade = {"marker": "s", "mfc": SHADE, "mec": "none", "alpha": 2 * BAND}
    if one_axis:
        return [
            LegendEntry(say("half of all people, and the middle one"), shade),
            *_row_legend(tables),
        ]
    entries = [LegendEntry(say("half and 90\N{NO-BREAK SPACE}% of all people"), shade)]
    if drawn_groups(tables):
        ring = {"marker": "o", "mfc": "none", "mec": LINE}
        entries.append(LegendEntry(say("half of a group"), ring))
    return entries


def _row_legend(tables: Tables) -> Iterator[LegendEntry]:
    """Legend entries for boxes and dotted lines, if any are drawn."""
    intervals = [interval for row in rows(tables) for interval in row.intervals.values()]
    if any(math.isfinite(interval.low) for interval in intervals):
        box = {"marker": "s", "mfc": "none", "mec": _style.GREY, "mew": 0.7}
        yield LegendEntry(say("half of a group"), box)
    if any(math.isfinite(interval.minimum) for interval in intervals):
        dots = {"marker": DOTTED, "mfc": "none", "mec": _style.GREY, "mew": 0.8}
        yield LegendEntry(say("90\N{NO-BREAK SPACE}% of a group"), dots)


def remarks(tables: Tables) -> list[str]:
    """Caption of the people, and which groups are not drawn."""
    table = tables.people_spread
    if table is None:
        return []
    left = len({_text(name) for name in table["group"]} - {""}) - len(drawn_groups(tables))
    more = say("; {n} smaller groups are not drawn", n=left) if left else ""
    who = "; ".join(map(str, tables.people_parts)) or tables.people_caption
    return [say("People: {who}", who=who) + more]


# --- one axis ----------------------------------------------------------------------------------


def rows(tables: Tables) -> Iterator[ModelRow]:
    """A row for all people and for each group: mean, ranges of half and of 90 % of the people; the
    latter are NaN if a group is too small."""
    if tables.people_spread is None:
        return
    by_group: dict[str, dict[str, AxisInterval]] = {}
    columns = ("mean", "p25", "p75", "p5", "p95")
    for row in tables.people_spread.to_dict("records"):
        mean, low, high, least, most = (float(row[name]) for name in columns)
        on_axes = by_group.setdefault(_text(row["group"]), {})
        on_axes[str(row["axis"])] = AxisInterval(mean, low, high, least, most, solid=True)
    mark = ModelMark("", _style.GREY, _anchors.MARKERS[KIND])
    names = _style.distinct_names(["", *drawn_groups(tables)])
    yield ModelRow(say(HEADING))
    for group, name in names.items():
        if group in by_group:
            yield ModelRow(name or say(EVERYBODY), mark, by_group[group], group, people=True)


def draw_row(
    panel: Axes, place: float, mark: ModelMark, interval: AxisInterval, look: _style.FigureStyle
) -> None:
    """Draw a group: the box contains half of it, the dotted line 90 %, if known.

    Unlike a model's thick line, these are no confidence intervals.
    """
    panel.axhline(place, color=_style.HAIR, lw=0.4, zorder=0.5)
    ends = (interval.minimum, interval.maximum)
    panel.plot(ends, (place, place), label="people:90", color=_style.GREY, lw=0.8, ls=DOTS)
    if math.isfinite(interval.low):
        low, width = (interval.low, place - BOX), interval.high - interval.low
        box = Rectangle(low, width, 2 * BOX, fc="white", ec=_style.GREY, lw=0.7, zorder=2.5)
        box.set_label("people:50")
        panel.add_patch(box)
    (dot,) = panel.plot(interval.position, place, ls="none", zorder=4, clip_on=False, label="dot")
    dot.set(ms=0.66 * look.size, **mark.style(solid=interval.solid))


def draw_band(panel: Axes, tables: Tables, axis: str) -> None:
    """Draw a band that contains half of all people, and a line at the median."""
    table = tables.people_spread
    if table is None:
        return
    for row in table[table["axis"].eq(axis)].to_dict("records"):
        if not _text(row["group"]) and math.isfinite(float(row["p25"])):
            band = panel.axvspan(float(row["p25"]), float(row["p75"]), fc=SHADE, lw=0, zorder=0.4)
            band.set(alpha=1.4 * BAND, label=f"people:{EVERYBODY}")
            panel.axvline(float(row["p50"]), color=LINE, lw=0.7, zorder=0.65)


def _text(name: object) -> str:
    """A text cell; empty for NaN, as pandas reads an empty cell of a CSV."""
    return "" if isinstance(name, float) and math.isnan(name) else str(name)
