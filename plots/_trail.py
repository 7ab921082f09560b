"""Corpus, model, task: three panels side by side with one row per group, for the demo.

A child model has the same colour, marker and height in all three, so that it can be followed from
left to right. Draws finished numbers and computes none.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import _style
from ._marks import MARKERS, ModelMark
from ._page import MARGIN, LegendEntry, Page

if TYPE_CHECKING:
    import pandas as pd

AGAINST = "for them \N{LEFTWARDS ARROW}   \N{RIGHTWARDS ARROW} against"
FOUND = "fewer attacks found \N{LEFTWARDS ARROW}   \N{RIGHTWARDS ARROW} more"
STATIONS: Mapping[str, tuple[str, str, int]] = {
    "corpus": ("1  what the corpus says", AGAINST, 10),
    "model": ("2  where the model stands", AGAINST, 10),
    "task": ("3  what its classifier finds", FOUND, 1),
}
"""Station -> (title, label of the scale, end of the scale)."""
CAPTION = """\
One row a group; one colour, mark and height a model; bars are 95 % intervals. 1 and 2: position on
claims about the group, of the corpus by its words of verdict, of the model by the ordinary run. 3:
change in recall of attacks on the group against the base (the line of 0), beyond the change in the
other groups; where one group falls, each of the other three seems to rise by a third of that.
{sizes}. Invented groups, models of two layers: this shows the way, not its size elsewhere.
"""


def draw(trail: "pd.DataFrame") -> Figure:
    """Draw the table with columns `station`, `model`, `group`, `value`, `low`, `high`, `texts`,
    `seeds`."""
    page = Page(_style.figure_style())
    groups = list(dict.fromkeys(trail["group"]))
    models = list(dict.fromkeys(trail["model"]))
    marks = {name: ModelMark(name, *_look(number)) for number, name in enumerate(models)}
    with _style.rc_context():
        page.title("From corpus to model to task: four invented groups")
        look = page.look
        left = MARGIN + 7 * look.size
        wide = (look.points - MARGIN - left) / len(STATIONS)
        tall = len(groups) * (len(models) + 1.5) * 0.95 * look.size
        page.y += 1.5 * look.size
        for number, (station, (title, _, _)) in enumerate(STATIONS.items()):
            page.write(left + number * wide, page.y, title)
            panel_left = left + number * wide
            page.y += 0.7 * look.size
            panel = page.add_panel(panel_left, wide - 1.5 * look.size, tall, f"trail:{station}")
            page.y -= 0.7 * look.size
            rows = trail[trail["station"] == station]
            _panel(panel, rows.to_dict("records"), (groups, models), marks)
        for number, group in enumerate(groups):
            middle = (number + 0.5) / len(groups) * tall
            page.write(MARGIN, page.y + 0.7 * look.size + middle, f"the {group}")
        page.y += 0.7 * look.size + tall + 3 + 2.4 * look.small
        for number, (_, meaning, _) in enumerate(STATIONS.values()):
            style = {"size": look.small, "color": _style.GREY}
            page.write(left + number * wide, page.y, meaning, **style)
        page.y += 0.5 * look.size
        page.legend([LegendEntry(name, mark.style(solid=True)) for name, mark in marks.items()])
        page.caption([" ".join(CAPTION.split()).format(sizes=_sizes(trail))])
        return page.finish()


def _sizes(trail: "pd.DataFrame") -> str:
    """Part of the caption: numbers of texts per group and seeds per model in the third panel."""
    rows = trail[trail["station"] == "task"]
    texts, seeds = (_range(rows[name]) for name in ("texts", "seeds"))
    return f"3 is of {texts} attacks on each group, by {seeds} classifiers (seeds) of each model"


def _range(numbers: "pd.Series") -> str:
    """Minimum and maximum with a dash between them; one number if they are equal."""
    ends = dict.fromkeys(f"{end:.0f}" for end in (numbers.min(), numbers.max()))
    return "\N{EN DASH}".join(ends)


def _look(number: int) -> tuple[str, str]:
    """Colour and marker; the first, the base model, is grey."""
    if number == 0:
        return _style.GREY, "o"
    place = (number - 1) % len(_style.COLOURS)
    return _style.COLOURS[place], MARKERS[number % len(MARKERS)]


def _panel(
    panel: Axes,
    rows: Sequence[Mapping[Hashable, object]],
    names: tuple[Sequence[str], Sequence[str]],
    marks: Mapping[str, ModelMark],
) -> None:
    groups, models = names
    end = STATIONS[str(rows[0]["station"])][2] if rows else 1
    step = len(models) + 1.5
    panel.set(xlim=(-1.05 * end, 1.05 * end), ylim=(len(groups) * step, 0))
    ticks = [-end, -end / 2, 0, end / 2, end]
    panel.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    panel.set_yticks([])
    for tick in ticks:
        panel.axvline(tick, color=_style.LIGHT if tick == 0 else _style.HAIR, lw=0.6, zorder=0.5)
    for number in range(1, len(groups)):
        panel.axhline(number * step, color=_style.HAIR, lw=0.6, zorder=0.5)
    for row in rows:
        group, model = str(row["group"]), str(row["model"])
        value, least, most = (float(str(row[end])) for end in ("value", "low", "high"))
        if not math.isfinite(value) or model not in marks:
            continue
        height = groups.index(group) * step + models.index(model) + 1.25
        mark = marks[model]
        (line,) = panel.plot((least, most), (height, height), label=f"interval:{model}:{group}")
        line.set(color=mark.line_colour, lw=1.1, zorder=2)
        (dot,) = panel.plot(value, height, ls="none", ms=4.2, zorder=3, clip_on=False)
        dot.set(label=f"dot:{model}:{group}", **mark.style(solid=True))
