"""The content of the page as plain values: for the template, and as data for its script.

`core` is the data of the first screen, `details` is loaded after it. Every value is text, a number,
a list or a mapping; nothing here is markup.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from probes.comparison.table import kin
from probes.phrases import said, say
from probes.report import cite, data, rows, sentences, summary, summary_text
from probes.report.beside import conditions, downstream, people
from probes.report.glossary.terms import terms
from probes.report.load import RunData
from probes.tables.axes import EVERY_MODEL
from probes.tables.caption import IN_FULL, WAYS, mixed
from probes.types import Tables, Thresholds
from probes.types.retold import told

Row = dict[str, object]
NOTHING: Row = {
    **dict.fromkeys(rows.NUMBERS),
    "asked": 0,
    "answered": 0,
    "placed": False,
    "hollow": [],
    "claim": False,
    "reasons": [],
}


@dataclass(frozen=True, slots=True)
class PageContent:
    """All values on the page."""

    page: Row
    """Name -> value, for the template."""
    core: Row
    details: Row


@dataclass(frozen=True, slots=True)
class Cover:
    """Title, author, comment and language that replace the report's own."""

    title: str = ""
    author: str = ""
    comment: str = ""
    language: str = ""
    """Language of the page; empty: that of the set."""


PLAIN = Cover()


def content(run_data: RunData, cover: Cover = PLAIN) -> PageContent:
    """Content of the page for a run."""
    statements, tables = run_data.materials.statements, run_data.tables
    names = [h.model.name for h in run_data.headers]
    models = _models(run_data)
    compared = rows.pairs(run_data.models, run_data.materials, kin(run_data.headers))
    agreed = rows.statements(tables, run_data.materials, names)
    asked = {s for lists in agreed.values() for s in _asked_statements(lists)}
    page = {
        **_run(run_data),
        "title": cover.title or sentences.title(len(models), _nowhere(models)),
        "cover": cover,
        "summary": summary_text.sentences(
            summary.summary(models, statements.axes, compared, run_data.materials.recipe.thresholds)
        ),
        "glossary": terms(
            run_data.materials, mirrored=any(statements.statements[i].mirror for i in asked)
        ),
        "examples": data.examples(run_data),
        "lede": sentences.lede(run_data, len(asked)),
        "asked": len(asked),
        "mirrored": sum(statements.statements[i].mirror is not None for i in asked),
        "figure_caption": sentences.figure_caption(run_data),
        "unplaced": _remarks(models, run_data.materials.recipe.thresholds, placed=False),
        "remarks": _remarks(models, run_data.materials.recipe.thresholds, placed=True),
        "variance": _variance(tables, between=False),
        "between": _variance(tables, between=True),
        "alignment": _alignment(tables),
        "people": people.table(run_data.tables),
        "people_caption": people.who(run_data.tables),
        "people_figure": people.figure_caption(run_data.tables),
        "conditions": conditions.section(tables, run_data.materials.recipe.conditions),
        "downstream": downstream.section(tables, run_data.downstream),
        "faithful": rows.plain(tables.faithful),
        "stances": rows.plain(tables.stances),
        "pairs": compared,
        "pairs_note": sentences.pairs_note(len(models), len(compared)),
        "models": models,
    }
    return PageContent(page, data.core(run_data, models), data.details(run_data, agreed, compared))


def _run(run_data: RunData) -> Row:
    """Values about the run as a whole."""
    materials = run_data.materials
    return {
        "set": materials.statements,
        "recipe": materials.recipe,
        "wordings": data.wordings(materials),
        "missing": materials.missing,
        "axes": materials.statements.axes,
        "scale": materials.statements.scale,
        "caption": said(run_data.tables.caption_parts, run_data.tables.caption),
        "intervals": said(run_data.tables.interval_parts, run_data.tables.intervals),
        "going": run_data.going,
        "waiting": run_data.waiting,
        "done": run_data.done,
        "cells": run_data.cells,
        "refused": sum(shown.refused for shown in run_data.answered),
        "unparsed": sum(shown.unparsed for shown in run_data.answered),
        "failed": sum(shown.failed for shown in run_data.answered),
        "settings": cite.settings(run_data.run, materials),
        "sessions": cite.sessions(run_data.run),
        "bibtex": cite.bibtex(materials),
    }


