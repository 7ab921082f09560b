"""The style of all figures: sizes, fonts, colours; and saving.

Computes none of the numbers shown. Does not use pyplot, so a figure is a plain object. Figures
drawn from the same tables have identical bytes when saved with `save`. A user's own figure may use
any part of this module.
"""

import contextlib
import io
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypedDict

import matplotlib as mpl
import matplotlib.style
from matplotlib import font_manager
from matplotlib.backend_bases import FigureCanvasBase
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font

from probes.errors import RunError, UsageError, nearest
from probes.files import atomic

Style = Literal["paper", "slide"]

STYLES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"paper": (6.5, 7.5), "slide": (10.0, 11.0)}
)
"""Style -> (width in inches, font size in points). A slide has its legend beside the panel."""

SLIDE = 0.5625
"""Height of a slide relative to its width."""
SLIDE_TEXT, SLIDE_PANEL = 11.0, 9.0
"""Height of a slide for title, legend and caption, and minimum height of a panel, in ems."""

BLACK, GREY, LIGHT, HAIR = "#1a1a1a", "#666666", "#b5b5b5", "#e6e6e6"
"""Colours of text; secondary text; leader lines and reference marks; gridlines."""

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#222222")
"""The colour-blind safe palette of Okabe and Ito, without yellow, which is too light on white."""

FONTS = (
    "DejaVu Sans",
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "PingFang SC", "Hiragino Sans",
    "IPAexGothic", "TakaoPGothic",
    "Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "WenQuanYi Zen Hei", "Droid Sans Fallback",
    "Noto Sans Devanagari", "Noto Sans Bengali", "Noto Sans Thai", "Arial Unicode MS",
)  # fmt: skip
"""matplotlib's own font, then fallback fonts for other scripts, if installed."""


@dataclass(frozen=True, slots=True)
class FigureStyle:
    """Sizes of a figure: width in inches, font size in points; other sizes follow from these."""

    width: float
    size: float
    beside: bool = False
    """Whether legend, key and caption are beside the panel instead of below it."""
    titled: bool = True
    captioned: bool = True

    @property
    def small(self) -> float:
        """Font size of captions, legends and tick labels, in points."""
        return 0.86 * self.size

    @property
    def points(self) -> float:
        """Width of the figure, in points."""
        return 72 * self.width

    def panel_height(self, usual: float, rows: int, between: float) -> float:
        """Height of each of `rows` rows of panels, in points.

        On a slide, at most what leaves room for title, legend and caption, and for `between` two
        rows (in ems), but at least a readable height.
        """
        if not self.beside:
            return usual
        room = (SLIDE * self.points - SLIDE_TEXT * self.size) / rows - between * self.size
        return max(SLIDE_PANEL * self.size, min(usual, room))


class StyleOptions(TypedDict, total=False):
    """Options of every figure, offered by `probes plot`."""

    style: Style
    """``paper`` (6.5 inches wide, 7.5 points) or ``slide`` (10 inches, 11 points)."""
    width: float | None
    """Width of the figure in inches; None: the style's."""
    font_size: float | None
    """Font size of ordinary text in points; None: the style's."""
    no_title: bool
    """Omit the title, for a paper that has its own."""
    no_caption: bool
    """Omit the caption; the note on models without a claim stays."""


def figure_style(
    style: str = "paper",
    width: float | None = None,
    font_size: float | None = None,
    *,
    no_title: bool = False,
    no_caption: bool = False,
) -> FigureStyle:
    """Sizes of a style, or the user's own; and which texts are omitted.

    Raises:
        UsageError: unknown style, or unreasonable size.
    """
    if style not in STYLES:
        raise UsageError(f"there is no figure style {style!r}; {nearest(style, STYLES)}")
    wide, size = STYLES[style]
    chosen = FigureStyle(
        wide if width is None else width,
        size if font_size is None else font_size,
        beside=style == "slide",
        titled=not no_title,
        captioned=not no_caption,
    )
    if not 2 <= chosen.width <= 60:
        raise UsageError(f"a figure's width must be 2 to 60 inches, not {chosen.width:g}")
    if not 3 <= chosen.size <= 40:
        raise UsageError(f"a figure's font size must be 3 to 40 points, not {chosen.size:g}")
    return chosen


