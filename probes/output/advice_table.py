"""Vote advice as a table to paste: LaTeX, Markdown, CSV or JSON; computes nothing."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from probes.files import csv
from probes.output import asking_columns, columns, markup
from probes.output.markup import TableStyle
from probes.types import Tables

ALL = "share_of_advice"
"""Measure with one row per party, which only the CSV file has."""


def text(tables: Tables, form: str, style: TableStyle) -> str:
    """The summary of a vote-advice run in one of the formats."""
    return FORMATS[form](tables, style)


def _rows(tables: Tables) -> list[dict[str, str]]:
    frame = tables.advice_summary
    if frame is None:
        return []
    printed = frame[frame["measure"] != ALL].dropna(subset=["value"])
    rows = columns.cells(asking_columns.ADVICE, printed.to_dict("records"))
    return [{name: str(cell) for name, cell in row.items()} for row in rows]


def _latex(tables: Tables, style: TableStyle) -> str:
    rows = _rows(tables)
    looks = replace(style, alignment="ll" + "r" * (len(rows[0]) - 2))
    caption = style.caption or f"Vote advice. {tables.intervals}."
    return markup.latex(rows, caption, f"{tables.caption}.", looks)


def _markdown(tables: Tables, style: TableStyle) -> str:
    del style
    return markup.markdown(_rows(tables), f"{tables.caption}. {tables.intervals}.")


def _csv(tables: Tables, style: TableStyle) -> str:
    del style
    return "" if tables.advice_summary is None else csv.text(tables.advice_summary)


def _json(tables: Tables, style: TableStyle) -> str:
    del style
    content = {"caption": tables.caption, "advice": _rows(tables)}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


FORMATS: Mapping[str, Callable[[Tables, TableStyle], str]] = {
    "latex": _latex,
    "markdown": _markdown,
    "csv": _csv,
    "json": _json,
}