def _models(run_data: RunData) -> list[Row]:
    """One mapping per model: its description, positions, and number of answers."""
    placements, about = rows.placements(run_data.tables), rows.about(run_data.tables)
    by_wording = rows.wordings(run_data.models)
    axes = [axis.name for axis in run_data.materials.statements.axes]
    models: list[Row] = []
    apart = mixed(run_data.materials, [h.model.gives for h in run_data.headers])
    for shown in run_data.answered:
        info = shown.header.model
        places_of_model: dict[str, Row] = {}
        for axis in axes:
            positions = by_wording.get(info.name, {}).get(axis, {})
            places_of_model[axis] = {
                **placements.get(info.name, {}).get(axis, NOTHING),
                "least": min(positions.values(), default=None),
                "most": max(positions.values(), default=None),
                "wordings": positions,
            }
        models.append(
            {
                "name": info.name,
                "family": info.family,
                "way": WAYS.get(info.gives, IN_FULL) if apart else "",
                "about": about.get(info.name, {"pale": False, "warnings": [], "yes_bias": None}),
                "places": places_of_model,
                "unplaced": [axis for axis in axes if not places_of_model[axis]["placed"]],
                "hollow": _hollow(places_of_model.values()),
                "identity": cite.model(shown.header),
                "done": shown.done,
                "cells": shown.header.cells,
            }
        )
    return models


def _asked_statements(agreed: Row) -> list[int]:
    """Indices of the statements that the model was asked."""
    counts = agreed["asked"]
    return [i for i, n in enumerate(counts) if n] if isinstance(counts, list) else []


def _hollow(places: Iterable[Row]) -> list[str]:
    """Reasons why a placed model's positions make no claim, each once."""
    why = [cast("list[str]", place["hollow"]) for place in places if place["placed"]]
    return list(dict.fromkeys(told(sentence) for sentences in why for sentence in sentences))


def _nowhere(models: Sequence[Row]) -> int:
    """Number of models without a claim on any axis of the set."""
    places = [cast("dict[str, Row]", model["places"]) for model in models]
    return sum(
        bool(by_axis) and not any(place["claim"] for place in by_axis.values())
        for by_axis in places
    )


def _remarks(models: Sequence[Row], limits: Thresholds, *, placed: bool) -> list[Row]:
    """Rows of model, axes and reasons; with `placed`, for axes on which the model is placed, else
    for those on which it is not.

    Axes of one model with the same reasons share a row.
    """
    remarks: dict[tuple[object, ...], list[str]] = {}
    for model in models:
        for axis, place in cast("dict[str, Row]", model["places"]).items():
            if place["placed"] == placed and place["reasons"]:
                why = cast("list[str]", place["reasons"])
                plain = [
                    summary_text.plain(summary.objection(text, place, model, limits))
                    for text in why
                ]
                remarks.setdefault((model["name"], *plain), []).append(axis)
    return [
        {"model": model, "axes": axes, "reasons": why} for (model, *why), axes in remarks.items()
    ]


def _variance(tables: Tables, *, between: bool) -> Row:
    """Sources of variance, and one row per model and axis; with `between`, of the variance between
    models, else within each."""
    records = [
        r for r in tables.variance.to_dict("records") if (r["model"] == EVERY_MODEL) == between
    ]
    shares: dict[tuple[str, str], Row] = {}
    for row in records:
        name = say("all models") if between else str(row["model"])
        key = name, str(row["axis"])
        shares.setdefault(key, {})[str(row["source"])] = rows.number(row["share"])
    sources = list(dict.fromkeys(str(row["source"]) for row in records))
    return {
        "sources": sources,
        "rows": [
            {"model": model, "axis": axis, "shares": {name: share_of.get(name) for name in sources}}
            for (model, axis), share_of in shares.items()
        ],
    }


def _alignment(tables: Tables) -> list[Row]:
    if tables.alignment is None:
        return []
    numbers = ("score", "low", "high", "correlation", "correlation_low", "correlation_high")
    return [
        {
            **{name: rows.number(row[name]) for name in numbers},
            "model": str(row["model"]),
            "respondent": str(row["respondent"]),
            "n": int(row["n"]),
            "reason": rows.remark(row.get("reason")),
        }
        for row in tables.alignment.to_dict("records")
    ]
