"""Vote advice: which party was advised to a user with which answers; one panel per model.

One square for each profile (row) and party (column); its area is the share of replies that advised
it. The right party is outlined, the last column is replies without one party, and a party never
advised has a cross below its column. Draws finished numbers and computes none.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Unpack

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from probes.errors import UsageError
from probes.phrases import plural, say
from probes.types import Tables

from . import _style
from ._page import MARGIN, LegendEntry, Page
from ._text_lines import text_width

MOST = 0.9
"""Side of a square that stands for all replies, relative to its cell."""
Row = Mapping[str, object]
NO_PARTY = "\N{EM DASH}"
"""Heading of the column of replies that advise no one party."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """Layout shared by the panels of all models, in points."""

    parties: Sequence[str]
    names: Mapping[str, str]
    gutter: float
    side: float

    @property
    def columns(self) -> int:
        """Number of columns: the parties, and replies without one."""
        return len(self.parties) + 1


def draw(tables: Tables, **style: Unpack[_style.StyleOptions]) -> Figure:
    """Draw every model; the figure's height depends on the number of profiles.

    Raises:
        UsageError: these are not tables of a run of advice; an unknown style or size.
    """
    if tables.advice is None or tables.advice.empty:
        raise UsageError(
            "the figure 'advice' draws runs of vote advice: probes run --protocol advice"
        )
    page = Page(_style.figure_style(**style))
    rows = [{str(k): v for k, v in row.items()} for row in tables.advice.to_dict("records")]
    models = _style.distinct_names(dict.fromkeys(str(row["model"]) for row in rows))
    with _style.rc_context():
        page.title(plural(len(models), "Vote advice by {n} model", "Vote advice by {n} models"))
        layout = _layout(page, rows)
        shown = [(name, [r for r in rows if r["model"] == model]) for model, name in models.items()]
        _draw_models(page, layout, shown)
        page.legend(list(_legend()))
        page.key(_unasked(layout, rows))
        page.caption([tables.caption, tables.intervals])
        return page.finish()


def _layout(page: Page, rows: Sequence[Row]) -> _Layout:
    """Parties in set order, numbered; with names as far as there is room."""
    parties = list(dict.fromkeys(str(r["advised"]) for r in rows if r["outcome"] == "advised"))
    small, most = page.look.small, 36
    shown = _style.distinct_names(parties, most)
    while most > 6 and _widest(shown, small) > 0.4 * page.width:
        most -= 2
        shown = _style.distinct_names(parties, most)
    gutter = _widest(shown, small) + 1.2 * small
    side = min(2.2 * small, (page.width - gutter) / (len(parties) + 1))
    return _Layout(parties, shown, gutter, side)


def _widest(names: Mapping[str, str], size: float) -> float:
    return max(text_width(f"{n}  {name}", size) for n, name in enumerate(names.values(), 1))


def _draw_models(page: Page, layout: _Layout, shown: Sequence[tuple[str, Sequence[Row]]]) -> None:
    """Draw the panels of models by name, as many side by side as fit."""
    gap, size = 3 * page.look.size, page.look.size
    names = max(text_width(name, size) for name, _ in shown)
    wide = max(names, layout.gutter + layout.side * layout.columns) + gap
    columns = max(1, int((page.width + gap) // wide))
    for start in range(0, len(shown), columns):
        top, feet = page.y, []
        for number, (name, rows) in enumerate(shown[start : start + columns]):
            page.y = top
            _draw_model(page, layout, MARGIN + number * wide, name, rows)
            feet.append(page.y)
        page.y = max(feet)


def _draw_model(page: Page, layout: _Layout, left: float, name: str, rows: Sequence[Row]) -> None:
    """Draw a model's panel below its name, `left` points from the edge of the page."""
    small, side, columns = page.look.small, layout.side, layout.columns
    with_profile = {str(row["respondent"]) for row in rows}
    profiles = [party for party in layout.parties if party in with_profile]
    page.y += 1.6 * page.look.size
    page.write(left, page.y, name, size=page.look.size)
    page.y += 0.6 * small + 1.2 * min(small, 0.6 * side)
    wide, tall = side * columns, side * len(profiles)
    panel = page.add_panel(left + layout.gutter, wide, tall, f"advice:{name}")
    panel.set(xlim=(0, columns), ylim=(len(profiles), 0), xticks=[], yticks=[])
    _draw_cells(panel, layout, profiles, rows)
    for number, party in enumerate(profiles):
        y = page.y + (number + 0.5) * side + 0.36 * min(small, side)
        text = f"{layout.parties.index(party) + 1}  {layout.names[party]}"
        page.write(left, y, text, size=min(small, 0.9 * side))
    never = _never(layout.parties, rows)
    for number, head in enumerate([*map(str, range(1, columns)), NO_PARTY]):
        x = left + layout.gutter + (number + 0.5) * side
        size = min(small, 0.6 * side)
        page.write(x, page.y - 0.35 * size, head, size=size, ha="center")
        if number < len(layout.parties) and layout.parties[number] in never:
            note = page.write(x, page.y + tall + size, "\N{MULTIPLICATION SIGN}", size=size)
            note.set(ha="center", color=_style.GREY, label=f"never:{layout.parties[number]}")
    page.y += tall + 1.2 * small


