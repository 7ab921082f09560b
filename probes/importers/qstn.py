"""Importer of QSTN questionnaires: `probes sets import qstn questionnaire.csv`.

A CSV file with the columns ``questionnaire_item_id`` and ``question_content``. The content of a
question becomes the statement; answer options, stems and prompts are ignored, since wordings and
protocols define them here. The format has no key; see `polilean` for how to give one.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from probes.importers import _head, _records
from probes.importers._json import only_file
from probes.importers._tables import comma_separated

OPTIONS = {
    **_head.OPTIONS,
    **_records.OPTIONS,
    "id": "column with the ids (left out: questionnaire_item_id)",
    "text": "column with the texts (left out: question_content)",
}


def read(paths: Sequence[Path], options: Mapping[str, str]) -> dict[str, object]:
    """The set made from the file, as plain data.

    Raises:
        SetError: the file is not CSV of this format.
        UsageError: the options do not fit the file.
    """
    roles = {"id": "questionnaire_item_id", "text": "question_content", **options}
    return _records.as_set(comma_separated(only_file(paths, "qstn")), paths, roles)
