"""Runs of a set in several languages: one run folder each, and a comparison across them.

::

    OUT/languages.yaml         the languages in order; the first is the reference
    OUT/<language>/            an ordinary run folder, of set NAME.<language>
    OUT/languages.csv  .png    results of the comparison

Statements of the editions are matched by id, their wordings by name. Computes no number itself: the
runs are `session`, the comparison is `comparison.languages`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from probes.advice.profiles import ADVICE
from probes.asking import protocols
from probes.conditions import read as condition_files
from probes.errors import RunError, UsageError
from probes.files import csv
from probes.files.atomic import refuse_links, write
from probes.files.claim import claim
from probes.files.yaml import read_yaml
from probes.output import figures
from probes.phrases import Saying, phrase
from probes.runs import conclude as conclusions
from probes.runs import read_back, session, translations
from probes.runs.session import Progress, Request
from probes.tables import stored
from probes.tables.caption import written
from probes.types import Editions, Missing, Tables

if TYPE_CHECKING:
    import pandas as pd

    from probes.tables.place import Conclusion

INDEX = "languages.yaml"
TABLE = "languages.csv"
FIGURE = "languages"
UNITS = {"topics": phrase("topics"), "statements": phrase("statements")}
"""Units of bootstrap or t intervals -> their names in captions."""


def probe(
    request: Request, languages: str, out: Path, tell: Callable[[Progress], None] | None = None
) -> Editions:
    """Ask every model in every language, then compare each with itself; continues a stopped run.

    Args:
        request: As for one language; its set and protocol are those of the base language.
        languages: Such as ``de,ja``; all others are compared with the first.
        out: Folder of the languages' run folders and of the comparison.
        tell: Called with the progress; models are named ``NAME (LANGUAGE)``.

    Raises:
        ProbesError: as `session.probe`; a language that the set or protocol lacks; editions
            whose statements or keys differ. Then nothing is written.
    """
    if request.text is not None:
        raise UsageError(f"--text {request.text}: cannot be the text of several languages")
    if ADVICE in {request.method, protocols.load(request.protocol or "default").method}:
        raise UsageError(
            f"--language {languages}: advice is no position that could be compared over languages; "
            "run each language's set into a folder of its own"
        )
    names = translations.find(request.set, request.protocol, languages)
    for language in names:  # conditions are in one language
        for name in request.conditions:
            condition_files.load(name, language)
    fresh = not out.exists()
    _claim(out, request, list(names))
    conclusions_ = {}
    variants = translations.with_variants(names, request.variants)
    try:
        for language, (set_name, protocol) in names.items():
            in_language = replace(
                request, set=set_name, protocol=protocol, variants=variants[language]
            )
            tell_language = _tell_of(tell, language)
            conclusions_[language] = session.run(in_language, out / language, tell_language)
    finally:
        if not any(path.is_dir() for path in out.iterdir()):
            (out / INDEX).unlink()  # nothing was asked: leave no empty folder
            if fresh:
                out.rmdir()
    return _concluded(out, conclusions_)


def folder(request: Request, languages: str) -> Path:
    """Default folder of a run in several languages."""
    names = "-".join(translations.split(languages))
    return Path("runs") / f"{Path(request.set).stem}-{Path(request.protocol).stem}-{names}"


def holds(path: Path) -> bool:
    """Whether a folder is that of a run in several languages."""
    return (path / INDEX).is_file()


def conclude(path: Path, missing: Missing | None = None, people: str | None = None) -> Editions:
    """Write every table and figure of all languages, from the answers alone; needs no model.

    Raises:
        RunError: a language has no answers yet, or damaged ones.
    """
    names = languages_of(path)
    each = {n: conclusions.conclusion(path / n, missing, people=people) for n in names}
    return _concluded(path, each)


def read(path: Path, figure: str) -> Editions:
    """Tables written by `conclude`, for a figure that draws several languages.

    Raises:
        UsageError: `figure` draws a run in one language.
        RunError: a table is missing.
    """
    names = languages_of(path)
    if figure != FIGURE and not figure.endswith(".py"):
        raise UsageError(
            f"the figure {figure!r} draws one run, such as {path / names[0]}; of all languages "
            f"there is the figure {FIGURE!r}"
        )
    tables = {name: read_back.tables(path / name) for name in names}
    try:
        table = stored.read(path, "languages")
    except OSError:
        raise RunError(f"{path / TABLE}: cannot be read; `probes place {path}` makes it") from None
    return _editions(tables, table)


def languages_of(path: Path) -> list[str]:
    """The languages of the folder, the reference first.

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
    """Whether it is a language code, such as ``de``: it names a folder inside this one."""
    return isinstance(name, str) and translations.LANGUAGE.fullmatch(name) is not None


def _claim(out: Path, request: Request, names: Sequence[str]) -> None:
    """Mark the folder as ours, unless it holds something else."""
    if (out / "run.yaml").exists():
        raise RunError(f"{out}: holds a run in one language; use another --out")
    refuse_links(out)
    claim(out, INDEX, "of `probes run --language`", leftovers=())
    content = {"format": 1, "set": request.set, "protocol": request.protocol}
    text = yaml.safe_dump({**content, "languages": list(names)}, sort_keys=False)
    write(out / INDEX, text.encode())


def _tell_of(
    tell: Callable[[Progress], None] | None, language: str
) -> Callable[[Progress], None] | None:
    if tell is None:
        return None
    return lambda progress: tell(replace(progress, model=f"{progress.model} ({language})"))


def _concluded(path: Path, by_language: Mapping[str, "Conclusion"]) -> Editions:
    """Compare the languages, and write the table and the figure."""
    from probes.comparison.languages import differences

    first, *_ = by_language.values()
    table = differences({name: c.by_name for name, c in by_language.items()}, first.materials)
    csv.save(table, path / TABLE)
    tables = {name: conclusion.tables for name, conclusion in by_language.items()}
    editions = _editions(tables, table)
    if any(edition.placements["position"].notna().any() for edition in tables.values()):
        for suffix in ("png", "svg"):
            figures.draw(FIGURE, editions, path / f"{FIGURE}.{suffix}")
    return editions


def _editions(tables: Mapping[str, Tables], table: "pd.DataFrame") -> Editions:
    parts = _caption(tables, table)
    return Editions(tables, table, written(parts), parts)


def _caption(tables: Mapping[str, Tables], table: "pd.DataFrame") -> tuple[Saying, ...]:
    """Provenance of all languages, and the definition of a difference."""
    first, *others = tables
    parts, about = tables[first].caption_parts, tables[first].interval_parts
    if not others:
        return (*parts, *about)
    scope = phrase("in {first}; also in {others}, by the statements and wordings that correspond")
    definition = phrase(
        "the line down to a dot: its difference from {first}, paired by statement on cells answered"
        " in both, with {units} as units, each at 95\N{NO-BREAK SPACE}%"
    )
    names = [Saying(UNITS[name]) for name in dict.fromkeys(table["units"])]
    units = names[0]
    if len(names) > 1:
        units = Saying(phrase("{first} and {last}"), {"first": names[0], "last": names[1]})
    return (
        *parts,
        Saying(scope, {"first": first, "others": ", ".join(others)}),
        *about,
        Saying(definition, {"first": first, "units": units}),
    )
