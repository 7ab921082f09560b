"""The dose: position of a corpus against the shift of the model further trained on it.

One panel per parent and axis, one dot per model, with both intervals and the least-squares line if
there are enough pairs. Hollow dots are not part of the fit. Draws finished numbers and computes
none.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Unpack, cast

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from probes.errors import UsageError
from probes.phrases import plural, say
from probes.types import Axis, Tables, reasons

from . import _corpora, _crosses, _marks, _names, _scale, _style
from ._crosses import CrossedDot
from ._page import MARGIN, Page

Row = dict[str, object]


def draw(tables: Tables, **style: Unpack[_style.StyleOptions]) -> Figure:
    """Draw shifts of models against positions of their corpora.

    Raises:
        UsageError: these are not tables of `probes corpus dose`, or no parent and axis has enough
            pairs for a line; an unknown style or size.
    """
    if tables.dose is None or tables.dose_fits is None:
        raise UsageError("the figure 'dose' draws what `probes corpus dose RUN CORPORA` concludes")
    fits = [row for row in _rows(tables.dose_fits) if math.isfinite(_number(row["slope"]))]
    if not fits:
        raise UsageError(
            "no parent and axis has four models whose corpora are placed, so there is no line to "
            "draw"
        )
    page, marks = Page(_style.figure_style(**style)), _corpora.marks_by_corpus(tables)
    panels = [(fit, _pairs(tables, fit, marks)) for fit in fits]
    shown = {pair.model: pair for _, pairs in panels for pair in pairs}
    with _style.rc_context():
        page.title(
            plural(
                len(shown),
                "Positions of corpora and the shift of {n} model trained on them",
                "Positions of corpora and the shifts of {n} models trained on them",
            )
        )
        numbered = _names.number_models({name: pair.mark for name, pair in shown.items()})
        usual = max(15 * page.look.size, 0.4 * page.look.points / len(panels))
        tall = page.look.panel_height(usual, len(panels), 6)
        missing = sum(_panel(page, tables, panel, numbered, tall) for panel in panels)
        page.legend(_corpora.legend(pair.mark for pair in shown.values()))
        page.legend(
            [*_crosses.legend(), *_marks.state_legend((p.solid, p.mark) for p in shown.values())]
        )
        page.key(
            _names.number_key(
                {name: pair.mark for name, pair in shown.items()},
                {name: pair.solid for name, pair in shown.items()},
                numbered,
            )
        )
        drawn = {(fit["against"], fit["axis"]) for fit in fits}
        rows = [r for r in _rows(tables.dose) if (r["against"], r["axis"]) in drawn]
        page.note(_names.notes(*_crosses.without_claim(rows, ("position", "difference"))))
        page.caption([tables.caption, *_remarks(fits), *_names.unlabelled(missing)])
        return page.finish()


def _pairs(tables: Tables, fit: Row, marks: Mapping[str, _marks.ModelMark]) -> list[CrossedDot]:
    """Models of a parent with a shift on an axis, whose corpus has a position."""
    plain = _marks.ModelMark("", _style.GREY, "o")
    rows = _rows(tables.dose) if tables.dose is not None else []
    return [
        CrossedDot(
            *(str(row["model"]), _number(row["position"]), _number(row["difference"])),
            *(reasons.placed(row["placed"]), marks.get(str(row["model"]), plain)),
            (_number(row["low"]), _number(row["high"])),
            (_number(row["difference_low"]), _number(row["difference_high"])),
        )
        for row in rows
        if (row["against"], row["axis"]) == (fit["against"], fit["axis"])
        and all(math.isfinite(_number(row[name])) for name in ("position", "difference"))
    ]


def _panel(
    page: Page,
    tables: Tables,
    fit_and_dots: tuple[Row, Sequence[CrossedDot]],
    numbered: Mapping[str, int],
    tall: float,
) -> int:
    """Draw a panel with its line, dots and names; returns the number of names without room."""
    (fit, pairs), look = fit_and_dots, page.look
    axis = next(a for a in tables.axes if a.name == fit["axis"])
    head = say("shift from {model}", model=_style.shorten(str(fit["against"]), 24))
    page.y += 1.3 * look.size
    page.write(MARGIN, page.y - 0.3 * look.size, head, size=look.size)
    page.y += 0.7 * look.small
    reach = _crosses.reach(pairs)
    left = _scale.left_edge(page, max(reach, tables.scale), MARGIN)
    panel = page.add_panel(
        left, look.points - MARGIN - left, tall, f"dose:{fit['against']}:{axis.name}"
    )
    _scale.draw_scale(panel, reach)
    ticks = _scale.ticks(tables.scale)
    panel.set(xlim=(-tables.scale, tables.scale))
    panel.set_xticks(list(ticks), list(ticks.values()))
    for label, side in zip(
        panel.get_xticklabels()[:: len(ticks) - 1], ("left", "right"), strict=True
    ):
        label.set(ha=side)
    for tick in ticks:
        panel.axvline(tick, color=_style.HAIR, lw=0.6, zorder=0.5)
    _draw_line(panel, fit, [pair.x for pair in pairs if pair.solid])
    missing = _crosses.draw_dots(page, panel, pairs, numbered)
    page.y += tall + 3 + 2.6 * look.small
    page.write_poles(
        Axis(axis.name, axis.negative, axis.positive), (left, page.y), look.points - MARGIN - left
    )
    page.y += 0.8 * look.size
    return missing


def _draw_line(panel: Axes, fit: Row, places: Sequence[float]) -> None:
    """Draw the line over the range of the corpora in the fit; none without them."""
    if not places:
        return
    slope, intercept = _number(fit["slope"]), _number(fit["intercept"])
    ends = (min(places), max(places))
    (line,) = panel.plot(ends, [intercept + slope * x for x in ends], label="line", zorder=1.5)
    line.set(color=_style.GREY, lw=0.9)


def _remarks(fits: Sequence[Row]) -> Iterator[str]:
    """Sentences on the result of each fit, and its limits."""
    for fit in fits:
        numbers = {
            name: _style.format_number(_number(fit[name]), form)
            for name, form in (
                *((n, "+.2f") for n in ("slope", "slope_low", "slope_high", "spearman")),
                ("p", ".2g"),
            )
        }
        yield say(
            "{model}, {axis}: slope {slope} ({slope_low} to {slope_high}), ranks {spearman}, p {p}",
            model=_style.shorten(str(fit["against"]), 24),
            axis=say(str(fit["axis"])),
            **numbers,
        )
    yield say("Models trained from one parent are not independent draws")


def _rows(table: object) -> list[Row]:
    return cast("list[Row]", table.to_dict("records"))  # type: ignore[attr-defined]


def _number(cell: object) -> float:
    return float(cast("float", cell))
