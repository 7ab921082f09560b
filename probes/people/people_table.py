"""The files about people that `validate --out DIR` writes: written in pieces, and read back.

`people_positions.csv`, `people_topics.csv`, `people_support.csv`, and `people.json`, which
describes the people.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from probes.errors import RunError
from probes.files import csv, sums
from probes.files.atomic import write as write_bytes
from probes.files.text import regular
from probes.files.yaml import checked
from probes.people.answers import PeopleAnswers
from probes.people.positions import (
    COLUMNS,
    PIECE,
    ROUNDING,
    SUPPORT_COLUMNS,
    TOPIC_COLUMNS,
    people_positions,
    support,
    topic_positions,
)
from probes.people.reliability import correlations
from probes.people.rows import HEAVIEST
from probes.types import StatementSet

POSITIONS, TOPICS, SUPPORT = "people_positions.csv", "people_topics.csv", "people_support.csv"
ABOUT = "people.json"
FILES: Mapping[str, tuple[str, ...]] = {
    "people_positions": COLUMNS,
    "people_topics": TOPIC_COLUMNS,
    "people_support": SUPPORT_COLUMNS,
}
"""Name of a CSV file without its suffix -> its columns."""
FORMAT, NAMED_FILES = 1, 2
"""Version of the format; maximum number of source files named (for more, their number is given)."""
UNKNOWN = "unnamed people"


@dataclass(frozen=True, slots=True)
class PeopleAbout:
    """Description of the people; tables are never shown without its `caption`."""

    set: str
    version: str
    set_sha256: str
    source: tuple[str, ...]
    """Names of the files of answers."""
    sha256: tuple[str, ...]
    """sha256 of each file."""
    n: int
    """Number of people."""
    weighted: bool
    groups: Mapping[str, int] = field(default_factory=dict, hash=False)
    """Group -> number of people, largest first."""
    who: str = ""
    """Description by the user: ``1,000 US adults``."""
    when: str = ""
    key: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Statement id -> hash of its key."""
    correlations: tuple[Mapping[str, object], ...] = field(default=(), hash=False)
    """Correlations of the axes among these people: rows of `reliability.correlations`."""

    @property
    def caption(self) -> str:
        """Who, when, how many, weights, and the file."""
        who = self.who or UNKNOWN
        when = self.when or "date unknown"
        weights = "weighted" if self.weighted else "no weights"
        many = len(self.source) > NAMED_FILES
        files = f"{len(self.source):,} files" if many else ", ".join(self.source)
        return f"{who}, {when}; n = {self.n:,}, {weights}; {files}"


@dataclass(frozen=True, slots=True)
class PeopleTables:
    """Positions of people, and their support for the statements."""

    about: PeopleAbout
    positions: pd.DataFrame
    """See `positions.people_positions`."""
    topics: pd.DataFrame
    """See `positions.topic_positions`."""
    support: pd.DataFrame
    """See `positions.support`."""


def about(
    statements: StatementSet,
    answers: PeopleAnswers,
    who: str = "",
    when: str = "",
    together: pd.DataFrame | None = None,
) -> PeopleAbout:
    """Description of the people."""
    rows = [] if together is None else together.replace({np.nan: None}).to_dict("records")
    counts = pd.Series(answers.group).value_counts()
    return PeopleAbout(
        statements.name,
        statements.version,
        statements.sha256,
        answers.source,
        answers.sha256,
        len(answers.person),
        answers.weighted,
        {name: int(counts[name]) for name in answers.groups},
        who,
        when,
        key(statements),
        tuple({str(name): cell for name, cell in row.items()} for row in rows),
    )


def tables(
    statements: StatementSet, answers: PeopleAnswers, who: str = "", when: str = ""
) -> PeopleTables:
    """All tables computed at once, in memory."""
    positions = people_positions(statements, answers)
    return PeopleTables(
        about(statements, answers, who, when, correlations(positions)),
        positions,
        topic_positions(statements, answers),
        support(statements, answers),
    )


