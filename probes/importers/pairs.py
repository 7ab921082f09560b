"""Importer of paired requests: `probes sets import pairs FILE`.

Three formats. CSV with both requests in a row, as in political-neutrality-eval (`prompt_a`,
`prompt_b`). CSV with two positions on a topic, as in ModelSlant: ``for`` and ``against`` name the
columns, and ``template`` makes requests of them. JSON lines of one request each, as in SpeechMap
(`question`, `domain`): ``pair`` and ``side`` name the keys that join two requests to a pair.
Nothing is guessed: a pair without a named pole is a marked gap, and rows that cannot be a pair are
left out and counted. Texts are written into the user's own file only.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

from probes.errors import SetError, UsageError
from probes.files.foreign_tables import require_column
from probes.files.text import parse_json
from probes.importers import _head, _records, _tables
from probes.importers._json import only_file, text
from probes.importers._records import ForeignTable, cell_text
from probes.instruments.requests import KINDS, RequestEntry, half_faults, named_kind

OPTIONS = {
    **_head.OPTIONS,
    "for": "column with the request for the claim, or with its endpoint",
    "against": "column with the request against it, or with the other endpoint",
    "claim": "column with the claim",
    "topic": "column with the topics",
    "id": "column with the ids (left out: numbered p1, p2 ...)",
    "kind": f"of all pairs that name none: {', '.join(KINDS)} (left out: help)",
    "template": "makes requests of endpoints: 'Write a speech for {}.'",
    "group": "column that says whom the request for the claim serves",
    "poles": "which pole that is: GROUP:POLE,...",
    "skip": "COLUMN:VALUE,... - rows that ask for no side, such as template_category:analysis",
    "text": "JSON lines: key with the request (left out: question)",
    "pair": "JSON lines: key that is equal in two requests that belong together",
    "side": "JSON lines: key whose value is for in one of them and against in the other",
}
NEUTRALITY = {
    "for": "prompt_a",
    "against": "prompt_b",
    "claim": "stance_a",
    "topic": "topic_name",
    "group": "prompt_a_group",
    "skip": "template_category:analysis,template_category:question_opinion",
}
SPEECHMAP = {"text": "question", "topic": "domain"}


def read(paths: Sequence[Path], options: Mapping[str, str]) -> dict[str, object]:
    """The set made from the file, as plain data.

    Raises:
        SetError: the file has none of these formats.
        UsageError: the options do not fit the file.
    """
    path = only_file(paths, "pairs")
    if path.suffix.lower() in {".jsonl", ".ndjson"}:
        table, roles = _paired(path, {**SPEECHMAP, **options})
    else:
        table = _tables.table(path, {})
        usual = NEUTRALITY if {"prompt_a", "prompt_b"} <= set(table.columns) else {}
        roles = {**usual, **options}
    for role in ("for", "against"):
        if role not in roles:
            raise UsageError(
                f"{path}: say which column holds the requests {role} the claims: --option "
                f"{role}=NAME ({', '.join(table.columns)})"
            )
    for role in ("for", "against", "claim", "topic", "id", "group"):
        if role in roles:
            require_column(path, table.columns, roles[role], SetError)
    axes = _head.axes(roles.get("axes", ""))
    entries = list(_entries(table, roles))
    usable = [entry for entry in entries if not _fault(entry)]
    if not usable:
        raise SetError(f"{path}: holds no pair of requests that can be used{_first(entries)}")
    left = len(table.rows) - len(usable)
    notes = [f"{left} of {len(table.rows)} rows are left out{_first(entries)}"] if left else []
    head = _head.head(paths, options, {"title": f"Requests of {_head.printable(path.name)}"})
    with_axes = {"axes": axes} if axes else {}
    return {"kind": "requests", **head, **with_axes, "requests": usable, "notes": notes}


def _entries(table: ForeignTable, roles: Mapping[str, str]) -> Iterator[dict[str, object]]:
    """Each row as a pair, except those that are skipped."""
    skipped = [part.partition(":")[::2] for part in roles.get("skip", "").split(",") if part]
    poles = dict(part.rpartition(":")[::2] for part in roles.get("poles", "").split(",") if part)
    template = roles.get("template", "{}")
    if "{}" not in template:
        raise UsageError(f"--option template={template}: must hold {{}} where the endpoint goes")
    for number, row in enumerate(table.rows, start=1):

        def cell(role: str) -> str:
            return cell_text(table, row, roles[role]) if role in roles else ""  # noqa: B023

        if any(str(row.values.get(column)) == value for column, value in skipped):
            continue
        ends = [template.replace("{}", cell(role)) for role in ("for", "against")]
        pole = poles.get(cell("group"), "") if "group" in roles else ""
        claim = cell("claim") or (cell("for") if "template" in roles else "")
        yield {
            "id": _head.plain_id(cell("id")) or f"p{number}",
            "topic": cell("topic") or "no topic",
            "kind": named_kind(ends[0]) or roles.get("kind", "help"),
            **({"claim": claim} if claim else {}),
            **({"agree": pole} if pole else {}),
            "for": ends[0],
            "against": ends[1],
        }


def _fault(entry: Mapping[str, object]) -> str:
    """Why the two requests are no pair; empty if they are."""
    if not entry["for"] or not entry["against"]:
        return "a half is empty"
    whole = RequestEntry.model_validate({"agree": "open", **entry})
    return next(half_faults(str(entry["id"]), whole), "")


def _first(entries: Sequence[Mapping[str, object]]) -> str:
    """The first fault, after a colon."""
    fault = next(filter(None, map(_fault, entries)), "")
    return f", such as {fault}" if fault else ", for they ask for no side"


def _paired(path: Path, roles: Mapping[str, str]) -> tuple[ForeignTable, dict[str, str]]:
    """JSON lines of one request each, joined to pairs, as a table with both requests in a row."""
    for role in ("pair", "side"):
        if role not in roles:
            raise UsageError(
                f"{path}: JSON lines hold one request each: say by which key two belong together, "
                "and which key holds for or against: --option pair=KEY --option side=KEY"
            )
    halves: dict[str, dict[str, dict[str, object]]] = {}
    for number, line in enumerate(text(path, "JSON lines").split("\n"), start=1):
        if line.strip():
            entry = _line(path, number, line)
            side = str(entry.get(roles["side"]))
            if side not in {"for", "against"}:
                raise SetError(
                    f"{path}: line {number}: {roles['side']} should be for or against, not "
                    f"{side!r:.60}"
                )
            halves.setdefault(str(entry.get(roles["pair"])), {})[side] = entry
    whole = {name: two for name, two in halves.items() if len(two) == 2}
    rows = [
        {**two["for"], "id": name, "for": two["for"].get(roles["text"])}
        | {"against": two["against"].get(roles["text"])}
        for name, two in whole.items()
    ]
    if not rows:
        raise SetError(f"{path}: no two requests have the same {roles['pair']}")
    typed = {name: value for name, value in roles.items() if name not in {"text", "pair", "side"}}
    return _records.from_objects(path, rows), {
        **typed,
        "for": "for",
        "against": "against",
        "id": "id",
    }


def _line(path: Path, number: int, line: str) -> dict[str, object]:
    entry = parse_json(line, f"{path}: line {number}", SetError)
    if not isinstance(entry, dict):
        raise SetError(f"{path}: line {number}: not a JSON object")
    return cast("dict[str, object]", entry)
