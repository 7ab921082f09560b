"""What stands on the page, as plain values: for the template, and as data for its script.

`core` is what the first screen needs, `details` what is opened by and by. Every value is text,
number, list or mapping; nothing here is markup.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from probes.comparison.table import kin
from probes.placement.model import Placement
from probes.replies.stance import with_stance_options
from probes.report import cite, data, rows, sentences
from probes.report.load import RunData
from probes.tables.place import EVERY_MODEL
from probes.types import Materials, Tables

Row = dict[str, object]
NOTHING: Row = {
    **dict.fromkeys(rows.NUMBERS),
    "asked": 0,
    "answered": 0,
    "placed": False,
    "claim": False,
    "reasons": [],
}


@dataclass(frozen=True, slots=True)
class PageContent:
    """Everything that the page says."""

    page: Row
    """Name -> value, for the template."""
    core: Row
    details: Row


def content(found: RunData) -> PageContent:
    """Of a run folder."""
    statements, tables = found.materials.statements, found.tables
    names = [h.model.name for h in found.headers]
    placed = rows.placed(tables, _offered(found.materials), found.headers)
    models = _models(found, placed)
    compared = rows.pairs(placed, found.materials, kin(found.headers))
    agreed = rows.statements(tables, found.materials, names)
    asked = {s for one in agreed.values() for s in _asked(one)}
    page = {
        **_run(found),
        "title": sentences.title(len(models)),
        "lede": sentences.lede(found, len(asked)),
        "asked": len(asked),
        "mirrored": sum(statements.statements[i].mirror is not None for i in asked),
        "figure_caption": sentences.figure_caption(found),
        "unplaced": _said(models, placed=False),
        "remarks": _said(models, placed=True),
        "variance": _variance(tables, between=False),
        "between": _variance(tables, between=True),
        "alignment": _alignment(tables),
        "faithful": rows.plain(tables.faithful),
        "stances": rows.plain(tables.stances),
        "pairs": compared,
        "pairs_note": sentences.pairs_note(len(models), len(compared)),
        "models": models,
    }
    return PageContent(page, data.core(found, models), data.details(found, agreed, compared))


def _run(found: RunData) -> Row:
    """What the page says of the run as a whole."""
    materials = found.materials
    return {
        "set": materials.statements,
        "recipe": materials.recipe,
        "wordings": data.wordings(materials),
        "missing": materials.missing,
        "axes": materials.statements.axes,
        "scale": materials.statements.scale,
        "caption": found.tables.caption,
        "going": found.going,
        "waiting": found.waiting,
        "done": found.done,
        "cells": found.cells,
        "refused": sum(one.refused for one in found.found),
        "unparsed": sum(one.unparsed for one in found.found),
        "failed": sum(one.failed for one in found.found),
        "settings": cite.settings(found.run, materials),
        "sessions": cite.sessions(found.run),
        "bibtex": cite.bibtex(materials),
    }


def _models(found: RunData, placed: Sequence[Placement]) -> list[Row]:
    """A mapping a model: who it is, where it stands, and how far it has answered."""
    places, about = rows.placements(found.tables), rows.about(found.tables)
    by_wording = rows.wordings(placed)
    axes = [axis.name for axis in found.materials.statements.axes]
    models: list[Row] = []
    for one in found.found:
        info = one.header.model
        here: dict[str, Row] = {}
        for axis in axes:
            there = by_wording.get(info.name, {}).get(axis, {})
            here[axis] = {
                **places.get(info.name, {}).get(axis, NOTHING),
                "least": min(there.values(), default=None),
                "most": max(there.values(), default=None),
                "wordings": there,
            }
        models.append(
            {
                "name": info.name,
                "family": info.family,
                "about": about.get(info.name, {"pale": False, "warnings": [], "yes_bias": None}),
                "places": here,
                "unplaced": [axis for axis in axes if not here[axis]["placed"]],
                "open": any(place["placed"] and not place["claim"] for place in here.values()),
                "identity": cite.model(one.header),
                "done": one.done,
                "cells": one.header.cells,
            }
        )
    return models


def _offered(materials: Materials) -> Materials:
    """With what a stance can be as the options of open wordings, as the tables have it."""
    return replace(materials, recipe=with_stance_options(materials.recipe))


def _asked(agreed: Row) -> list[int]:
    """Statements of a model's list that it was asked."""
    counts = agreed["asked"]
    return [i for i, n in enumerate(counts) if n] if isinstance(counts, list) else []


def _said(models: Sequence[Row], *, placed: bool) -> list[Row]:
    """Model, axis and reasons, of axes on which models are placed, or are not."""
    found: list[Row] = []
    for model in models:
        places = model["places"]
        for axis, place in places.items() if isinstance(places, dict) else ():
            if place["placed"] == placed and place["reasons"]:
                found.append({"model": model["name"], "axis": axis, "reasons": place["reasons"]})
    return found


def _variance(tables: Tables, *, between: bool) -> Row:
    """Sources of variance, and a row a model and axis; `between` models, or within each."""
    found = [
        r for r in tables.variance.to_dict("records") if (r["model"] == EVERY_MODEL) == between
    ]
    shares: dict[tuple[str, str], Row] = {}
    for row in found:
        name = "all models" if between else str(row["model"])
        key = name, str(row["axis"])
        shares.setdefault(key, {})[str(row["source"])] = rows.number(row["share"])
    return {
        "sources": list(dict.fromkeys(str(row["source"]) for row in found)),
        "rows": [
            {"model": model, "axis": axis, "shares": of} for (model, axis), of in shares.items()
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
            "reason": rows.text(row.get("reason")),
        }
        for row in tables.alignment.to_dict("records")
    ]