def write(
    folder: Path, statements: StatementSet, answers: PeopleAnswers, whose: PeopleAbout
) -> None:
    """Write the four files, each whole or not at all.

    Raises:
        RunError: they cannot be written.
    """
    pieces = (answers.cut(at) for at in _pieces(len(answers.person)))
    csv.save_pieces((people_positions(statements, piece) for piece in pieces), folder / POSITIONS)
    pieces = (answers.cut(at) for at in _pieces(len(answers.person)))
    csv.save_pieces((topic_positions(statements, piece) for piece in pieces), folder / TOPICS)
    csv.save(support(statements, answers), folder / SUPPORT)
    digests = {name: sums.digest(folder / name) for name in (POSITIONS, TOPICS, SUPPORT)}
    content = {"format": FORMAT, **asdict(whose), "caption": whose.caption, "tables": digests}
    text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    write_bytes(folder / ABOUT, text.encode())


def read(folder: Path, of: StatementSet | None = None) -> PeopleTables:
    """The tables that `write` wrote into a folder.

    Args:
        folder: The folder.
        of: The set that must have been answered; None: any.

    Raises:
        RunError: it does not exist, is damaged, or is about another set.
    """
    tables = _read(folder)
    if of is not None and tables.about.set != of.name:
        raise RunError(f"{folder}: people answered the set {tables.about.set}, not {of.name}")
    return tables


def _read(folder: Path) -> PeopleTables:
    try:
        for name in (ABOUT, POSITIONS, TOPICS, SUPPORT):
            regular(folder / name, RunError)
        content = json.loads((folder / ABOUT).read_text("utf-8"))
        if content.pop("format") != FORMAT:
            raise RunError(f"{folder / ABOUT}: written by another version of probes")
        content.pop("caption")
        digests = content.pop("tables")
        for name in (POSITIONS, TOPICS, SUPPORT):
            if sums.digest(folder / name) != digests[name]:
                raise RunError(f"{folder / name}: not the table that {ABOUT} was written with")
        return PeopleTables(
            checked(PeopleAbout, content),
            _table(folder / POSITIONS, COLUMNS, ("person", "group", "axis")),
            _table(folder / TOPICS, TOPIC_COLUMNS, ("person", "axis", "topic")),
            _table(folder / SUPPORT, SUPPORT_COLUMNS, ("statement", "role", "group")),
        )
    except OSError as error:
        raise RunError(
            f"{folder}: no folder of `probes sets validate --out`: {error.strerror}"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise RunError(
            f"{folder}: damaged; make it again by `probes sets validate --out`"
        ) from None


def _table(path: Path, columns: tuple[str, ...], texts: tuple[str, ...]) -> pd.DataFrame:
    table = csv.read(path, texts)
    table = table.reindex(columns=list(columns)) if table.empty else table[list(columns)]
    if not all(
        is_numeric_dtype(table[name]) or table.empty for name in columns if name not in texts
    ):
        raise ValueError(path)
    key_columns = [name for name in texts if name != "group" or "person" not in texts]
    if not _possible(table) or table.duplicated(key_columns).any():
        raise ValueError(path)
    return table.assign(**{name: table[name].fillna("") for name in texts})


def _possible(table: pd.DataFrame) -> bool:
    """Whether all numbers are finite or NaN, weights valid for people, and shares at most 1."""
    if np.isinf(table.select_dtypes("number").to_numpy(np.float64)).any():
        return False
    most = {"weight": HEAVIEST, "share": 1 + ROUNDING, "neutral": 1 + ROUNDING, "n": np.inf}
    return all(bool(table[name].between(0, most[name]).all()) for name in most if name in table)


def key(statements: StatementSet) -> dict[str, str]:
    """Statement id -> hash of its key on all axes."""
    texts = {
        s.id: json.dumps([sorted(s.effects.items()), sorted(s.table.items())])
        for s in statements.statements
    }
    return {name: hashlib.sha256(text.encode()).hexdigest()[:12] for name, text in texts.items()}


def _pieces(people: int) -> Iterator[slice]:
    return (slice(start, start + PIECE) for start in range(0, people, PIECE))
