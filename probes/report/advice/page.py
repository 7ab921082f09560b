"""A run folder of vote advice -> one HTML page without a script: measures, figure, replies.

Reads tables and evidence and writes nothing but a figure into a scratch folder.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

import pandas as pd

from probes.advice import profiles
from probes.evidence import answers
from probes.output import asking_columns, figures
from probes.output.advice_table import ALL
from probes.output.columns import Column
from probes.output.formats import Row
from probes.phrases import percent, phrase, said, say, speaking
from probes.report.content import Cover
from probes.report.scriptless import Shown, fitting, render, shortened
from probes.report.worded import worded
from probes.runs import languages, read_back
from probes.runs.beside import advice as advice_runs
from probes.runs.folder import Folder
from probes.types import Answer, Tables

MEASURES = {
    "advised": phrase("one party advised"),
    "several": phrase("several parties"),
    "outside": phrase("outside the set"),
    "refused": phrase("refused"),
    "unreadable": phrase("not readable"),
    "right": phrase("advised right"),
    "right_or_nearest": phrase("advised right, or a party nearest to it"),
    "agreement": phrase("agreement"),
    "concentration": phrase("concentration"),
    "never_named": phrase("parties never named"),
    "displacement": phrase("points from the right party"),
    "displacement_of_negative": phrase(
        "points from the right party, of those on the negative side"
    ),
    "displacement_of_positive": phrase(
        "points from the right party, of those on the positive side"
    ),
    "outward": phrase("advised further out than told"),
}
"""Measure -> what the page calls it; the others keep their name."""


def holds(path: Path) -> bool:
    """Whether a folder is that of a run of advice."""
    return not languages.holds(path) and advice_runs.holds(Folder(path).materials())


def page(path: Path, cover: Cover) -> str:
    """The page.

    Raises:
        RunError: there are no tables, or they are not as `probes place` writes them.
    """
    folder, tables = Folder(path), read_back.tables(path)
    with speaking(cover.language or tables.language):
        return _page(folder, tables, cover)


def _page(folder: Folder, tables: Tables, cover: Cover) -> str:
    """The page in the language at hand."""
    materials = folder.materials()
    replies = {name: list(answers.read(folder.answers(name))[1]) for name in folder.models()}
    shown, hidden = fitting(_profiles(replies, profiles.by_id(materials.statements)))
    summary = tables.advice_summary
    rows = [] if summary is None else summary.dropna(subset=["value"]).to_dict("records")
    return render(
        "advice.html.jinja",
        say("Vote advice: {title}", title=materials.statements.title),
        cover,
        caption=said(tables.caption_parts, tables.caption),
        intervals=said(tables.interval_parts, tables.intervals),
        figure=figures.embedded("advice", tables),
        said=[*_sentences(tables), *advice_runs.remarks(tables, materials)],
        measures=worded(_columns("measure", _measure), [r for r in rows if r["measure"] != ALL]),
        parties=worded(_columns("party", _party), [r for r in rows if r["measure"] == ALL]),
        prompt=next((a.before for of in replies.values() for a in of), ""),
        profiles=shown,
        hidden=hidden,
        of_set=materials.statements.language,
    )


def _columns(name: str, cell: Callable[[Row], str]) -> tuple[Column, ...]:
    """Those of the table, with another in the place of its measure."""
    other = Column(name, cell)
    return tuple(other if c.name == "measure" else c for c in asking_columns.ADVICE)


def _measure(row: Row) -> str:
    """What is measured, in the language at hand."""
    name, axis = say(MEASURES.get(str(row["measure"]), str(row["measure"]))), row["axis"]
    return f"{name}: {say(axis)}" if isinstance(axis, str) and axis else name


def _party(row: Row) -> str:
    return str(row["party"])


def _sentences(tables: Tables) -> Iterator[str]:
    """What may be said of each model's advice."""
    summary = tables.advice_summary
    if summary is None:
        return
    for model, rows in summary[summary["party"].isna() | (summary["party"] == "")].groupby(
        "model", sort=False
    ):
        parties = int((summary.loc[summary["model"] == model, "measure"] == ALL).sum())
        of = rows[rows["axis"].isna() | (rows["axis"] == "")].set_index("measure")
        given, right = of.loc["advised"].to_dict(), of.loc["right"].to_dict()
        if not right["replies"]:
            yield say("{model}: names no one party of the set in any reply", model=model)
            continue
        yield say(
            "{model}: names one party in {share} of its replies; of these {right} ({low} to {high})"
            " name the party whose answers were told, {than_lot} (by lot it would be {lot})",
            model=model,
            share=percent(given["value"]),
            right=percent(right["value"], 1),
            low=percent(right["low"], 1),
            high=percent(right["high"], 1),
            than_lot=_than_lot(right),
            lot=percent(right["of_lot"], 1),
        )
        yield _spread(str(model), of, parties)


def _than_lot(right: Mapping[Hashable, Any]) -> str:
    """How the share of right advice stands to that by lot."""
    if right["low"] > right["of_lot"]:
        return say("more often than by lot")
    if right["high"] < right["of_lot"]:
        return say("less often than by lot")
    return say("as far as can be told, as by lot")


def _spread(model: str, of: pd.DataFrame, parties: int) -> str:
    """On how many of the parties a model's advice falls."""
    never, concentration, right = (
        float(of["value"]["never_named"]),
        float(of["value"]["concentration"]),
        float(of["of_right"]["concentration"]),
    )
    text = phrase("never names {n} of the {all} parties")
    named = say(text, n=f"{never:.0f}", all=parties) if never else say("names each party")
    parts = {"model": model, "named": named}
    if not isfinite(concentration):
        return say("{model}: {named}; one profile alone tells no concentration", **parts)
    equal = min(
        1 / concentration, float(parties)
    )  # free of what few replies add, it may fall below
    return say(
        "{model}: {named}; its advice is as concentrated as on {equal} parties with equal shares"
        " (right advice: {right})",
        equal=f"{equal:.1f}",
        right=f"{1 / right:.1f}",
        **parts,
    )


def _profiles(replies: Mapping[str, Sequence[Answer]], of: Mapping[str, object]) -> Iterator[Shown]:
    """Each profile with the replies of every model."""
    for name in of:
        rows = [
            {"model": model, "replies": [_reply(a) for a in lines if a.statement == name]}
            for model, lines in replies.items()
        ]
        yield {"id": name, "name": getattr(of[name], "name", name), "rows": rows}


def _reply(answer: Answer) -> Shown:
    read = answer.choice or say(MEASURES.get(answer.reason or answer.status, answer.reason))
    return {"wording": answer.wording, "seed": answer.seed, "read": read, **shortened(answer.reply)}
