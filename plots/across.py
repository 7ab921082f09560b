"""Models on several instruments: one panel per trait, one row per model, one mark per instrument.

Marks show the position as a share of the instrument's scale, with its interval, and are joined by a
line: a short one means that the instruments agree. Draws finished numbers and computes none.
"""

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Unpack

from matplotlib.figure import Figure

from probes.errors import UsageError
from probes.phrases import listed, phrase, plural, say
from probes.types import Across, Axis, reasons
from probes.types.retold import told

from . import _intervals, _marks, _names, _small_multiples, _style
from ._model_rows import AxisInterval, ModelRow
from ._page import Page

APART = 0.8
"""Distance between the marks of a row, in ems."""
VERDICTS = {
    "across these instruments": phrase("Holds across these instruments: {traits}"),
    "for the instrument only": phrase("To be claimed for the instrument only: {traits}"),
    "cannot be told": phrase("Whether the instruments agree cannot be told: {traits}"),
}
Row = Mapping[Hashable, object]
Places = Mapping[tuple[str, str, str], AxisInterval]
"""(trait, model, instrument) -> position and interval as shares of the scale."""


def draw(across: Across, **style: Unpack[_style.StyleOptions]) -> Figure:
    """Draw every trait; the figure's height depends on the number of models.

    Raises:
        UsageError: these are not tables of `probes across`; no position; an unknown style or size.
    """
    if not isinstance(across, Across):
        raise UsageError("the figure 'across' draws what `probes across RUN1 RUN2` concludes")
    places = _places(across)
    if not any(math.isfinite(place.position) for place in places.values()):
        raise UsageError("across.csv holds no position, so there is nothing to draw")
    page = Page(_style.figure_style(**style))
    instruments = list(dict.fromkeys(across.positions["instrument"]))
    looks = {
        name: _marks.ModelMark(
            name, _style.COLOURS[i % len(_style.COLOURS)], _marks.MARKERS[i % len(_marks.MARKERS)]
        )
        for i, name in enumerate(instruments)
    }
    step = (APART * len(looks) + 0.9) * page.look.size

    def draw_cell(cell: _small_multiples.RowCell) -> None:
        shown = {name: places.get((cell.head, cell.row.model, name)) for name in looks}
        _draw_row(cell, {k: v for k, v in shown.items() if v}, looks, page.look, step)

    axes = [
        Axis(str(row["trait"]), str(row["negative"]), str(row["positive"]))
        for row in across.traits.to_dict("records")
    ]
    with _style.rc_context():
        lines, gutter = _small_multiples.fit_names(page, _rows(places))
        page.title(
            say(
                "{models} on {instruments}",
                models=plural(len(lines), "{n} model", "{n} models"),
                instruments=", ".join(map(_style.shorten, instruments)),
            )
        )
        layout = _small_multiples.PanelLayout(lines, 1.0, gutter, step, page.look.small)
        _small_multiples.draw_axes(page, layout, axes, draw_cell)
        page.legend(_marks.family_legend(looks.values(), in_order=True))
        states = [(p.solid, looks[name]) for (_, _, name), p in places.items() if p.drawn]
        page.legend([*_intervals.legend(places.values()), *_marks.state_legend(states)])
        page.note(
            _names.notes(_first_reasons(across, _why_unplaced), _first_reasons(across, _why_hollow))
        )
        page.caption([across.caption, across.intervals, *_verdicts(across)])
        return page.finish()


def _places(across: Across) -> Places:
    places = {}
    for row in across.positions.to_dict("records"):
        share, low, high, least, most = (
            float(row[n]) for n in ("share", "low", "high", "minimum", "maximum")
        )
        solid = reasons.claim({name: row[name] for name in ("placed", "reason")})
        is_placed = reasons.placed(row["placed"])
        key = str(row["trait"]), str(row["model"]), str(row["instrument"])
        places[key] = AxisInterval(share, low, high, least, most, solid, is_placed)
    return places


def _why_unplaced(row: Row) -> str:
    """Why a row is not placed; empty if it is."""
    if reasons.placed(row["placed"]):
        return ""
    return next(iter(reasons.sentences(row["reason"])), "no reason given")


def _why_hollow(row: Row) -> str:
    """Why a placed row makes no claim; empty if it does."""
    return next(iter(reasons.hollow(row["reason"])), "") if reasons.placed(row["placed"]) else ""


def _first_reasons(across: Across, reason_of: Callable[[Row], str]) -> dict[str, str]:
    """Model (with its instrument, unless all are alike) -> first reason by `reason_of`."""
    where: dict[str, dict[str, str]] = {}
    for row in across.positions.to_dict("records"):
        if why := reason_of(row):
            where.setdefault(str(row["model"]), {}).setdefault(str(row["instrument"]), told(why))
    return _names.apart(where, across.positions["instrument"].nunique())


def _rows(places: Places) -> list[ModelRow]:
    """One row per model; its name is grey if no instrument places it."""
    plain = _marks.ModelMark("", _style.GREY, "o")
    names = _style.distinct_names(model for _, model, _ in places)
    return [
        ModelRow(
            name,
            plain,
            {
                f"{trait} {on}": interval
                for (trait, row_model, on), interval in places.items()
                if row_model == model
            },
            model,
        )
        for model, name in names.items()
    ]


def _draw_row(
    cell: _small_multiples.RowCell,
    shown: Mapping[str, AxisInterval],
    looks: Mapping[str, _marks.ModelMark],
    look: _style.FigureStyle,
    step: float,
) -> None:
    """Draw one model's marks, slightly offset, and the line that joins them."""
    middle = (len(looks) - 1) / 2
    offsets = {n: (i - middle) * APART * look.size / step for i, n in enumerate(looks)}
    drawn = {name: interval for name, interval in shown.items() if interval.drawn}
    cell.panel.axhline(cell.place + 0.5, color=_style.HAIR, lw=0.4, zorder=0.5)
    if shown and not drawn:
        note = cell.panel.text(-0.98, cell.place, say("not placed"))
        note.set(size=look.small, color=_style.GREY, va="center_baseline")
    (joint,) = cell.panel.plot(
        [interval.position for interval in drawn.values()],
        [cell.place + offsets[n] for n in drawn],
        zorder=1.5,
    )
    joint.set(color=_style.LIGHT, lw=0.8, label=f"joint:{cell.row.model}")
    for name, interval in drawn.items():
        y, mark = cell.place + offsets[name], looks[name]
        (line,) = cell.panel.plot(
            (interval.low, interval.high), (y, y), zorder=3, label=f"interval:{name}"
        )
        line.set(color=mark.line_colour, lw=1.2, solid_capstyle="butt")
        if not interval.solid:
            line.set(lw=0.9, ls=(0, (3, 2)))
        if interval.maximum > interval.minimum:
            ends = (interval.minimum, interval.maximum)
            cell.panel.plot(ends, (y, y), color=_style.paler(mark.colour), lw=0.6, zorder=2)
        (dot,) = cell.panel.plot(interval.position, y, ls="none", zorder=4, clip_on=False)
        dot.set(ms=0.6 * look.size, label=f"dot:{name}", **mark.style(solid=interval.solid))


def _verdicts(across: Across) -> Sequence[str]:
    """Sentences on the traits, grouped by verdict."""
    traits: dict[str, list[str]] = {}
    for row in across.traits.to_dict("records"):
        traits.setdefault(str(row["verdict"]), []).append(say(str(row["trait"])))
    return [say(VERDICTS[verdict], traits=listed(names)) for verdict, names in traits.items()]
