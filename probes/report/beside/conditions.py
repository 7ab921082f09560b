"""Conditions, as plain values for the page: the figure, and what each condition does to a model."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from probes.output import asking_columns, figures
from probes.output.columns import Column
from probes.phrases import phrase, say
from probes.report.worded import worded
from probes.types import Condition, Tables

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, object]


def section(tables: Tables, conditions: tuple[Condition, ...]) -> Row | None:
    """What the page says of conditions; None where the run has none."""
    if tables.conditions is None:
        return None
    return {
        "first": conditions[0].name if conditions else "",
        "said": [{say("condition"): c.name, say("what was said"): words(c)} for c in conditions],
        "figure": _figure(tables),
        "changes": _worded(asking_columns.CONDITION, tables.conditions),
        "following": _worded(asking_columns.STEERING, tables.steering),
        "challenge": _worded(asking_columns.CHALLENGE, tables.challenge),
    }


def _worded(columns: Sequence[Column], table: "pd.DataFrame | None") -> list[dict[str, str]]:
    return [] if table is None else worded(columns, table.fillna({"reason": ""}).to_dict("records"))


def words(condition: Condition) -> str:
    """What a condition says, in short."""
    parts = [condition.system, condition.persona, condition.user, condition.length]
    parts += [f"{exchange.user} / {exchange.model}" for exchange in condition.prefix]
    if condition.examples:
        own = say("its position") if condition.position else say("control facts")
        who = condition.respondent or own
        parts.append(say("{n} examples of answers, by {who}", n=condition.examples, who=who))
    if condition.thinking:
        parts.append(say("thinking {how}", how=condition.thinking))
    if condition.challenge:
        side, counter = condition.challenge, condition.counter
        text = phrase("after an answer that takes the side {side}: {counter}")
        parts.append(say(text, side=side, counter=counter))
    return " · ".join(filter(None, parts)) or say("nothing beside the question")


def _figure(tables: Tables) -> str:
    """The figure `conditions` as base64 of an SVG; empty where there is nothing to draw."""
    changes = tables.conditions
    if changes is None or not changes["difference"].notna().any() or not tables.axes:
        return ""
    return figures.embedded("conditions", tables)
