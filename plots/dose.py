"""The dose: where a corpus stands against how far the model moved that was trained further on it.

A panel a parent and axis, a dot a model, with both intervals and the line of least squares where
there are pairs enough. Hollow dots are no part of the line. Draws finished numbers and computes
none.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Unpack, cast

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from probes.errors import UsageError
from probes.phrases import plural, say
from probes.types import Axis, Tables, reasons
from probes.types.retold import told

from . import _corpora, _marks, _names, _scale, _style
from ._page import MARGIN, LegendEntry, Page

Row = dict[str, object]
STEPS = (1.0, 2.0, 5.0, 10.0, 20.0)
"""Ends of the scale of shifts, in points."""


@dataclass(frozen=True, slots=True)
class _Pair(_names.DotName):
    """A model and its corpus on one axis."""

    across: tuple[float, float]
    upwards: tuple[float, float]
    """Ends of both intervals."""


def draw(tables: Tables, **style: Unpack[_style.StyleOptions]) -> Figure:
    """Draw shifts of models against positions of their corpora.

    Raises:
        UsageError: these are no tables of `probes corpus dose`, or no parent and axis has pairs
            enough for a line; an unknown style or size.
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
        missing = sum(_panel(page, tables, of, numbered, tall) for of in panels)
        page.legend(_corpora.legend(pair.mark for pair in shown.values()))
        page.legend([*_legend(), *_marks.state_legend((p.solid, p.mark) for p in shown.values())])
        page.key(
            _names.number_key(
                {name: pair.mark for name, pair in shown.items()},
                {name: pair.solid for name, pair in shown.items()},
                numbered,
            )
        )
        page.note(_names.hollow(_without_claim(tables)))
        page.caption([tables.caption, *_remarks(fits), *_names.unlabelled(missing)])
        return page.finish()


def _pairs(tables: Tables, fit: Row, marks: Mapping[str, _marks.ModelMark]) -> list[_Pair]:
    """The models of a parent on an axis whose corpus has a position and that have a shift."""
    plain = _marks.ModelMark("", _style.GREY, "o")
    rows = _rows(tables.dose) if tables.dose is not None else []
    return [
        _Pair(
            *(str(row["model"]), _number(row["position"]), _number(row["difference"])),
            *(reasons.placed(row["placed"]), marks.get(str(row["model"]), plain)),
            (_number(row["low"]), _number(row["high"])),
            (_number(row["difference_low"]), _number(row["difference_high"])),
        )
        for row in rows
        if (row["against"], row["axis"]) == (fit["against"], fit["axis"])
        and all(math.isfinite(_number(row[name])) for name in ("position", "difference"))
    ]


def _without_claim(tables: Tables) -> dict[str, str]:
    """Model -> why the position of its corpus makes no claim, the first sentence of the table."""
    rows = _rows(tables.dose) if tables.dose is not None else []
    hollow = [row for row in rows if not reasons.placed(row["placed"])]
    firsts = {str(row["model"]): reasons.sentences(row["reason"]) for row in hollow}
    return {model: told(said[0]) for model, said in firsts.items() if said}


def _panel(
    page: Page,
    tables: Tables,
    of: tuple[Row, Sequence[_Pair]],
    numbered: Mapping[str, int],
    tall: float,
) -> int:
    """A panel with its line, dots and names; returns how many names found no room."""
    (fit, pairs), look = of, page.look
    axis = next(a for a in tables.axes if a.name == fit["axis"])
    head = say("shift from {model}", model=_style.shorten(str(fit["against"]), 24))
    page.y += 1.3 * look.size
    page.write(MARGIN, page.y - 0.3 * look.size, head, size=look.size)
    page.y += 0.7 * look.small
    reach = _reach(pairs)
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
    missing = _draw_pairs(page, panel, pairs, numbered)
    page.y += tall + 3 + 2.6 * look.small
    page.write_poles(
        Axis(axis.name, axis.negative, axis.positive), (left, page.y), look.points - MARGIN - left
    )
    page.y += 0.8 * look.size
    return missing


def _draw_line(panel: Axes, fit: Row, places: Sequence[float]) -> None:
    """As far as the corpora reach that it was fitted to; none without them."""
    if not places:
        return
    slope, intercept = _number(fit["slope"]), _number(fit["intercept"])
    ends = (min(places), max(places))
    (line,) = panel.plot(ends, [intercept + slope * x for x in ends], label="line", zorder=1.5)
    line.set(color=_style.GREY, lw=0.9)


def _draw_pairs(
    page: Page, panel: Axes, pairs: Sequence[_Pair], numbered: Mapping[str, int]
) -> int:
    diameter = 0.62 * page.look.size
    for pair in pairs:
        for label, xs, ys in (
            ("across", pair.across, (pair.y, pair.y)),
            ("upwards", (pair.x, pair.x), pair.upwards),
        ):
            (line,) = panel.plot(xs, ys, zorder=2, label=f"{label}:{pair.model}")
            line.set(color=pair.mark.line_colour, lw=0.7, alpha=0.55)
            line.set(ls="-" if pair.solid else (0, (3, 2)))
        (dot,) = panel.plot(pair.x, pair.y, ls="none", ms=diameter, zorder=5, clip_on=False)
        dot.set(label=f"dot:{pair.model}", **pair.mark.style(solid=pair.solid))
    return _names.write_labels(panel, pairs, numbered, page.look.small, diameter)


def _reach(pairs: Sequence[_Pair]) -> float:
    """The end of the scale of shifts that holds all intervals."""
    most = max((abs(end) for pair in pairs for end in (*pair.upwards, pair.y)), default=0.0)
    return next((step for step in STEPS if most <= step), most)


def _legend() -> Iterator[LegendEntry]:
    cross = {"marker": "+", "color": _style.GREY, "mew": 0.7}
    yield LegendEntry(say("95\N{NO-BREAK SPACE}% interval"), cross)


def _remarks(fits: Sequence[Row]) -> Iterator[str]:
    """What each line comes to, and what it does not say."""
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
