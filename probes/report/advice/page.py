"""The report of a vote-advice run: one HTML page without a script (measures, figure, replies).

Reads tables and evidence; writes only a figure into a temporary folder.
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
"""Measure -> its name on the page; other measures keep their name."""


def holds(path: Path) -> bool:
    """Whether a folder is that of a vote-advice run."""
    return not languages.holds(path) and advice_runs.holds(Folder(path).materials())


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
        prompt=next((a.before for model_replies in replies.values() for a in model_replies), ""),
        profiles=shown,
        hidden=hidden,
        of_set=materials.statements.language,
    )


def _columns(name: str, cell: Callable[[Row], str]) -> tuple[Column, ...]:
    """Columns of the advice table, with column `measure` replaced by the given one."""
    replacement = Column(name, cell)
    return tuple(replacement if c.name == "measure" else c for c in asking_columns.ADVICE)


def _measure(row: Row) -> str:
    """Name of the measure in the current language."""
    name, axis = say(MEASURES.get(str(row["measure"]), str(row["measure"]))), row["axis"]
    return f"{name}: {say(axis)}" if isinstance(axis, str) and axis else name


def _party(row: Row) -> str:
    return str(row["party"])


def _sentences(tables: Tables) -> Iterator[str]:
    """Sentences that summarise each model's advice."""
    summary = tables.advice_summary
    if summary is None:
        return
    for model, rows in summary[summary["party"].isna() | (summary["party"] == "")].groupby(
        "model", sort=False
    ):
        parties = int((summary.loc[summary["model"] == model, "measure"] == ALL).sum())
        overall = rows[rows["axis"].isna() | (rows["axis"] == "")].set_index("measure")
        advised, right = overall.loc["advised"].to_dict(), overall.loc["right"].to_dict()
        if not right["replies"]:
            yield say("{model}: names no one party of the set in any reply", model=model)
            continue
        yield say(
            "{model}: names one party in {share} of its replies; of these {right} ({low} to {high})"
            " name the party whose answers were told, {than_lot} (by lot it would be {lot})",
            model=model,
            share=percent(advised["value"]),
            right=percent(right["value"], 1),
            low=percent(right["low"], 1),
            high=percent(right["high"], 1),
            than_lot=_than_lot(right),
            lot=percent(right["of_lot"], 1),
        )
        yield _spread(str(model), overall, parties)


def _than_lot(right: Mapping[Hashable, Any]) -> str:
    """Comparison of the share of right advice with that of a random choice (`of_lot`)."""
    if right["low"] > right["of_lot"]:
        return say("more often than by lot")
    if right["high"] < right["of_lot"]:
        return say("less often than by lot")
    return say("as far as can be told, as by lot")


def _spread(model: str, overall: pd.DataFrame, parties: int) -> str:
    """Sentence on how a model's advice is distributed over the parties."""
    never, concentration, right = (
        float(overall["value"]["never_named"]),
        float(overall["value"]["concentration"]),
        float(overall["of_right"]["concentration"]),
    )
    text = phrase("never names {n} of the {all} parties")
    naming = say(text, n=f"{never:.0f}", all=parties) if never else say("names each party")
    parts = {"model": model, "named": naming}
    if not isfinite(concentration):
        return say("{model}: {named}; one profile alone tells no concentration", **parts)
    equal = min(
        1 / concentration, float(parties)
    )  # the concentration is corrected for bias, so it can be below 1 / parties
    return say(
        "{model}: {named}; its advice is as concentrated as on {equal} parties with equal shares"
        " (right advice: {right})",
        equal=f"{equal:.1f}",
        right=f"{1 / right:.1f}",
        **parts,
    )


def _profiles(
    replies: Mapping[str, Sequence[Answer]], profile_by_id: Mapping[str, object]
) -> Iterator[Shown]:
    """Profiles by id, each with the replies of every model."""
    for name in profile_by_id:
        rows = [
            {"model": model, "replies": [_reply(a) for a in lines if a.statement == name]}
            for model, lines in replies.items()
        ]
        yield {"id": name, "name": getattr(profile_by_id[name], "name", name), "rows": rows}


def _reply(answer: Answer) -> Shown:
    read = answer.choice or say(MEASURES.get(answer.reason or answer.status, answer.reason))
    return {"wording": answer.wording, "seed": answer.seed, "read": read, **shortened(answer.reply)}
