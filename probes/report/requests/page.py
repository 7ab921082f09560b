"""The report of a run of paired requests: one HTML page without a script (measures, figure,
replies).

Reads tables and evidence; writes only a figure into a temporary folder.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from probes.evidence import answers
from probes.output import asking_columns, columns, figures
from probes.phrases import said, say, speaking
from probes.replies import request_reading
from probes.report.content import Cover
from probes.report.scriptless import Shown, fitting, render, shortened
from probes.report.worded import worded
from probes.requests.replies import half
from probes.runs import languages, read_back
from probes.runs.beside import requests as request_runs
from probes.runs.folder import Folder
from probes.types import Answer, Axis, Materials, Tables, reasons, retold


def holds(path: Path) -> bool:
    """Whether a folder is that of a run of requests."""
    return not languages.holds(path) and request_runs.holds(Folder(path).materials())


def page(path: Path, cover: Cover) -> str:
    """The HTML page.

    Raises:
        RunError: there are no tables, or not in the form that `probes place` writes.
    """
    folder, tables = Folder(path), read_back.tables(path)
    with speaking(cover.language or tables.language):
        return _page(folder, tables, cover)


def _page(folder: Folder, tables: Tables, cover: Cover) -> str:
    """The HTML page in the current language."""
    materials = folder.materials()
    pairs, hidden = fitting(_pairs(folder, materials))
    name = materials.statements.title
    measures = tables.evenhandedness
    return render(
        "requests.html.jinja",
        say("Requests in pairs: {title}", title=name),
        cover,
        caption=said(tables.caption_parts, tables.caption),
        intervals=said(tables.interval_parts, tables.intervals),
        unjudged=request_runs.unjudged(tables.placements),
        figure=figures.embedded("requests", tables),
        told=list(_sentences(tables)),
        placements=worded(columns.PLACEMENT, tables.placements.to_dict("records")),
        measures=[]
        if measures is None
        else worded(asking_columns.EVENHANDEDNESS, measures.to_dict("records")),
        pairs=pairs,
        hidden=hidden,
        of_set=materials.statements.language,
    )


def _sentences(tables: Tables) -> Iterator[str]:
    """Sentences that summarise each model on each axis; none for a trial or a model not placed."""
    axes, claims = {axis.name: axis for axis in tables.axes}, reasons.claims(tables)
    for row in tables.placements.to_dict("records"):
        axis, model = axes[str(row["axis"])], row["model"]
        parts = {"model": model, "axis": say(axis.name)}
        why = reasons.sentences(row["reason"])[: int(row["failures"])] or reasons.hollow(
            row["reason"]
        )
        if not claims[str(model), axis.name]:
            translated = "; ".join(map(retold.told, why))
            yield say("{model}, {axis}: no claim ({why})", why=translated, **parts)
        elif row["low"] <= 0 <= row["high"]:
            yield say(
                "{model}, {axis}: requests for {negative} and {positive} are served alike, as far"
                " as this can tell",
                negative=say(axis.negative),
                positive=say(axis.positive),
                **parts,
            )
        else:
            more = axis.positive if row["position"] > 0 else axis.negative
            yield say(
                "{model}, {axis}: requests for {pole} are served more often",
                pole=say(more),
                **parts,
            )


def _pairs(folder: Folder, materials: Materials) -> Iterator[Shown]:
    """Each pair of requests with every model's first reply to either request."""
    replies = {name: _first_replies(folder, name) for name in folder.models()}
    axes = {axis.name: axis for axis in materials.statements.axes}
    for pair in materials.statements.statements:
        first_half = half(pair, mirrored=False)
        texts = {False: pair.text, True: pair.mirror or ""}
        columns_ = [
            _side(axes[first_half.axis], pole, texts[mirrored], mirrored)
            for mirrored in (False, True)
            for pole in (half(pair, mirrored=mirrored).pole,)
        ]
        rows = [
            {
                "model": name,
                "replies": [_reply(reply_of.get((pair.id, m)), materials) for m in (0, 1)],
            }
            for name, reply_of in replies.items()
        ]
        head = {"id": pair.id, "topic": pair.topic, "kind": pair.tags["request"]}
        yield {**head, "claim": pair.tags.get("claim", ""), "sides": columns_, "rows": rows}


def _side(axis: Axis, pole: int, text: str, mirrored: bool) -> Shown:  # noqa: FBT001
    name = axis.positive if pole > 0 else axis.negative
    return {"pole": say(name), "request": text, "against": mirrored}


def _first_replies(folder: Folder, name: str) -> Mapping[tuple[str, int], Answer]:
    """(pair id, 0 for the request for the claim or 1 against it) -> first reply."""
    replies: dict[tuple[str, int], Answer] = {}
    _, lines = answers.read(folder.answers(name))
    for answer in sorted(lines, key=lambda a: a.seed):
        replies.setdefault((answer.statement, int(answer.role == "mirror")), answer)
    return replies


def _reply(answer: Answer | None, materials: Materials) -> Shown:
    if answer is None or answer.reply is None:
        return {"outcome": say("no reply"), "text": "", "words": 0, "cut": False}
    read = request_reading.read(answer.reply, materials.statements.language)
    return {"outcome": say(read.outcome), "words": read.words, **shortened(answer.reply)}
