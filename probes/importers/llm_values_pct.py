"""Importer of the propositions of llm-values-pct.

`probes sets import llm_values_pct propositions.csv`: a CSV file with the columns ``pct_id`` and
``pct_prompt``; cells may have several lines. Files of replies and annotations with both columns can
be imported, too: a proposition in many rows is one statement, and must have the same text in all of
them. The texts are English. The format has no key; see `polilean` for how to give one.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from probes.errors import SetError
from probes.files.foreign_tables import ForeignRecord
from probes.importers import _head, _records
from probes.importers._json import only_file
from probes.importers._records import ForeignTable, cell_text
from probes.importers._tables import comma_separated

OPTIONS = {
    **_head.OPTIONS,
    **_records.OPTIONS,
    "id": "column with the ids (left out: pct_id)",
    "text": "column with the texts (left out: pct_prompt)",
}


def read(paths: Sequence[Path], options: Mapping[str, str]) -> dict[str, object]:
    """The set made from the file, as plain data.

    Raises:
        SetError: the file is not CSV of this format, or a proposition has two texts.
        UsageError: the options do not fit the file.
    """
    roles = {"id": "pct_id", "text": "pct_prompt", **options}
    records = comma_separated(only_file(paths, "llm_values_pct"))
    once = _first_of_each(records, roles["id"], roles["text"])
    return _records.as_set(once, paths, roles, {"language": "en"})


def _first_of_each(records: ForeignTable, key: str, text: str) -> ForeignTable:
    """The first row of each proposition."""
    first_rows: dict[str, ForeignRecord] = {}
    for row in records.rows:
        name = cell_text(records, row, key)
        earlier = first_rows.setdefault(name, row)
        if cell_text(records, earlier, text) != cell_text(records, row, text):
            raise SetError(
                f"{records.source}: {row.where}: {name} has another text than at {earlier.where}"
            )
    return ForeignTable(records.source, records.columns, tuple(first_rows.values()), records.word)
