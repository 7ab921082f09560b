"""Data for the page's script: for the chart, and for the details loaded after it."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import cast

from probes.phrases import say
from probes.report import rows, sentences
from probes.report.beside import people
from probes.report.evidence import HOLE
from probes.report.load import RunData
from probes.types import Materials, Wording
from probes.types.reference import raw
from probes.types.retold import told

Row = dict[str, object]
SAID = ("verdict", "reason", "units")
"""Columns of a comparison to translate."""


def core(run_data: RunData, models: Sequence[Row]) -> Row:
    """Data of the chart."""
    shape = (*("x", "y", "var_x", "cov", "var_y", "radius"), *("x_from", "x_to", "y_from", "y_to"))
    return {
        "axes": [
            {
                "name": a.name,
                "label": say(a.name),
                "negative": say(a.negative),
                "positive": say(a.positive),
            }
            for a in run_data.materials.statements.axes
        ],
        "scale": run_data.materials.statements.scale,
        "language": run_data.materials.statements.language,
        "models": [_model(model) for model in models],
        "ellipses": [
            {
                **{name: str(row[name]) for name in ("model", "x_axis", "y_axis")},
                **{name: rows.number(row[name], 6) for name in shape},
            }
            for row in run_data.tables.ellipses.to_dict("records")
        ],
        "reference": [
            {
                "kind": say(str(row["kind"])),
                "axis": str(row["axis"]),
                "position": rows.number(row["position"]),
                "sd": rows.number(row["sd"]),
            }
            for row in run_data.tables.reference.to_dict("records")
            if not raw(str(row["kind"]))
        ],
        "people": people.drawn(run_data.tables),
        "absent": _absent(run_data),
    }


def _absent(run_data: RunData) -> list[Row]:
    """Sentence on the models without a dot, for each pair of axes, or for the only axis."""
    names = [axis.name for axis in run_data.materials.statements.axes]
    charts = combinations(names, 2) if len(names) > 1 else [tuple(names)] * len(names)
    return [{"axes": on, "text": sentences.absent(run_data.tables, on)} for on in charts]


def _model(model: Row) -> Row:
    fields = ("name", "family", "places", "unplaced")
    about = cast("Row", model["about"])
    warnings = [told(text) for text in cast("list[str]", about["warnings"])]
    return {
        **{name: model[name] for name in fields},
        "way": say(str(model["way"])),
        "about": {**about, "warnings": warnings},
    }


def details(run_data: RunData, agreed: Mapping[str, Row], compared: Sequence[Row]) -> Row:
    """Data of the details: statements, agreement, comparisons, and the evidence."""
    statements = run_data.materials.statements.statements
    languages = {w.name: w.language for w in wordings(run_data.materials)}
    options = {
        name: [option.label for option in offered]
        for header in reversed(run_data.headers)
        for name, offered in header.wordings.items()
    }
    order = [name for name in languages if name in options]
    order += [name for name in options if name not in languages]
    topics = run_data.tables.topics.to_dict("records")
    return {
        "whole": run_data.whole,
        "cut": run_data.cut,
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
        "agreement": [agreed[h.model.name] for h in run_data.headers],
        "topics": [
            {
                **{name: str(row[name]) for name in ("model", "axis", "topic")},
                **{name: rows.number(row[name]) for name in ("position", "low", "high")},
            }
            for row in topics
        ],
        "pairs": [{**row, **{name: rows.remark(row[name]) for name in SAID}} for row in compared],
        "templates": run_data.templates.texts,
        "evidence": [
            {
                "options": {
                    name: [o.label for o in offered]
                    for name, offered in shown.header.wordings.items()
                },
                "combinations": shown.combinations,
                "rows": [shown.rows.get(s.id, []) for s in statements] if run_data.whole else [],
            }
            for shown in run_data.answered
        ],
    }


def examples(run_data: RunData) -> list[Row]:
    """The first prompt in full, in each version that models got (chat templates differ)."""
    by_prompt: dict[tuple[str, str, bool], list[str]] = {}
    for shown in run_data.answered:
        numbers = [combination[4] for combination in shown.combinations]
        index = next((n for n in numbers if isinstance(n, int)), None)
        if index is not None:
            before, after = run_data.templates.texts[index]
            info = shown.header.model
            prompt = before.replace(HOLE, "{statement}"), after, info.chat
            by_prompt.setdefault(prompt, []).append(info.name)
    return [
        {"models": names, "before": before, "after": after, "chat": chat}
        for (before, after, chat), names in by_prompt.items()
    ]


def wordings(materials: Materials) -> list[Wording]:
    """Wordings of the protocol and of its recipes for single backends."""
    recipes = (materials.recipe, *materials.recipe.instead.values())
    return list({w.name: w for recipe in reversed(recipes) for w in recipe.wordings}.values())