@contextlib.contextmanager
def rc_context() -> Iterator[None]:
    """Settings of matplotlib for drawing and saving, independent of the user's matplotlibrc.

    Characters without an installed font appear as boxes in a PNG (an SVG uses the reader's fonts);
    matplotlib's warning about these, and only that, is silenced.
    """
    installed = set(font_manager.get_font_names())
    settings = {
        "font.family": [name for name in FONTS if name in installed],
        "svg.fonttype": "none",
        "svg.hashsalt": "political-probes",
        "pdf.fonttype": 42,
        "ps.fonttype": 42,
    }
    with mpl.style.context(["default", settings]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .*missing from")
        yield


def writes(letters: Iterable[str]) -> bool:
    """Whether the installed fonts have all of these characters."""
    installed = set(font_manager.get_font_names())
    have: set[int] = set()
    for name in FONTS:
        if name in installed:
            have |= FT2Font(font_manager.findfont(name)).get_charmap().keys()
    return {ord(letter) for letter in letters} <= have


def paler(colour: str) -> str:
    """The colour mixed with 60 % white."""
    return _mix(colour, 0.4, 0.6)


def darker(colour: str) -> str:
    """The colour mixed with black, so that text in it is readable on white."""
    return _mix(colour, 0.62, 0.0)


def _mix(colour: str, keep: float, add: float) -> str:
    red, green, blue = to_rgb(colour)
    return to_hex((keep * red + add, keep * green + add, keep * blue + add))


def format_number(number: float, form: str) -> str:
    """A number as text, with a true minus sign."""
    return format(number, form).replace("-", "\N{MINUS SIGN}")


def shorten(name: str, most: int = 36) -> str:
    """A name shortened for a label: white space collapsed, a long one with an ellipsis inside."""
    plain = " ".join(name.split())
    if len(plain) <= most:
        return plain
    tail = (most - 1) // 2
    return f"{plain[: most - 1 - tail]}\N{HORIZONTAL ELLIPSIS}{plain[-tail:]}"


def distinct_names(names: Iterable[str], most: int = 36) -> dict[str, str]:
    """Name -> shortened name; equal shortened names get a number."""
    short = {name: shorten(name, most) for name in names}
    originals: dict[str, list[str]] = {}
    for name, text in short.items():
        originals.setdefault(text, []).append(name)
    for text, same in originals.items():
        if len(same) > 1:
            short |= {name: f"{text} ({k})" for k, name in enumerate(same, start=1)}
    return short


def save(figure: Figure, path: Path) -> None:
    """Write a figure in the format of the path's suffix.

    The same figure gives the same bytes as PNG, SVG and PDF: no date, no version. Text stays text
    in SVG and PDF. An existing file is replaced only by a complete one.

    Raises:
        UsageError: matplotlib has no such format.
        RunError: the folder does not exist, or the file cannot be written.
    """
    check_target(path)
    suffix = path.suffix.lower().removeprefix(".")
    try:
        with atomic.replacing(path) as part:
            part.write_bytes(_rendered(figure, suffix))
    except OSError as error:
        reason = error.strerror or error
        raise RunError(f"{path}: the figure cannot be written there: {reason}") from error


def check_target(path: Path) -> None:
    """Check that a figure can be saved under this name, before it is drawn.

    Raises:
        UsageError: matplotlib has no such format.
        RunError: the folder does not exist.
    """
    formats = FigureCanvasBase.get_supported_filetypes()
    suffix = path.suffix.lower().removeprefix(".")
    if suffix not in formats:
        lack = f"no format {path.suffix!r}" if suffix else "a format for it only by its suffix"
        raise UsageError(f"{path}: matplotlib has {lack}; valid: {', '.join(sorted(formats))}")
    if not path.parent.is_dir():
        raise RunError(f"{path}: there is no folder {str(path.parent)!r} to save the figure in")


def _rendered(figure: Figure, suffix: str) -> bytes:
    metadata: dict[str, dict[str, None]] = {
        "png": {"Software": None},
        "svg": {"Creator": None, "Date": None},
        "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    }
    buffer = io.BytesIO()
    with rc_context():
        figure.savefig(buffer, format=suffix, metadata=metadata.get(suffix))
    return buffer.getvalue()
