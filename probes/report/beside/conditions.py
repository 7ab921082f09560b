"""Conditions, as plain values for the page: the figure, and what each condition does to a model."""

import base64
import tempfile
from pathlib import Path

from probes.output import figures
from probes.report import rows
from probes.types import Condition, Tables

Row = dict[str, object]
CHANGES = (
    *("model", "condition", "axis", "position", "position_low", "position_high", "difference"),
    *("low", "high", "p_holm", "verdict", "reason"),
)
FOLLOWING = (
    *("model", "axis", "measure", "conditions", "value", "low", "high", "p_holm", "reason"),
)


def section(tables: Tables, conditions: tuple[Condition, ...]) -> Row | None:
    """What the page says of conditions; None where the run has none."""
    if tables.conditions is None:
        return None
    steering = None if tables.steering is None else tables.steering[list(FOLLOWING)]
    return {
        "first": conditions[0].name if conditions else "",
        "said": [{"name": c.name, "words": _words(c)} for c in conditions],
        "figure": _figure(tables),
        "changes": rows.plain(tables.conditions[list(CHANGES)]),
        "following": rows.plain(steering),
        "challenge": rows.plain(tables.challenge),
    }


def _words(condition: Condition) -> str:
    """What a condition says, in short."""
    parts = [condition.system, condition.persona, condition.user, condition.length]
    parts += [f"{exchange.user} / {exchange.model}" for exchange in condition.prefix]
    if condition.examples:
        who = condition.respondent or ("its position" if condition.position else "control facts")
        parts.append(f"{condition.examples} examples of answers, by {who}")
    if condition.thinking:
        parts.append(f"thinking {condition.thinking}")
    if condition.challenge:
        parts.append(
            f"after an answer that takes the side {condition.challenge}: {condition.counter}"
        )
    return " · ".join(filter(None, parts)) or "nothing beside the question"


def _figure(tables: Tables) -> str:
    """The figure `conditions` as base64 of an SVG; empty where there is nothing to draw."""
    changes = tables.conditions
    if changes is None or not changes["difference"].notna().any() or not tables.axes:
        return ""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "conditions.svg"
        figures.draw("conditions", tables, path)
        return base64.b64encode(path.read_bytes()).decode()
