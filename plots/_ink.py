"""The looks that all figures share: sizes, fonts, colours, marks; and saving.

No number of the measurement passes through here. Nothing touches pyplot, so a figure is a plain
object. Figures drawn from the same tables have the same bytes when they are saved with `save`.
A user's own figure may use all of it, or none.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import matplotlib as mpl
import matplotlib.style
from matplotlib import font_manager
from matplotlib.colors import to_hex, to_rgb

from probes.errors import RunError, UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from matplotlib.figure import Figure

    from probes.types import Tables

Style = Literal["paper", "slide"]

STYLES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"paper": (6.5, 7.5), "slide": (10.0, 13.0)}
)
"""Style -> width in inches, size of text in points."""

BLACK, GREY, LIGHT, HAIR = "#1a1a1a", "#666666", "#b5b5b5", "#e6e6e6"
"""Text; secondary text; leader lines and reference marks; rules."""

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#222222")
"""Okabe and Ito's palette without its yellow, which white paper swallows."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p")
"""Eight against seven colours: 56 families before a pair comes round again."""

FONTS = (
    "DejaVu Sans",
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "PingFang SC", "Hiragino Sans",
    "Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "WenQuanYi Zen Hei", "Droid Sans Fallback",
    "Noto Sans Devanagari", "Noto Sans Bengali", "Noto Sans Thai", "Arial Unicode MS",
)  # fmt: skip
"""The one that matplotlib ships, then, where installed, those that lend it missing scripts."""


@dataclass(frozen=True, slots=True)
class Look:
    """Sizes of a figure: width in inches, text in points; all else follows from these."""

    width: float
    size: float

    @property
    def small(self) -> float:
        """Size of captions, legends and tick labels, in points."""
        return 0.86 * self.size

    @property
    def points(self) -> float:
        """Width of the figure, in points."""
        return 72 * self.width


@dataclass(frozen=True, slots=True)
class Mark:
    """How a model is drawn: its family's colour and marker, in paler ink under a mass warning."""

    family: str
    colour: str
    marker: str
    pale: bool = False

    @property
    def ink(self) -> str:
        """The colour to draw with."""
        return paler(self.colour) if self.pale else self.colour


def look(style: str = "paper", width: float | None = None, font_size: float | None = None) -> Look:
    """Sizes for a style, or the user's own.

    Raises:
        UsageError: for an unknown style, or a size outside of sense.
    """
    if style not in STYLES:
        raise UsageError(f"there is no figure style {style!r}; {nearest(style, STYLES)}")
    wide, size = STYLES[style]
    chosen = Look(wide if width is None else width, size if font_size is None else font_size)
    if not 2 <= chosen.width <= 60:
        raise UsageError(f"a figure's width must be 2 to 60 inches, not {chosen.width:g}")
    if not 3 <= chosen.size <= 40:
        raise UsageError(f"a figure's font size must be 3 to 40 points, not {chosen.size:g}")
    return chosen


@contextlib.contextmanager
def ink() -> Iterator[None]:
    """Draw in these looks whatever the user's matplotlibrc says, and leave it as it was.

    Letters of scripts that no installed font has come out as boxes in a PNG (in an SVG the
    reader's own fonts serve); matplotlib's warning for each of them is silenced, and only that.
    """
    known = set(font_manager.get_font_names())
    settings = {
        "font.family": [name for name in FONTS if name in known],
        "svg.fonttype": "none",
        "svg.hashsalt": "political-probes",
        "pdf.fonttype": 42,
        "ps.fonttype": 42,
    }
    with mpl.style.context(["default", settings]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .*missing from")
        yield


def paler(colour: str) -> str:
    """A colour mixed with more than half of white."""
    return to_hex([0.4 * part + 0.6 for part in to_rgb(colour)])


def marks(tables: Tables) -> dict[str, Mark]:
    """How each model of the placements is drawn, in table order."""
    family = {
        str(model): kin if isinstance(kin, str) else ""
        for model, kin in zip(tables.models["model"], tables.models["family"], strict=True)
    }
    models = list(dict.fromkeys(tables.placements["model"].astype(str)))
    families = sorted({family.get(model, "") for model in models} - {""})
    kinds = {
        kin: (COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)])
        for i, kin in enumerate(families)
    }
    kinds[""] = (GREY if families else COLOURS[0], "o")
    pale = _warned(tables)
    return {
        model: Mark(family.get(model, ""), *kinds[family.get(model, "")], pale=model in pale)
        for model in models
    }


def _warned(tables: Tables) -> set[str]:
    """Models whose rows warn that little probability lies on the options."""
    reason = tables.placements["reason"].fillna("").astype(str)
    return set(tables.placements.loc[reason.str.contains("mass"), "model"].astype(str))


def shorten(name: str, most: int = 36) -> str:
    """A name that fits a label: white space squeezed, the middle of a long one left out."""
    plain = " ".join(name.split())
    if len(plain) <= most:
        return plain
    tail = (most - 1) // 2
    return f"{plain[: most - 1 - tail]}\N{HORIZONTAL ELLIPSIS}{plain[-tail:]}"


def save(figure: Figure, path: Path) -> None:
    """Write a figure in the format that the path's suffix names.

    The same figure gives the same bytes as PNG, SVG and PDF: no date, no version. Text stays text
    in SVG and PDF. A file that is there already is replaced only by a whole one.

    Raises:
        UsageError: matplotlib has no such format.
        RunError: the folder is missing, or the file cannot be written.
    """
    formats = figure.canvas.get_supported_filetypes()
    suffix = path.suffix.lower().removeprefix(".")
    if suffix not in formats:
        given = f"no format {path.suffix!r}" if suffix else "a format for it only by its suffix"
        raise UsageError(f"{path}: matplotlib has {given}; valid: {', '.join(sorted(formats))}")
    if not path.parent.is_dir():
        raise RunError(f"{path}: there is no folder {str(path.parent)!r} to save the figure in")
    data = _rendered(figure, suffix)
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        reason = error.strerror or error
        raise RunError(f"{path}: the figure cannot be written there: {reason}") from error


def _rendered(figure: Figure, suffix: str) -> bytes:
    silent: dict[str, dict[str, None]] = {
        "png": {"Software": None},
        "svg": {"Creator": None, "Date": None},
        "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    }
    buffer = io.BytesIO()
    with ink():
        figure.savefig(buffer, format=suffix, metadata=silent.get(suffix))
    return buffer.getvalue()
