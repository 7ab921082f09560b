"""The link: shift or position of models against the results of their classifiers, by group.

One block per base and axis, one panel per group, one dot per child with both intervals; hollow dots
are not part of the rank correlation. No line is fitted: a base has few children. Draws finished
numbers and computes none.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Unpack

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from probes.errors import UsageError
from probes.phrases import phrase, plural, say
from probes.types import Axis, Tables

from . import _corpora, _crosses, _intervals, _marks, _names, _rates, _scale, _style
from ._crosses import CrossedDot
from ._page import MARGIN, LegendEntry, Page
from ._text_lines import text_width

SHIFT = "shift"
MEASURES = {
    SHIFT: phrase("{axis}: shift from {model}"),
    "position": phrase("{axis}: positions, children of {model}"),
}
"""Measure of `link.csv` -> heading of a block."""
MIN_PANEL = 13.0
"""Minimum width of a panel beside others, in ems."""
NARROWEST = 4.0
"""Minimum width of a panel if the page is too narrow even for one."""
LEVEL_TICKS = (-1.0, 0.0, 1.0)
"""Horizontal ticks of a panel, in fractions of its scale."""
TALLEST = 13.0
"""Maximum height of a panel, in ems."""
BASE = {"marker": "*", "mfc": _style.BLACK, "mec": "white", "mew": 0.3}
"""Marker of the base model of the children; no family has it."""
KEYS = ("against", "axis", "group", "metric")


def draw(tables: Tables, **style: Unpack[_style.StyleOptions]) -> Figure:
    """Draw each group's difference against the leaning of models.

    Raises:
        UsageError: these are not tables of `probes downstream link`, or no panel has four placed
            models; an unknown style or size.
    """
    if tables.link is None or tables.link_fits is None:
        raise UsageError("the figure 'link' draws what `probes downstream link RUN DIR` concludes")
    fits = _rates.records(tables.link_fits)
    drawn = [fit for fit in fits if math.isfinite(_rates.number(fit["spearman"]))]
    if not drawn:
        most = max((int(_rates.number(fit["models"])) for fit in fits), default=0)
        raise UsageError(
            f"models placed beside a difference in differences: {most}, fewer than 4 (or all lean "
            "alike), so there is nothing to hold against each other"
        )
    page, looks = Page(_style.figure_style(**style)), _rates.marks(tables)
    dots = _dots(tables, looks)
    panels = [(fit, dots.get(_key(fit), [])) for fit in drawn]
    shown = {dot.model: dot for _, dots in panels for dot in dots}
    numbered = {model: number for number, model in enumerate(sorted(shown), start=1)}
    with _style.rc_context():
        page.title(
            plural(
                len(shown),
                "Leaning and task of {n} model, group by group",
                "Leaning and task of {n} models, group by group",
            )
        )
        blocks = dict.fromkeys((str(fit["against"]), str(fit["axis"])) for fit in drawn)
        missing = sum(
            _block(page, tables, [p for p in panels if _of_block(p[0], block)], numbered)
            for block in blocks
        )
        page.legend(_corpora.legend(dot.mark for dot in shown.values()))
        page.legend([*_crosses.legend(), *_base(drawn)])
        page.legend(
            [
                *_marks.state_legend(
                    (d.solid, d.mark) for _, panel_dots in panels for d in panel_dots
                )
            ]
        )
        marks = {name: dot.mark for name, dot in shown.items()}
        solid = {name: dot.solid for name, dot in shown.items()}
        page.key(_names.number_key(marks, solid, numbered))
        keys = set(map(_key, drawn))
        rows = [row for row in _rates.records(tables.link) if _key(row) in keys]
        page.note(_names.notes(*_crosses.without_claim(rows, ("leaning", "did"))))
        page.caption([tables.caption, *_remarks(fits, drawn), *_names.unlabelled(missing)])
        return page.finish()


def _of_block(fit: _rates.Row, block: tuple[str, str]) -> bool:
    return (str(fit["against"]), str(fit["axis"])) == block


def _key(row: _rates.Row) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in KEYS)


def _dots(
    tables: Tables, looks: Mapping[str, _marks.ModelMark]
) -> dict[tuple[str, ...], list[CrossedDot]]:
    """Panel -> the children of a base with known leaning and difference."""
    by_panel = dict[tuple[str, ...], list[CrossedDot]]()
    for row in _rates.records(tables.link):
        if not all(math.isfinite(_rates.number(row[name])) for name in ("leaning", "did")):
            continue
        dot = CrossedDot(
            *(str(row["model"]), _rates.number(row["leaning"]), _rates.number(row["did"])),
            *(row["placed"] in {True, "True"}, looks.get(str(row["model"]), _rates.PLAIN)),
            (_rates.number(row["leaning_low"]), _rates.number(row["leaning_high"])),
            (_rates.number(row["did_low"]), _rates.number(row["did_high"])),
        )
        by_panel.setdefault(_key(row), []).append(dot)
    return by_panel


def _block(
    page: Page,
    tables: Tables,
    panels: Sequence[tuple[_rates.Row, Sequence[CrossedDot]]],
    numbered: Mapping[str, int],
) -> int:
    """Draw the panels of a base and axis; returns the number of labels without room."""
    look, (fit, _) = page.look, panels[0]
    axis = next(a for a in tables.axes if a.name == fit["axis"])
    base = _style.shorten(str(fit["against"]), 24)
    page.y += 1.6 * look.size
    head = say(MEASURES[str(fit["measure"])], axis=say(axis.name), model=base)
    page.write(MARGIN, page.y, _style.shorten(head, 60), label="head")
    every = [dot for _, dots in panels for dot in dots]
    upwards = _crosses.reach(every, _rates.STEPS)
    sideways = tables.scale
    if fit["measure"] == SHIFT:
        sideways = _crosses.scale_end([x for dot in every for x in (*dot.across, dot.x)])
    left = _scale.left_edge(page, upwards, MARGIN - 1.5 * look.size)
    missing, gap = 0, 1.2 * look.size
    rows = list(
        _intervals.panel_rows(panels, page.width + MARGIN - left + gap, MIN_PANEL * look.size)
    )
    wide = (page.width + MARGIN - left - gap * (len(rows[0]) - 1)) / len(rows[0])
    wide = wide if wide >= NARROWEST * look.size else 0.0  # too narrow for any panel
    tall = min(TALLEST * look.size, 0.8 * wide)
    for row in rows:
        page.y += 3.2 * look.size
        for number, (of, dots) in enumerate(row):
            start = left + number * (wide + gap)
            panel = _panel(page, (start, wide, tall), of, (sideways, upwards))
            panel.tick_params(labelleft=number == 0)
            missing += _crosses.draw_dots(page, panel, dots, numbered)
        page.y += tall + 3 + 1.4 * look.small
    page.y += 0.9 * look.small
    poles = Axis(axis.name, axis.negative, axis.positive)
    page.write_poles(poles, (left, page.y), page.width + MARGIN - left, named=False)
    page.y += 0.8 * look.small
    return missing


def _panel(
    page: Page,
    room: tuple[float, float, float],
    fit: _rates.Row,
    scales: tuple[float, float],
) -> Axes:
    """A group's panel below its name and rank correlation."""
    look, (left, wide, tall) = page.look, room
    names = (str(fit["group"]), say(_rates.METRICS[str(fit["metric"])]))
    small, correlation = look.small, _correlation_text(fit)
    page.write(left, page.y - 1.7 * small, _fitted(", ".join(names), wide, small), size=small)
    size = min(small, small * wide / text_width(correlation, small))
    page.write(left, page.y - 0.5 * small, correlation, size=size, color=_style.GREY)
    panel = page.add_panel(left, wide, tall, ":".join(("link", *(str(fit[k]) for k in KEYS))))
    sideways, upwards = scales
    _scale.draw_scale(panel, upwards)
    ticks = [share * sideways for share in LEVEL_TICKS]
    panel.set(xlim=(-sideways, sideways))
    panel.set_xticks(ticks, [_style.format_number(tick, "g") for tick in ticks])
    for label, side in zip(panel.get_xticklabels()[::2], ("left", "right"), strict=True):
        label.set(ha=side)
    for tick in ticks:
        panel.axvline(tick, color=_scale.ZERO_LINE if not tick else _style.HAIR, lw=0.6, zorder=0.5)
    if fit["measure"] == SHIFT:
        (cross,) = panel.plot(0, 0, ls="none", label="base", zorder=3)
        cross.set(ms=0.9 * look.size, **BASE)
    return panel


