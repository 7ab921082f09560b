"""A set in several languages: a run folder for each, and each model against itself across them.

::

    OUT/languages.yaml         which languages, in which order; the first is the one compared with
    OUT/<language>/            an ordinary run folder, of set NAME.<language>
    OUT/languages.csv  .png    what this module concludes from all of them

Statements of the editions correspond by id, their wordings by name. Computes no number itself: the
runs are `session`, the comparison is `comparison.languages`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from probes.errors import RunError, UsageError
from probes.evidence import answers
from probes.files import csv
from probes.files.atomic import refuse_links, write
from probes.files.claim import claim
from probes.files.yaml import read_yaml
from probes.output import figures
from probes.runs import conclude as conclusions
from probes.runs import session, translations
from probes.runs.folder import Folder
from probes.runs.session import Progress, Request
from probes.types import Editions, Missing, Tables

if TYPE_CHECKING:
    import pandas as pd

    from probes.comparison.languages import LanguageRun

INDEX = "languages.yaml"
TABLE = "languages.csv"
FIGURE = "languages"


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
    if request.text is not None:
        raise UsageError(f"--text {request.text}: cannot be the text of several languages")
    names = translations.find(request.set, request.protocol, languages)
    fresh = not out.exists()
    _claim(out, request, list(names))
    found = {}
    try:
        for language, (of, protocol) in names.items():
            one = replace(request, set=of, protocol=protocol)
            found[language] = session.probe(one, out / language, _told(tell, language))
    finally:
        if not any(path.is_dir() for path in out.iterdir()):
            (out / INDEX).unlink()  # nothing was asked: leave nothing behind
            if fresh:
                out.rmdir()
    return _concluded(out, found)


def folder(request: Request, languages: str) -> Path:
    """Where a run in several languages lies unless told otherwise."""
    names = "-".join(translations.split(languages))
    return Path("runs") / f"{Path(request.set).stem}-{Path(request.protocol).stem}-{names}"


def holds(path: Path) -> bool:
    """Whether this is the folder of a set in several languages."""
    return (path / INDEX).is_file()


def conclude(path: Path, missing: Missing | None = None) -> Editions:
    """Every table and figure of all languages, from the answers alone; no model is needed.

    Raises:
        RunError: a language has no answers yet, or damaged ones.
    """
    found = {name: conclusions.conclude(path / name, missing) for name in languages_of(path)}
    return _concluded(path, found)


def read(path: Path, figure: str) -> Editions:
    """What `conclude` wrote, for a figure that draws several languages.

    Raises:
        UsageError: `figure` is one of those that draw a run in one language.
        RunError: a table is not there.
    """
    names = languages_of(path)
    if figure != FIGURE and not figure.endswith(".py"):
        raise UsageError(
            f"the figure {figure!r} draws one run, such as {path / names[0]}; of all languages "
            f"there is the figure {FIGURE!r}"
        )
    found = {name: conclusions.tables(path / name) for name in names}
    try:
        table = csv.read(path / TABLE)
    except (OSError, ValueError):
        raise RunError(f"{path / TABLE}: cannot be read; `probes place {path}` makes it") from None
    return Editions(found, table, _caption(found, table))


def languages_of(path: Path) -> list[str]:
    """The languages of the folder, the one compared with first.

    Raises:
        RunError: `languages.yaml` is damaged, or a name in the folder is a link.
    """
    refuse_links(path)
    data = read_yaml(path / INDEX)
    names = data.get("languages") if isinstance(data, dict) else None
    if not isinstance(names, list) or not names or not all(map(_is_code, names)):
        raise RunError(f"{path / INDEX}: not written by `probes run --language`, or damaged")
    return names


def _is_code(name: object) -> bool:
    """A language's code, such as ``de``: it names a folder inside this one."""
    return isinstance(name, str) and translations.LANGUAGE.fullmatch(name) is not None


def _claim(out: Path, request: Request, names: Sequence[str]) -> None:
    """Make the folder ours, unless it holds something else."""
    if (out / "run.yaml").exists():
        raise RunError(f"{out}: holds a run in one language; use another --out")
    refuse_links(out)
    claim(out, INDEX, "of `probes run --language`", leftovers=())
    content = {"format": 1, "set": request.set, "protocol": request.protocol}
    text = yaml.safe_dump({**content, "languages": list(names)}, sort_keys=False)
    write(out / INDEX, text.encode())


def _told(
    tell: Callable[[Progress], None] | None, language: str
) -> Callable[[Progress], None] | None:
    if tell is None:
        return None
    return lambda progress: tell(replace(progress, model=f"{progress.model} ({language})"))


def _concluded(path: Path, found: Mapping[str, Tables]) -> Editions:
    """Compare the languages, and write the table and the figure."""
    from probes.comparison.languages import compared

    table = compared({name: _edition(path / name, tables) for name, tables in found.items()})
    csv.save(table, path / TABLE)
    made = Editions(found, table, _caption(found, table))
    if any(tables.placements["position"].notna().any() for tables in found.values()):
        for suffix in ("png", "svg"):
            figures.draw(FIGURE, made, path / f"{FIGURE}.{suffix}")
    return made


def _edition(path: Path, tables: Tables) -> "LanguageRun":
    """What a run folder and its tables hold of each model."""
    from probes.comparison.languages import LanguageRun
    from probes.placement.model import placement

    kept = Folder(path)
    materials = kept.materials()
    headers = [answers.read(kept.answers(name))[0] for name in kept.models()]
    rows = tables.agreement
    placements = {
        h.model.name: placement(rows[rows["model"] == h.model.name], materials, h) for h in headers
    }
    return LanguageRun(materials, placements)


def _caption(found: Mapping[str, Tables], table: "pd.DataFrame") -> str:
    """Provenance of all languages, and what a difference is."""
    first, *others = found
    if not others:
        return found[first].caption
    units = " and ".join(dict.fromkeys(table["units"]))
    return (
        f"{found[first].caption} · in {first}; also in {', '.join(others)}, by the statements and "
        f"wordings that correspond · the line down to a dot: its difference from {first}, paired "
        f"by statement on cells answered in both, with {units} as units, each at 95 %"
    )
