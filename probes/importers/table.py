"""Importer of a user's own table.

`probes sets import table mine.csv --option text=COLUMN --option language=en ...` reads CSV (or
.tsv) and workbooks (.xlsx, with the extra ``political-probes[xlsx]``), whose first row names the
columns, and JSON: an array of objects, or an object that holds one. Options name the column of each
value; the key is read from the column that ``agree`` names (poles, as in ``axes``) or from those
that ``effects`` names (signed weights). A statement with empty cells there has no key, and is
listed as a gap.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from probes.importers import _head, _records, _tables
from probes.importers._json import json_records, only_file

OPTIONS = {
    **_head.OPTIONS,
    **_records.OPTIONS,
    **_tables.OPTIONS,
    "list": "key of the list of statements in a JSON file that holds several",
}


def read(paths: Sequence[Path], options: Mapping[str, str]) -> dict[str, object]:
    """The set made from the table, as plain data.

    Raises:
        SetError: the file is no table, lacks a column, or has an invalid cell.
        UsageError: the options do not fit the file; openpyxl is missing.
    """
    path = only_file(paths, "table")
    if path.suffix.lower() == ".json":
        table = _records.from_objects(
            path, json_records(path, options.get("list", ""), options.get("text", ""))
        )
    else:
        table = _tables.table(path, options)
    return _records.as_set(table, paths, options)
