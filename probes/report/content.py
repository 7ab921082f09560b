"""What stands on the page, as plain values: for the template, and as data for its script.

`core` is what the first screen needs, `details` what is opened by and by. Every value is text,
number, list or mapping; nothing here is markup.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from probes.pairs import kin
from probes.placement import Placement
from probes.report import cite, rows
from probes.report.source import Source
from probes.tables import EVERY_MODEL
from probes.stance import offered
from probes.types import Materials, Tables, Wording

Row = dict[str, object]
NOTHING: Row = {
    **dict.fromkeys(rows.NUMBERS),
    **{"asked": 0, "answered": 0, "placed": False, "claim": False, "reasons": []},
}


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that the page says."""

    page: Row
    """Name -> value, for the template."""
    core: Row
    details: Row


def content(found: Source) -> Content:
    """Of a run folder."""
    statements, tables = found.materials.statements, found.tables
    names = [h.model.name for h in found.headers]
    placed = rows.placed(tables, _offered(found.materials), found.headers)
    models = _models(found, placed)
    compared = rows.pairs(placed, found.materials, kin(found.headers))
    agreed = rows.statements(tables, found.materials, names)
    asked = {s for one in agreed.values() for s in _asked(one)}
    page = {
        **_run(found, models),
        "title": f"Where {_counted(len(models), 'model')} {_stand(len(models))}: {statements.title}",
        "lede": _lede(found, len(asked)),
        "asked": len(asked),
        "mirrored": sum(statements.statements[i].mirror is not None for i in asked),
        "figure_caption": _figure_caption(found),
        "unplaced": _said(models, placed=False),
        "remarks": _said(models, placed=True),
        "variance": _variance(tables),
        "alignment": _alignment(tables),
        "faithful": rows.plain(tables.faithful),
        "stances": rows.plain(tables.stances),
        "pairs": compared,
        "pairs_note": _pairs_note(len(models), compared),
        "models": models,
    }
    return Content(page, _core(found, models), _details(found, agreed, compared))