def _fitted(text: str, wide: float, size: float) -> str:
    """A text cut to at most the width of a panel."""
    letters = 60
    while letters > 5 and text_width(_style.shorten(text, letters), size) > wide:
        letters -= 1
    return _style.shorten(text, letters)


def _correlation_text(fit: _rates.Row) -> str:
    """Rank correlation of a panel, with the number of its models."""
    numbers = {
        name: _style.format_number(_rates.number(fit[name]), form)
        for name, form in (("spearman", "+.2f"), ("p", ".2g"), ("models", ".0f"))
    }
    return say("ranks {spearman}, p {p}, {models} models", **numbers)


def _base(fits: Sequence[_rates.Row]) -> Iterator[LegendEntry]:
    if any(fit["measure"] == SHIFT for fit in fits):
        yield LegendEntry(say("the model that they come from"), BASE)


def _remarks(fits: Sequence[_rates.Row], drawn: Sequence[_rates.Row]) -> Iterator[str]:
    """Sentences on the vertical axis, on what is left out, and on the limits of the figure."""
    yield say("Upwards: difference in differences of the group")
    if left_out := len(fits) - len(drawn):
        yield plural(
            left_out,
            "Left out, with fewer than four models placed or all alike: {n} panel",
            "Left out, with fewer than four models placed or all alike: {n} panels",
        )
    yield say("p of each panel alone; after Holm in link_fits.csv")
    yield say("Models trained from one parent are not independent draws")
