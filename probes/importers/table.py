"""A table of your own -> a statement set.

`probes sets import table mine.csv --option text=COLUMN --option language=en ...` reads CSV (or
.tsv) and workbooks (.xlsx, with the extra ``political-probes[xlsx]``), whose first row names the
columns, and JSON: an array of objects, or an object that holds one. Options say what each column
holds; the key comes from the column that ``agree`` names
(poles, as ``axes`` has them) or from those that ``effects`` names (signed weights). A statement
whose cells are empty there is left without a key, and is listed as a gap.
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
    """The set that the table makes, as plain data.

    Raises:
        SetError: the file is no table, lacks a column, or a cell cannot be what it should be.
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
