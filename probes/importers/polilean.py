"""Importer of PoliLean's JSON: `probes sets import polilean example.jsonl`.

One JSON array (whatever the file's suffix) of objects with an id and a text, as in PoliLean and its
translations; replies in the objects are ignored. The format has no key: name your axes by
``--option axes=NAME:NEGATIVE:POSITIVE,...`` and the object's key that holds the pole by ``--option
agree=KEY``, or fill in the gaps marked in the file that is written.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from probes.importers import _head, _records
from probes.importers._json import json_list, only_file

OPTIONS = {
    **_head.OPTIONS,
    **_records.OPTIONS,
    "id": "key of the ids (left out: id)",
    "text": "key of the texts (left out: statement)",
}


def read(paths: Sequence[Path], options: Mapping[str, str]) -> dict[str, object]:
    """The set made from the file, as plain data.

    Raises:
        SetError: the file is not JSON of this format.
        UsageError: the options do not fit the file.
    """
    path = only_file(paths, "polilean")
    records = _records.from_objects(path, json_list(path))
    return _records.as_set(records, paths, {"id": "id", "text": "statement", **options})
