"""The sheet of questions of `probes sets sheet`: text -> statement, wording and order.

``recorded:LOG?sheet=SHEET.csv``. If another program was given the texts in the column `ask`, the
statements of its log are found by them; a text that is missing in the sheet, or is there for two
statements, is an error.
"""

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from probes.backends.recordings.rows import RecordedReply
from probes.errors import ModelError
from probes.files.foreign_tables import TableOptions, csv_records, require_column
from probes.files.text import decode, read_bytes

COLUMNS = ("statement", "wording", "order", "ask")
Place = tuple[str, str, int]


def matched(path: Path, replies: Sequence[RecordedReply], sheet: Path) -> list[RecordedReply]:
    """The replies with statement, wording and order of the sheet's row with the same text.

    Args:
        path: The log.
        replies: Replies whose `about` is the prompt's text.
        sheet: The sheet.

    Raises:
        ModelError: the sheet is invalid, or a text is not in it.
    """
    places = _places(sheet)
    placed = list[RecordedReply]()
    for reply in replies:
        place = places.get(" ".join(reply.about.split()))
        if place is None:
            raise ModelError(
                f"{path}: {reply.where}: {reply.about[:60]!r} is no text in the column 'ask' of "
                f"{sheet}"
            )
        statement, wording, order = place
        placed.append(replace(reply, about=statement, wording=wording, order=order))
    return placed


def _places(sheet: Path) -> dict[str, Place]:
    text = decode(read_bytes(sheet, ModelError), sheet, "CSV", ModelError)
    columns, records = csv_records(sheet, io.StringIO(text, newline=""), TableOptions(ModelError))
    for column in COLUMNS:
        require_column(sheet, columns, column, ModelError, "`probes sets sheet` writes it")
    places: dict[str, Place] = {}
    for record in records:
        statement, wording, order, ask = (str(record.values[c]).strip() for c in COLUMNS)
        if order not in {"0", "1"}:
            raise ModelError(f"{sheet}: {record.where}: order should be 0 or 1, not {order[:20]!r}")
        place = statement, wording, int(order)
        if places.setdefault(" ".join(ask.split()), place) != place:
            raise ModelError(f"{sheet}: {record.where}: another row above has the same 'ask'")
    return places
