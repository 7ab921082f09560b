"""Importer of a Wahl-O-Mat in the format of qual-o-mat-data, with the parties as respondents.

`probes sets import wahlomat FOLDER`, or its files one by one: ``statement.json``, ``party.json``
and ``opinion.json``; ``answer.json``, ``category.json`` and ``overview.json`` are optional. The
single table that the Bundeszentrale publishes of an election (XLSX or CSV, one row per party and
statement) can be imported, too.

A Wahl-O-Mat has no axes and no key, and none are made up: models are compared with parties. Axes
can be named by ``--option axes=NAME:NEGATIVE:POSITIVE,...``, and the gaps filled in. If a party
gave no answer to a statement, the answer is missing, not neutral.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from probes.errors import SetError, UsageError, nearest
from probes.files.foreign_tables import ForeignRecord, require_column
from probes.importers import _head, _records, _tables
from probes.importers._head import plain_id
from probes.importers._json import json_list, json_object
from probes.importers._records import ForeignTable, cell_text

OPTIONS = {
    **_head.OPTIONS,
    **_records.OPTIONS,
    "id": "key of the ids (left out: id)",
    "text": "key of the texts (left out: text)",
    "topic": "key of the topics (left out: category)",
    **_tables.OPTIONS,
}

NEEDED = ("statement", "party", "opinion")
USED = ("answer", "category", "overview")
SCALE = {"0": "agree", "1": "disagree", "2": "neutral"}
"""Id of an answer -> answer, in all elections."""
PARTY, SHORT, STATEMENT = "Partei: Nr.", "Partei: Kurzbezeichnung", "These: Nr."
TEXT, POSITION = "These: These", "Position: Position"
"""Columns of the published table."""
MESSAGES = {"stimme zu": "agree", "stimme nicht zu": "disagree", "neutral": "neutral"}


def read(paths: Sequence[Path], options: Mapping[str, str]) -> dict[str, object]:
    """The set made from the files, as plain data, with `respondents`.

    Raises:
        SetError: a file is missing, is not of this format, or the files do not fit each other.
        UsageError: the options do not fit the files.
    """
    if len(paths) == 1 and paths[0].suffix.lower() in {".xlsx", ".csv"}:
        return _from_table(paths[0], options)
    files = _files(paths)
    records = _records.from_objects(files["statement"], json_list(files["statement"]))
    if "topic" not in options:
        records = _with_categories(records, files.get("category"))
    roles = {"id": "id", "text": "text", "topic": "category", **options}
    statement_set = _records.as_set(records, paths, roles, _overview_head(files.get("overview")))
    entries = cast("list[dict[str, object]]", statement_set["statements"])
    statement_set = _keyless(statement_set)
    ids_in_file = [cell_text(records, row, roles["id"]) for row in records.rows]
    ids = dict(zip(ids_in_file, (str(entry["id"]) for entry in entries), strict=True))
    return statement_set | {"respondents": _respondents(files, ids)}


def _keyless(statement_set: dict[str, object]) -> dict[str, object]:
    """The set; if no axes are named, statements are marked as loading on none."""
    if "axes" in statement_set:
        return statement_set
    entries = cast("list[dict[str, object]]", statement_set["statements"])
    return statement_set | {"axes": {}, "statements": [{**e, "effects": {}} for e in entries]}


def _from_table(path: Path, options: Mapping[str, str]) -> dict[str, object]:
    """The set in the published table, which has one row per party and statement."""
    table = _tables.table(path, options)
    for column in (PARTY, SHORT, STATEMENT, TEXT, POSITION):
        require_column(path, table.columns, column, SetError)
    statements: dict[str, ForeignRecord] = {}
    parties: dict[str, str] = {}
    answers: dict[str, dict[str, str]] = {}
    for row in table.rows:
        number, party, name, text, position = (
            cell_text(table, row, column) for column in (STATEMENT, PARTY, SHORT, TEXT, POSITION)
        )
        first = statements.setdefault(number, row)
        if cell_text(table, first, TEXT) != text or parties.setdefault(party, name) != name:
            raise SetError(f"{path}: {row.where}: another text or party than above has its number")
        if position and position.casefold() not in MESSAGES:
            raise SetError(
                f"{path}: {row.where}: {position!r:.60} is none of {', '.join(MESSAGES)}"
            )
        if number in answers.setdefault(party, {}):
            raise SetError(f"{path}: {row.where}: {name} answers statement {number} twice")
        if position:
            answers[party][plain_id(number)] = MESSAGES[position.casefold()]
    records = ForeignTable(path, table.columns, tuple(statements.values()), "column")
    roles = {"id": STATEMENT, "text": TEXT, **options}
    people = [{"name": name, "answers": answers[party]} for party, name in parties.items()]
    statement_set = _records.as_set(records, [path], roles, {"language": "de"})
    return _keyless(statement_set) | {"respondents": people}


def _files(paths: Sequence[Path]) -> dict[str, Path]:
    """Role of a file, by its name -> path; a folder stands for the files in it."""
    if len(paths) == 1 and paths[0].is_dir():
        inside = [paths[0] / f"{name}.json" for name in (*NEEDED, *USED)]
        paths = [path for path in inside if path.is_file()]
    files: dict[str, Path] = {}
    for path in paths:
        if path.stem not in (*NEEDED, *USED, "comment") or path.stem in files:
            near = nearest(path.name, [f"{name}.json" for name in (*NEEDED, *USED)])
            raise SetError(f"{path}: not a file of a Wahl-O-Mat, or given twice: {near}")
        files[path.stem] = path
    for name in NEEDED:
        if name not in files:
            needed = ", ".join(f"{name}.json" for name in NEEDED)
            raise UsageError(f"a Wahl-O-Mat needs {needed}: {name}.json is missing")
    return files


def _overview_head(overview: Path | None) -> dict[str, str]:
    """Keys of the set's head from `overview.json`; the texts are German."""
    content = {} if overview is None else json_object(overview)
    head = {"language": "de"}
    for key, key_in_file in (("title", "title"), ("version", "date"), ("source", "data_source")):
        value = content.get(key_in_file)
        if isinstance(value, str) and value.strip():
            head[key] = value.strip()
    if "title" in head:
        head["title"] = f"Wahl-O-Mat: {head['title']}"
    return head


