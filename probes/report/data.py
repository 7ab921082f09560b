"""What the page's script gets: what the chart is drawn from, and what is opened by and by."""

from collections.abc import Mapping, Sequence

from probes.report import rows
from probes.report.load import RunData
from probes.types import Materials, Wording
from probes.types.reference import raw

Row = dict[str, object]


def core(found: RunData, models: Sequence[Row]) -> Row:
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
            if not raw(str(one["kind"]))
        ],
    }


def details(found: RunData, agreed: Mapping[str, Row], compared: Sequence[Row]) -> Row:
    """Statements, agreement, comparisons, and the evidence itself."""
    statements = found.materials.statements.statements
    languages = {w.name: w.language for w in wordings(found.materials)}
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


def wordings(materials: Materials) -> list[Wording]:
    """Of the protocol, also those that stand in place of it for some backends."""
    recipes = (materials.recipe, *materials.recipe.instead.values())
    return list({w.name: w for recipe in reversed(recipes) for w in recipe.wordings}.values())
