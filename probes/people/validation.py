"""Validation of a set on people's answers: computes and writes all tables together."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from probes.errors import RunError, SetError, UsageError, nearest
from probes.files import csv
from probes.files.atomic import filling
from probes.people import output_folder, people_table
from probes.people.answers import PeopleAnswers
from probes.people.dif import DIF_COLUMNS, dif
from probes.people.factors import FACTOR_COLUMNS, parallel_analysis
from probes.people.groups import GROUP_COLUMNS, PAIR_COLUMNS, VARIANCE_COLUMNS, known_groups
from probes.people.items import ITEM_COLUMNS, items
from probes.people.people_table import PeopleAbout
from probes.people.positions import people_positions, support
from probes.people.reliability import (
    AXIS_COLUMNS,
    CORRELATION_COLUMNS,
    YES_COLUMNS,
    axes,
    correlations,
    yes_bias,
)
from probes.types import StatementSet

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "groups": GROUP_COLUMNS,
    "variance": VARIANCE_COLUMNS,
    "pairs": PAIR_COLUMNS,
    "statements": ITEM_COLUMNS,
    "axes": AXIS_COLUMNS,
    "correlations": CORRELATION_COLUMNS,
    "yes_bias": YES_COLUMNS,
    "factors": FACTOR_COLUMNS,
    "dif": DIF_COLUMNS,
}
"""Table -> its columns; each is the file ``people_NAME.csv``. `people_table` has three more."""


NOTHING: Mapping[str, str] = {}
NO_DIF = pd.DataFrame(columns=list(DIF_COLUMNS))


@dataclass(frozen=True, slots=True)
class Validation:
    """Results of validating a set on people."""

    of: StatementSet
    answers: PeopleAnswers
    about: PeopleAbout
    tables: Mapping[str, pd.DataFrame] = field(hash=False)
    """Table name (see `COLUMNS`; and ``support``) -> table."""
    placed: Mapping[str, int] = field(hash=False)
    """Axis -> number of people with a position."""
    everywhere: int
    """Number of people with a position on every axis."""
    compared: tuple[tuple[str, str], ...] = ()
    """Pairs of groups named by the user."""

    def write(self, folder: Path, also: Mapping[str, str] = NOTHING) -> None:
        """Write all tables and the files of `people_table`, together or not at all.

        Args:
            folder: Output folder.
            also: Name of another file in it -> its text.

        Raises:
            RunError: they cannot be written, or an existing file is not ours.
        """
        check_folder(folder)
        try:
            with filling(folder, people_table.ABOUT) as part:
                for name in COLUMNS:
                    csv.save(self.tables[name], part / f"people_{name}.csv")
                for name, text in also.items():
                    (part / name).write_text(text, "utf-8")
                people_table.write(part, self.of, self.answers, self.about)
        except OSError as error:
            raise RunError(f"{folder}: cannot be written: {error.strerror}") from None


def check_folder(folder: Path) -> None:
    """Refuse a folder that may not be written to, before anything is read.

    Raises:
        RunError: see `output_folder.check`.
    """
    tables = {f"people_{name}.csv": columns for name, columns in COLUMNS.items()}
    further = {f"{name}.csv": columns for name, columns in people_table.FILES.items()}
    output_folder.check(folder, {**tables, **further})


def validate(
    of: StatementSet,
    answers: PeopleAnswers,
    who: str = "",
    when: str = "",
    compared: tuple[tuple[str, str], ...] = (),
) -> Validation:
    """All tables.

    Args:
        of: The set.
        answers: People's answers to it.
        who: Whose answers these are, for the caption.
        when: When they answered, for the caption.
        compared: Pairs of groups to compare.

    Raises:
        SetError: nobody has a position on any axis.
        UsageError: there is no such group; a caption is not one line; statsmodels is missing.
    """
    for option, text in (("--who", who), ("--when", when)):
        if not text.isprintable():
            raise UsageError(f"{option} {text!r}: should be one line without control characters")
    if compared and not answers.groups:
        raise UsageError("--compare: nobody is in a group; name their column: --group COLUMN")
    for name in (name for pair in compared for name in pair):
        if name not in answers.groups:
            raise UsageError(f"--compare: no group {name!r}: {nearest(name, answers.groups)}")
    tables, placed, everywhere = _of_positions(of, answers, compared)
    if not sum(placed.values()):
        raise SetError(
            f"{', '.join(answers.source)}: nobody answered half of the statements of any axis of "
            f"the set {of.name}"
        )
    facets = {"group": answers.group} if answers.groups else {}
    if answers.language is not None:
        facets["language"] = answers.language
    functioning = [dif(of, answers, values, facet) for facet, values in facets.items()]
    functioning = [table for table in functioning if len(table)]
    tables |= {
        "statements": items(of, answers),
        "axes": axes(of, answers),
        "factors": parallel_analysis(of, answers),
        "dif": pd.concat(functioning, ignore_index=True) if functioning else NO_DIF,
        "support": support(of, answers),
    }
    about = people_table.about(of, answers, who, when, tables["correlations"])
    return Validation(of, answers, about, tables, placed, everywhere, compared)


def _of_positions(
    statement_set: StatementSet, answers: PeopleAnswers, compared: tuple[tuple[str, str], ...]
) -> tuple[dict[str, pd.DataFrame], dict[str, int], int]:
    """Tables computed from positions, and numbers of people with a position: by axis, and on every
    axis."""
    positions = people_positions(statement_set, answers)
    present = positions["position"].notna() & (positions["weight"] > 0)
    placed = present.groupby(positions["axis"], sort=False).sum()
    by_group = known_groups(positions, {name for pair in compared for name in pair})
    tables = {
        "groups": by_group.groups,
        "variance": by_group.variance,
        "pairs": by_group.pairs,
        "correlations": correlations(positions),
        "yes_bias": yes_bias(positions),
    }
    everywhere = int(present.groupby(positions["person"], sort=False).all().sum())
    return tables, {str(axis): int(count) for axis, count in placed.items()}, everywhere


def pair(typed: str, groups: Collection[str] = ()) -> tuple[str, str]:
    """Two groups, as a user types them: ``GROUP:GROUP``.

    Args:
        typed: Typed by the user.
        groups: Names of all groups; some may contain a colon.

    Raises:
        UsageError: it is not two groups.
    """
    colons = [place for place, letter in enumerate(typed) if letter == ":"]
    splits = [(typed[:place], typed[place + 1 :]) for place in colons]
    splits = [(first, second) for first, second in splits if first and second and first != second]
    if not splits:
        raise UsageError(f"--compare {typed!r}: should be two groups: GROUP:GROUP")
    return next((both for both in splits if set(both) <= set(groups)), splits[0])