def _with_categories(records: ForeignTable, path: Path | None) -> ForeignTable:
    """The statements with the names of their categories instead of numbers."""
    names = _texts(path, "label") if path else {}
    rows = []
    for row in records.rows:
        number = cell_text(records, row, "category")
        if number and path and number not in names:
            raise SetError(f"{path}: has no category {number}, as {row.where} of the statements")
        rows.append(ForeignRecord(row.where, {**row.values, "category": names.get(number, "")}))
    columns = (*dict.fromkeys((*records.columns, "category")),)
    return ForeignTable(records.source, columns, tuple(rows), records.word)


def _respondents(files: Mapping[str, Path], ids: Mapping[str, str]) -> list[dict[str, object]]:
    """Name and answers of each party: statement id -> agree, disagree or neutral."""
    parties = _texts(files["party"], "name")
    scale = _scale(files.get("answer"))
    answers: dict[str, dict[str, str]] = {party: {} for party in parties}
    path = files["opinion"]
    opinions = _records.from_objects(path, json_list(path))
    for row in opinions.rows:
        party, statement, answer = (
            cell_text(opinions, row, k) for k in ("party", "statement", "answer")
        )
        where = f"{path}: {row.where}"
        if party not in parties:
            raise SetError(f"{where}: there is no party {party!r:.60} in {files['party'].name}")
        if statement not in ids:
            name = files["statement"].name
            raise SetError(f"{where}: there is no statement {statement!r:.60} in {name}")
        if answer not in scale:
            shown = ", ".join(f"{number} {side}" for number, side in scale.items())
            raise SetError(f"{where}: the answer {answer!r:.60} is outside the scale ({shown})")
        if ids[statement] in answers[party]:
            raise SetError(f"{where}: {parties[party]} answers statement {statement} twice")
        answers[party][ids[statement]] = scale[answer]
    names = Counter(parties.values())
    if repeated := [name for name, count in names.items() if count > 1]:
        raise SetError(f"{files['party']}: two parties have the name {repeated[0]!r:.60}")
    longer = _longer_names(files["party"])
    people = list[dict[str, object]]()
    for party, name in parties.items():
        called = {"aliases": [longer[party]]} if longer.get(party, name) != name else {}
        people.append({"name": name, "answers": answers[party], **called})
    return people


def _longer_names(path: Path) -> dict[str, str]:
    """Id of a party -> its long name, if the file has one."""
    records = _records.from_objects(path, json_list(path))
    if "longname" not in records.columns:
        return {}
    names = {cell_text(records, r, "id"): cell_text(records, r, "longname") for r in records.rows}
    return {number: name for number, name in names.items() if name}


def _scale(path: Path | None) -> dict[str, str]:
    """Id of an answer -> answer, from `answer.json`, else as in all elections."""
    if path is None:
        return SCALE
    scale = {}
    for number, message in _texts(path, "message").items():
        if message.casefold() not in MESSAGES:
            raise SetError(f"{path}: the answer {message!r:.60} is none of {', '.join(MESSAGES)}")
        scale[number] = MESSAGES[message.casefold()]
    return scale


def _texts(path: Path, key: str) -> dict[str, str]:
    """Id -> text, from a file whose entries have both."""
    records = _records.from_objects(path, json_list(path))
    texts: dict[str, str] = {}
    for row in records.rows:
        number, text = cell_text(records, row, "id"), cell_text(records, row, key)
        if not number or not text or number in texts:
            raise SetError(f"{path}: {row.where}: needs an id of its own and a {key}")
        texts[number] = text
    return texts
