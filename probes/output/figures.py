"""Drawing by name: a figure of `plots/`, or a user's own file, from tables into a picture file.

The only door from the run's side to matplotlib. Draws nothing itself and reads no table.
"""

import importlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from probes import plugins
from probes.errors import UsageError
from probes.output import published

if TYPE_CHECKING:
    from probes.types import Editions, Tables

NO: Mapping[str, object] = {}


def draw(
    figure: str, tables: "Tables | Editions", target: Path, options: Mapping[str, object] = NO
) -> None:
    """Draw a figure (a name, or a user's own ``file.py``) into a file; the suffix says the format.

    Args:
        figure: Which.
        tables: What it draws.
        target: The file; replaced only by a whole one.
        options: Keywords for the figure's `draw`.

    Raises:
        UsageError: there is no such figure or format, the tables do not fit the figure, or it
            takes no such option.
        RunError: the file cannot be written.
    """
    style = importlib.import_module("probes.plots._style")
    draw_figure: Callable[..., object] = plugins.find("plots", figure, "draw").draw
    _check(figure, draw_figure, options)
    style.check(target)  # before the work, not after it
    style.save(draw_figure(tables, **options), target)


def keywords(options: Mapping[str, object]) -> dict[str, object]:
    """Options as typed -> keywords: what was not typed goes, ``published`` becomes placements."""
    keywords = {name: value for name, value in options.items() if value not in (None, False)}
    if "published" in keywords:
        keywords["published"] = published.load()
    return keywords


def _check(figure: str, draw_figure: Callable[..., object], options: Mapping[str, object]) -> None:
    """A sentence for the first option that the figure does not take."""
    _, *rest = inspect.signature(draw_figure).parameters.values()
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in rest):
        return
    names = [parameter.name for parameter in rest]
    for name in options:
        if name not in names:
            raise UsageError(
                f"the figure {figure!r} takes no {flag(name)}; it takes {_listed(names)}"
            )


def flag(name: str) -> str:
    """A keyword as it is typed: ``font_size`` -> ``--font-size``."""
    return f"--{name.replace('_', '-')}"


def _listed(names: Sequence[str]) -> str:
    *most, last = [flag(name) for name in names] or ["no options"]
    return f"{', '.join(most)} and {last}" if most else last