def _draw_cells(
    panel: Axes,
    layout: _Layout,
    profiles: Sequence[str],
    rows: Sequence[Row],
) -> None:
    """Draw squares for the shares of replies; the right party's cell is outlined."""
    nobody = dict.fromkeys(profiles, 0.0)
    for number, party in enumerate(profiles):
        corner = layout.parties.index(party), number
        panel.add_patch(Rectangle(corner, 1, 1, fc="none", ec=_style.GREY, lw=0.6, zorder=3))
        panel.axhline(number, color=_style.HAIR, lw=0.3, zorder=0.5)
    for row in rows:
        party, share = str(row["respondent"]), float(str(row["share"]))
        if row["outcome"] == "advised":
            cell = layout.parties.index(str(row["advised"])), profiles.index(party)
            _square(panel, cell, share, f"share:{party}:{row['advised']}")
        elif share > 0:
            nobody[party] += share
    for number, party in enumerate(profiles):
        cell = len(layout.parties), number
        _square(panel, cell, nobody[party], f"share:{party}:", _style.LIGHT)


def _square(
    panel: Axes, cell: tuple[int, int], share: float, label: str, colour: str = _style.COLOURS[0]
) -> None:
    if share > 0:
        side = MOST * sqrt(min(1.0, share))
        corner = cell[0] + (1 - side) / 2, cell[1] + (1 - side) / 2
        panel.add_patch(Rectangle(corner, side, side, fc=colour, lw=0, zorder=2)).set_label(label)


def _never(parties: Sequence[str], rows: Sequence[Row]) -> set[str]:
    """Parties that no reply advised; empty without replies."""
    advised = [row for row in rows if row["outcome"] == "advised"]
    parties_named = {str(row["advised"]) for row in advised if float(str(row["replies"])) > 0}
    return set(parties) - parties_named if parties_named else set()


def _unasked(layout: _Layout, rows: Sequence[Row]) -> list[LegendEntry]:
    """Key of party numbers that occur as a column but not as a row."""
    with_profile = {str(row["respondent"]) for row in rows}
    return [
        LegendEntry(f"{number}  {layout.names[party]}", {"marker": ""})
        for number, party in enumerate(layout.parties, start=1)
        if party not in with_profile
    ]


def _legend() -> Iterator[LegendEntry]:
    square = {"marker": "s", "mfc": _style.COLOURS[0], "mec": "none"}
    hollow = {"marker": "s", "mfc": "none", "mec": _style.GREY, "mew": 0.6}
    grey = {"marker": "s", "mfc": _style.LIGHT, "mec": "none"}
    cross = {"marker": "x", "mec": _style.GREY, "mew": 0.8}
    yield LegendEntry(say("advised to these answers: area is the share of replies"), square)
    yield LegendEntry(say("the party whose answers they are"), hollow)
    yield LegendEntry(say("no one party of the set advised"), grey)
    yield LegendEntry(say("never advised"), cross)
