"""Reads the CSV tables of a run folder, and checks their columns, types and names.

A folder may come from a stranger, so everything that figures and reports rely on is checked here.
Names are text, also those that look like a number or like NaN.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from probes import types
from probes.advice import tables as advice_tables
from probes.agreement import rewards, variants
from probes.agreement import table as agreement
from probes.claims import judge
from probes.comparison import across, converging, languages
from probes.comparison import table as pairs
from probes.errors import RunError
from probes.files import csv
from probes.placement import official
from probes.referents import groups, outlines, standing
from probes.replies import convergence, stance
from probes.requests import tables as request_tables
from probes.steering import challenge, slopes
from probes.steering import differences as changes
from probes.tables import axes as axis_tables
from probes.tables import breakdown, place, published_rule, reference, respondents
from probes.tables.caption import caption, intervals, mixed, written

if TYPE_CHECKING:
    import pandas as pd

STANCES = (
    *("model", "stance_model", "replies", *types.STANCES, stance.UNSURE, "nothing", "truncated"),
    *("compared", "mismatch"),
)
STYLE = ("model", "axis", "kind", "term", "value", "low", "high", "pairs", "ties")
COLUMNS: Mapping[str, Sequence[str]] = {
    "placements": place.PLACEMENTS,
    "models": place.MODELS,
    "agreement": agreement.COLUMNS,
    "statements": breakdown.STATEMENTS,
    "wordings": breakdown.WORDINGS,
    "official": official.COLUMNS,
    "topics": axis_tables.TOPICS,
    "ellipses": axis_tables.ELLIPSES,
    "variance": axis_tables.VARIANCE,
    "reference": reference.COLUMNS,
    "differences": pairs.DIFFERENCES,
    "shifts": pairs.SHIFTS,
    "variants": variants.COLUMNS,
    "languages": languages.DIFFERENCES,
    "across": across.POSITIONS,
    "across_differences": across.DIFFERENCES,
    "across_matrix": across.MATRIX,
    "across_traits": across.TRAITS,
    "converge": converging.PAIRS,
    "leaks": converging.LEAKS,
    "alignment": (*respondents.COLUMNS, "reason"),
    "people": standing.COLUMNS,
    "people_spread": groups.COLUMNS,
    "people_outlines": outlines.COLUMNS,
    "conditions": changes.COLUMNS,
    "steering": slopes.COLUMNS,
    "challenge": challenge.COLUMNS,
    "stances": STANCES,
    "rewards": rewards.COLUMNS,
    "style": STYLE,
    "faithful": published_rule.COLUMNS,
    "convergence": convergence.COLUMNS,
    "claims": judge.COLUMNS,
    "requests": request_tables.REQUESTS,
    "evenhandedness": request_tables.EVENHANDEDNESS,
    "advice": advice_tables.ADVICE,
    "advice_summary": advice_tables.SUMMARY,
}
"""Table -> its columns, in order."""
TEXT = frozenset(
    (
        *("model", "against", "axis", "x_axis", "y_axis", "statement", "wording", "role", "topic"),
        *("set", "protocol", "reason", "warnings", "status", "kind", "source", "units", "verdict"),
        *("backend", "revision", "family", "parent", "corpus", "gives", "released", "access"),
        *("language", "respondent", "stance_model", "evidence", "rule", "run", "trait"),
        *("trait_against", "instrument", "instrument_against", "negative", "positive"),
        *("group", "shape", "claim", "pole", "outcome", "term", "condition", "conditions"),
        *("measure", "judge", "first", "second", "advised", "party"),
    )
)
"""Columns that are text in every table, even if all cells look like numbers."""
FLAGS = {"True": True, "False": False}
FLAGGED = frozenset({"placed", "chat", "trial", "scaled"})
NAMED = frozenset({"model", "statement", "wording", "role", "against", "kind", "source"})
"""Columns without empty cells."""
COUNTED = frozenset({"asked", "answered", "failures", "variant"})
"""Columns of whole numbers without empty cells."""
ALSO_COUNTED: Mapping[str, frozenset[str]] = {
    "people": frozenset({"n"}),
    "people_spread": frozenset({"n"}),
}
"""Table -> further columns of whole numbers, whose names mean something else in other tables."""
ONCE: Mapping[str, list[str]] = {
    "models": ["model"],
    "placements": ["model", "axis"],
    "agreement": ["model", "role", "statement", "wording"],
    "variants": ["model", "statement", "variant", "wording"],
}
"""Table -> columns whose combined cells are unique."""
AXISLESS = frozenset({"statements", "people", "advice_summary"})
"""Tables that may have rows without an axis."""
LARGEST = 1e100
"""Maximum absolute value of a number: its square is finite, too."""


def read(path: Path, name: str) -> "pd.DataFrame":
    """A table of a run folder.

    Args:
        path: The folder.
        name: Name of the table, one of `COLUMNS`.

    Raises:
        FileNotFoundError: there is none.
        RunError: it is not as `probes place` writes it.
    """
    file = path / f"{name}.csv"
    try:
        table = csv.read(file, sorted(TEXT | FLAGGED))
        fault = _fault(name, table)
    except FileNotFoundError:
        raise
    except (OSError, ValueError, OverflowError):
        fault = "cannot be read as a table"
    if fault:
        raise RunError(f"{file}: {fault}; {_mend(path, name)}")
    table = table[list(COLUMNS[name])]
    flags = {flag: table[flag].map(FLAGS).astype(bool) for flag in FLAGGED & set(table)}
    return table.assign(**flags)


def _mend(path: Path, name: str) -> str:
    """Advice on mending a table at fault. Placing again keeps a folder's people unchanged, so it
    does not mend their tables."""
    if not name.startswith("people"):
        return f"`probes place {path}` mends it"
    return f"`probes place {path} --people FILE` makes it again, `--people none` does without"


def assembled(
    path: Path, tables: Mapping[str, "pd.DataFrame"], materials: types.Materials
) -> types.Tables:
    """The tables of a run folder that were read, with their caption.

    Raises:
        RunError: as `check_names`.
    """
    statements = materials.statements
    check_names(path, tables, (axis.name for axis in statements.axes))
    gives = [g if isinstance(g, str) else "" for g in tables["models"].get("gives", ())]
    trial = bool(tables["placements"]["trial"].any())
    parts = caption(materials, tables["agreement"], mixed(materials, gives), trial=trial)
    about = intervals(tables["placements"])
    return types.Tables(
        statements.axes,
        statements.scale,
        written(parts),
        **tables,
        people_caption="",
        people_parts=(),
        language=statements.language,
        caption_parts=parts,
        intervals=written(about),
        interval_parts=about,
        texts={s.id: s.text for s in statements.statements},
    )


def check_names(path: Path, tables: Mapping[str, "pd.DataFrame"], axes: Iterable[str]) -> None:
    """Check that tables name only models of the table of models, and only the set's axes.

    Raises:
        RunError: a table names another.
    """
    models, known_axes = set(tables["models"]["model"]), set(axes)
    for name, table in tables.items():
        for column, valid in (
            ("model", models | ({axis_tables.EVERY_MODEL} if name == "variance" else set())),
            *((column, known_axes) for column in ("axis", "x_axis", "y_axis")),
        ):
            if column not in table:
                continue
            cells = table[column]
            # statements may load on no axis, people be compared on all together, advice have none
            others = set(cells.dropna() if name in AXISLESS else cells) - valid
            if others:
                raise RunError(
                    f"{path / name}.csv: the run has no {column} {min(map(str, others))!r}; "
                    f"{_mend(path, name)}"
                )


def _fault(name: str, table: "pd.DataFrame") -> str:
    """Fault of the table, in words; empty if there is none."""
    import pandas as pd

    lacking = [column for column in COLUMNS[name] if column not in table]
    if lacking:
        return f"there is no column {lacking[0]!r}"
    if not isinstance(table.index, pd.RangeIndex):
        return "rows have more cells than there are columns"
    if name in ONCE and table.duplicated(ONCE[name]).any():
        return f"there are two rows of the same {' and '.join(ONCE[name])}"
    counted = COUNTED | ALSO_COUNTED.get(name, frozenset())
    faults = (_column_fault(column, table[column], counted) for column in COLUMNS[name])
    return next(filter(None, faults), "")


def _column_fault(column: str, cells: "pd.Series", counted: frozenset[str]) -> str:
    if column in NAMED | counted | FLAGGED and cells.isna().any():
        return f"a cell of column {column!r} is empty"
    if column in FLAGGED and not set(cells) <= FLAGS.keys():
        return f"column {column!r} should hold True or False alone"
    if column not in TEXT | FLAGGED and not is_number(cells, whole=column in counted):
        return f"column {column!r} should hold numbers alone"
    return ""


def is_number(cells: "pd.Series", *, whole: bool) -> bool:
    """Whether a column holds finite numbers (or is empty throughout)."""
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    if cells.isna().all():
        return True
    if not is_numeric_dtype(cells) or is_bool_dtype(cells):
        return False
    return not (cells.abs() > LARGEST).any() and not (whole and (cells % 1 != 0).any())
