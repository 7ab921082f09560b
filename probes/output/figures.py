"""Draws a figure by its name (of `plots/`, or a user's own file) from tables into an image file.

All drawing goes through this module. It draws nothing itself and reads no table.
"""

import base64
import importlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args, is_typeddict

from probes import phrases, plugins
from probes.errors import UsageError, nearest
from probes.output import published
from probes.types import Across, Editions, Tables

Drawable = Tables | Editions | Across
LANGUAGE = "lang"
"""Option of all figures: language of the words, instead of the set's."""

NO_OPTIONS: Mapping[str, object] = {}
SCREEN = 0.58
"""Maximum height of a slide as a share of its width: a little over 9 / 16."""
LARGEST, SMALLEST = 11.0, 5.5
"""Maximum and minimum font size on a slide, in points."""


def draw(
    figure: str,
    tables: Drawable,
    target: Path,
    options: Mapping[str, object] = NO_OPTIONS,
) -> None:
    """Draw a figure into a file; the suffix sets the format.

    Args:
        figure: Name of the figure, or a user's own ``file.py``.
        tables: Results of a run.
        target: The file; an existing one is replaced only by a complete one.
        options: Keyword arguments for the figure's `draw`.

    Raises:
        UsageError: there is no such figure or format, the tables do not fit the figure, or it
            takes no such option.
        RunError: the file cannot be written.
    """
    style = importlib.import_module("probes.plots._style")
    style.check_target(target)  # before the figure is drawn
    save(drawn(figure, tables, options), target)


def save(picture: object, target: Path) -> None:
    """Write a figure of `drawn` into a file; may be called for several files. Raises as `draw`."""
    importlib.import_module("probes.plots._style").save(picture, target)


def embedded(figure: str, tables: Drawable) -> str:
    """A figure as a base64 SVG, to embed in a page; raises the errors of `draw`."""
    with TemporaryDirectory() as scratch:
        target = Path(scratch) / "figure.svg"
        draw(figure, tables, target, {LANGUAGE: phrases.language()})
        return base64.b64encode(target.read_bytes()).decode()


def drawn(
    figure: str,
    tables: Drawable,
    options: Mapping[str, object] = NO_OPTIONS,
) -> object:
    """A figure as a matplotlib Figure.

    Raises:
        UsageError: there is no such figure, the tables do not fit it, or it takes no such option.
    """
    draw_figure: Callable[..., object] = plugins.find("plots", figure, "draw").draw
    figure_options = {name: value for name, value in options.items() if name != LANGUAGE}
    _check_options(figure, draw_figure, figure_options)
    code, lack = _spoken(options.get(LANGUAGE), tables.language)
    with phrases.speaking(code):
        return _fitted(draw_figure, _captioned(tables, lack), figure_options)


def _spoken(typed: object, language: str) -> tuple[str, str]:
    """The language of a figure's words, and the caption's note on texts that are not translated.

    Raises:
        UsageError: there are no translations into the language that was asked for.
    """
    if typed is not None and typed not in phrases.LANGUAGES:
        raise UsageError(f"--lang {typed}: {nearest(str(typed), phrases.LANGUAGES)}")
    code = phrases.known(str(typed or language))
    style = importlib.import_module("probes.plots._style")
    if style.writes(set("".join(phrases.words(code).values()))):
        return code, ""
    return "en", f"words in English, as no installed font has the letters of {code}"


def _captioned(tables: Drawable, lack: str) -> Drawable:
    """The tables with their caption in the current language."""
    caption = tables.caption
    if not isinstance(tables, Across):
        caption = phrases.said(tables.caption_parts, caption)
    if lack:
        style = importlib.import_module("probes.plots._style")
        written = [part for part in caption.split(" · ") if style.writes(part)]
        caption = " · ".join([*written, lack])
    if isinstance(tables, Tables):
        about = phrases.said(tables.interval_parts, tables.intervals)
        return replace(tables, caption=caption, intervals=about)
    return replace(tables, caption=caption)


def _fitted(draw_figure: Callable[..., Any], tables: object, options: Mapping[str, object]) -> Any:
    """The figure; a slide too tall for the screen gets smaller text, within limits."""
    figure, size = draw_figure(tables, **options), LARGEST
    if options.get("style") != "slide" or "font_size" in options:
        return figure
    while figure.get_figheight() > SCREEN * figure.get_figwidth() and size > SMALLEST:
        size = max(SMALLEST, 0.8 * size)
        figure = draw_figure(tables, **options, font_size=size)
    return figure


def keywords(options: Mapping[str, object]) -> dict[str, object]:
    """Command-line options as keyword arguments of a figure, without those that were not typed.

    The file behind ``published`` is replaced by the published placements in it.
    """
    typed = {n: value for n, value in options.items() if value is not None and value is not False}
    if "published" in typed:
        typed["published"] = published.load()
    return typed


def _check_options(
    figure: str, draw_figure: Callable[..., object], options: Mapping[str, object]
) -> None:
    """Raise a UsageError for the first option that the figure does not take."""
    names = _option_names(draw_figure)
    for name in options:
        if names is not None and name not in names:
            raise UsageError(
                f"the figure {figure!r} takes no {flag(name)}; it takes {_enumerate(names)}"
            )


def _option_names(draw_figure: Callable[..., object]) -> list[str] | None:
    """The options that a figure takes; None if it takes any, by a plain ``**options``.

    ``**style: Unpack[StyleOptions]`` stands for the keys of that typed dictionary.
    """
    names: list[str] = []
    for parameter in list(inspect.signature(draw_figure).parameters.values())[1:]:
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD:
            names.append(parameter.name)
            continue
        unpacked = [arg for arg in get_args(parameter.annotation) if is_typeddict(arg)]
        if not unpacked:
            return None
        names += unpacked[0].__annotations__
    return names


def flag(name: str) -> str:
    """Keyword as a command-line option: ``font_size`` -> ``--font-size``."""
    return f"--{name.replace('_', '-')}"


def _enumerate(names: Sequence[str]) -> str:
    *most, last = [flag(name) for name in names] or ["no options"]
    return f"{', '.join(most)} and {last}" if most else last