def _run(found: Source, models: Sequence[Row]) -> Row:
    """What the page says of the run as a whole."""
    materials = found.materials
    return {
        "set": materials.statements,
        "recipe": materials.recipe,
        "wordings": _wordings(materials),
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


def _models(found: Source, placed: Sequence[Placement]) -> list[Row]:
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
    return replace(materials, recipe=offered(materials.recipe))


def _wordings(materials: Materials) -> list[Wording]:
    """Of the protocol, also those that stand in place of it for some backends."""
    recipes = (materials.recipe, *materials.recipe.instead.values())
    return list({w.name: w for recipe in reversed(recipes) for w in recipe.wordings}.values())


def _core(found: Source, models: Sequence[Row]) -> Row:
    """What the chart is drawn from."""
    shape = ("x", "y", "var_x", "cov", "var_y", "radius")
    kept = ("name", "family", "about", "places", "unplaced")
    return {
        "axes": [
            {"name": a.name, "negative": a.negative, "positive": a.positive}
            for a in found.materials.statements.axes
        ],
        "scale": found.materials.statements.scale,
        "language": found.materials.statements.language,
        "models": [{name: model[name] for name in kept} for model in models],
        "ellipses": [
            {
                **{name: str(one[name]) for name in ("model", "x_axis", "y_axis")},
                **{name: rows.number(one[name], 6) for name in shape},
            }
            for one in found.tables.ellipses.to_dict("records")
        ],
        "reference": [
            {
                "kind": str(one["kind"]),
                "axis": str(one["axis"]),
                "position": rows.number(one["position"]),
                "sd": rows.number(one["sd"]),
            }
            for one in found.tables.reference.to_dict("records")
            if not str(one["kind"]).endswith(", raw")
        ],
    }


def _details(found: Source, agreed: Mapping[str, Row], compared: Sequence[Row]) -> Row:
    """Statements, agreement, comparisons, and the evidence itself."""
    statements = found.materials.statements.statements
    languages = {w.name: w.language for w in _wordings(found.materials)}
    options = {
        name: [option.label for option in offered]
        for header in reversed(found.headers)
        for name, offered in header.wordings.items()
    }
    order = [name for name in languages if name in options]
    order += [name for name in options if name not in languages]
    topics = found.tables.topics.to_dict("records")
    return {
        "whole": found.whole,
        "cut": found.cut,
        "statements": [
            {
                "id": s.id,
                "text": s.text,
                "mirror": s.mirror,
                "topic": s.topic or "",
                "effects": dict(s.effects),
                "table": {axis: list(points) for axis, points in s.table.items()},
            }
            for s in statements
        ],
        "wordings": {name: {"language": languages.get(name, "")} for name in order},
        "agreement": [agreed[h.model.name] for h in found.headers],
        "topics": [
            {
                **{name: str(one[name]) for name in ("model", "axis", "topic")},
                **{name: rows.number(one[name]) for name in ("position", "low", "high")},
            }
            for one in topics
        ],
        "pairs": list(compared),
        "templates": found.templates.texts,
        "evidence": [
            {
                "options": {
                    name: [o.label for o in offered]
                    for name, offered in one.header.wordings.items()
                },
                "combinations": one.combinations,
                "rows": [one.rows.get(s.id, []) for s in statements] if found.whole else [],
            }
            for one in found.found
        ],
    }


def _asked(agreed: Row) -> list[int]:
    """Statements of a model's list that it was asked."""
    counts = agreed["asked"]
    return [i for i, n in enumerate(counts) if n] if isinstance(counts, list) else []


def _lede(found: Source, asked: int) -> str:
    """What was done, in a sentence."""
    recipe, axes = found.materials.recipe, found.materials.statements.axes
    ends = " and ".join(f"{a.name} ({a.negative} to {a.positive})" for a in axes)
    on = f", on {'axes' if len(axes) > 1 else 'the axis'} {ends}" if axes else ""
    return (
        f"{_counted(asked, 'statement')} in {_counted(len(recipe.wordings), 'wording')}, put to "
        f"{_counted(len(found.found), 'model')} by protocol {recipe.name}{on}."
    )


def _figure_caption(found: Source) -> str:
    axes = found.materials.statements.axes
    if len(axes) < 2:
        return (
            "Bars are 95 % intervals. A hollow dot makes no claim: it is not placed, or missing "
            "answers could move it."
        )
    return (
        "Ellipses are joint 95 % regions. A hollow dot with a dashed ellipse makes no claim: it is "
        "not placed, or missing answers could move it. In grey: answers by the toss of a coin (two "
        "standard deviations) and the same answer to everything."
    )


def _said(models: Sequence[Row], *, placed: bool) -> list[Row]:
    """Model, axis and reasons, of axes on which models are placed, or are not."""
    found: list[Row] = []
    for model in models:
        places = model["places"]
        for axis, place in places.items() if isinstance(places, dict) else ():
            if place["placed"] == placed and place["reasons"]:
                found.append({"model": model["name"], "axis": axis, "reasons": place["reasons"]})
    return found


def _variance(tables: Tables) -> list[Row]:
    return [
        {
            "model": "all models" if row["model"] == EVERY_MODEL else str(row["model"]),
            "axis": str(row["axis"]),
            "source": str(row["source"]),
            "share": rows.number(row["share"]),
        }
        for row in tables.variance.to_dict("records")
    ]


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


def _pairs_note(models: int, compared: Sequence[Row]) -> str:
    if models > rows.ALL_PAIRS:
        return (
            f"Of more than {rows.ALL_PAIRS} models, each is compared only with the one it came "
            f"from; p values are adjusted for {len(compared)} comparisons (Holm)."
        )
    return f"P values are adjusted for all {len(compared)} comparisons of this run (Holm)."


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}".replace(",", "\N{THIN SPACE}")


def _stand(number: int) -> str:
    return "stands" if number == 1 else "stand"
