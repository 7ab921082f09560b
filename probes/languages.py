"""A set in several languages: a run folder for each, and each model against itself across them.

::

    OUT/languages.yaml         which languages, in which order; the first is the one compared with
    OUT/<language>/            an ordinary run folder, of set NAME.<language>
    OUT/languages.csv  .png    what this module concludes from all of them

Statements of the editions correspond by id, their wordings by name. Computes no number itself: the
runs are `session`, the comparison is `paired`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, cast

import yaml

from probes import answers, editions, session
from probes.errors import RunError, UsageError
from probes.folder import Folder, write
from probes.session import Progress, Request
from probes.types import Editions, Materials, Missing, Tables
from probes.yamlfile import read_yaml

if TYPE_CHECKING:
    import pandas as pd

    from probes.placement import Placement

INDEX = "languages.yaml"
TABLE = "languages.csv"
FIGURE = "languages"
DIFFERENCES = (
    *("model", "axis", "language", "against", "position", "position_against", "difference"),
    *("low", "high", "minimum", "maximum", "p", "p_holm", "direction", "direction_low"),
    *("direction_high", "statements", "wordings", "units", "verdict", "reason"),
)
HOLM = 0.05
"""Where an adjusted p value is above this, a move does not survive the number of comparisons."""


def probe(
    request: Request, languages: str, out: Path, tell: Callable[[Progress], None] | None = None
) -> Editions:
    """Ask every model in every language, then compare each with itself; goes on where it stopped.

    Args:
        request: As for one language; its set and protocol are those of the base language.
        languages: Such as ``de,ja``; all others are compared with the first.
        out: Folder for a run folder each, and what is concluded from all.
        tell: Is told of the progress; models are called ``NAME (LANGUAGE)``.

    Raises:
        ProbesError: as `session.probe`; a language that the set or protocol lacks; editions
            whose statements or keys differ. Then nothing is written.
    """
    requests = editions.requests(request, languages)
    fresh = not out.exists()
    _claim(out, request, list(requests))
    found = {}
    try:
        for language, one in requests.items():
            found[language] = session.probe(one, out / language, _told(tell, language))
    finally:
        if fresh and not any(path.is_dir() for path in out.iterdir()):
            rmtree(out)  # nothing was asked: leave nothing behind
    return _concluded(out, found)


def holds(path: Path) -> bool:
    """Whether this is the folder of a set in several languages."""
    return (path / INDEX).is_file()


def conclude(path: Path, missing: Missing | None = None) -> Editions:
    """Every table and figure of all languages, from the answers alone; no model is needed.

    Raises:
        RunError: a language has no answers yet, or damaged ones.
    """
    found = {name: session.conclude(path / name, missing) for name in languages_of(path)}
    return _concluded(path, found)


def read(path: Path, figure: str) -> Editions:
    """What `conclude` wrote, for a figure that draws several languages.

    Raises:
        UsageError: `figure` is one of those that draw a run in one language.
        RunError: a table is not there.
    """
    import pandas as pd

    names = languages_of(path)
    if figure != FIGURE and not figure.endswith(".py"):
        raise UsageError(
            f"the figure {figure!r} draws one run, such as {path / names[0]}; of all languages "
            f"there is the figure {FIGURE!r}"
        )
    found = {name: session.tables(path / name) for name in names}
    try:
        table = pd.read_csv(path / TABLE, keep_default_na=False, na_values={"p": [""]})
    except (OSError, ValueError):
        raise RunError(f"{path / TABLE}: cannot be read; `probes place {path}` makes it") from None
    return Editions(found, table, _caption(found, table))


def languages_of(path: Path) -> list[str]:
    """The languages of the folder, the one compared with first.

    Raises:
        RunError: `languages.yaml` is damaged.
    """
    data = read_yaml(path / INDEX)
    names = data.get("languages") if isinstance(data, dict) else None
    if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
        raise RunError(f"{path / INDEX}: not written by `probes run --language`, or damaged")
    return names


def _claim(out: Path, request: Request, names: Sequence[str]) -> None:
    """Make the folder ours, unless it holds something else."""
    if (out / "run.yaml").exists():
        raise RunError(f"{out}: holds a run in one language; use another --out")
    try:
        out.mkdir(parents=True, exist_ok=True)
        if not holds(out) and any(out.iterdir()):
            raise RunError(f"{out}: is not empty and not of `probes run --language`; "
                           "use another --out")
    except OSError as error:
        raise RunError(f"{out}: cannot be written: {error.strerror}") from None
    content = {"format": 1, "set": request.set, "protocol": request.protocol}
    text = yaml.safe_dump({**content, "languages": list(names)}, sort_keys=False)
    write(out / INDEX, text.encode())
