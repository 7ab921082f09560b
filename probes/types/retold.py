"""Translation of the English sentences in tables; numbers and names in them stay.

A fixed sentence is looked up as a whole; one with numbers or names is matched against its template.
A sentence that matches nothing stays in English.
"""

import re
import string
from functools import cache

from probes.phrases import Saying, phrase, say

DIFFERENT_WAYS = phrase("models were asked in different ways: {ways}")
TEMPLATES = (
    DIFFERENT_WAYS,
    phrase(
        "models were asked {asked} statements of this axis, people {answered}: not the same ones"
    ),
    phrase("options by first tokens, of the {n} likeliest in {wordings}"),
    phrase("its rewards do not tell the control pairs apart in {lost}: left out"),
    phrase("{n} answers could be others, by what is missing of them"),
    phrase("trial run: {asked} of {total} statements"),
    phrase("trial run: {asked} of {total} pairs of requests"),
    phrase(
        "legacy-agree: missing answers count as agreement that nobody gave ({missing} of {cells})"
    ),
    phrase("only {scored} of {offered} wordings could be scored"),
    phrase("{answered} of {asked} pairs were answered, fewer than {share}"),
    phrase("missing answers could move it by more than {points} points"),
    phrase("low mass: the median is below {least} where options are shown"),
    phrase("low mass: the median is below {least} where options are completed"),
    phrase("the options are improbable in {low} of {wordings} wordings"),
    phrase("not placed: {model} under {condition} and {other} under {second}"),
    phrase("not placed: {model} under {condition}"),
    phrase("said as text before the statement: no chat in {wordings}"),
    phrase("not placed: {models}"),
    phrase("not placed in {languages}"),
    phrase("moves by its own interval, but not beyond chance among {n} comparisons (Holm)"),
    phrase("key-centred position {position}"),
    phrase("key-centred difference {difference} ({low} to {high})"),
    phrase("{n} ties between answers went to the milder"),
    phrase("words left out in {wordings}"),
    phrase("its interval is above {chance}: the texts leak"),
    phrase(
        "its interval is below {chance}: no leak, as folds that hold more of a class leave less of"
        " it to learn from"
    ),
    phrase("not told from it: {models}"),
    phrase("neutral corpus, {group}"),
    phrase("{group}: moved"),
    phrase("{group}: cannot be told apart"),
    phrase("bundle: {name}"),
    phrase("seeds of {name}"),
    phrase("1 model placed, fewer than {least}"),
    phrase("{n} models placed, fewer than {least}"),
    phrase(
        "models placed beside a difference in differences: {n}, fewer than {least}, so leaning and"
        " task cannot be held against each other"
    ),
    phrase(
        "models placed beside a difference in differences: {n}, fewer than {least}, so leaning and"
        " task cannot be held against each other; not placed: {unplaced}"
    ),
    phrase(
        "models placed beside a difference in differences: {n}, fewer than {least} (or all lean"
        " alike), so there is nothing to hold against each other"
    ),
    phrase(
        "no model of the run is a child of the predictions: both must have it, and its base, under"
        " one name or by --same MODEL=NAME (the run has {asked}; the predictions have {trained})"
    ),
)
"""Templates of sentences with numbers or names, as `reasons`, `placement` and `downstream` write
them."""


class Retold(Saying):
    """A sentence of a table, as part of a caption."""

    def __str__(self) -> str:
        """The sentence in the current language."""
        return told(self.text)


def told(sentence: str) -> str:
    """The sentence translated into the current language."""
    for template in TEMPLATES:
        match = _pattern(template).fullmatch(sentence)
        if match:
            parts = match.groupdict()
            if "ways" in parts:
                parts["ways"] = ", ".join(map(say, parts["ways"].split(", ")))
            if "unplaced" in parts:
                parts["unplaced"] = "; ".join(map(_with_reason, parts["unplaced"].split("; ")))
            if parts.get("group", "").startswith("bundle: "):
                parts["group"] = told(parts["group"])
            return say(template, **parts)
    return say(sentence)


def _with_reason(model: str) -> str:
    """``NAME (REASON)`` with the reason in the language at hand."""
    name, opening, reason = model.partition(" (")
    return f"{name} ({told(reason.removesuffix(')'))})" if opening else model


@cache
def _pattern(template: str) -> re.Pattern[str]:
    """Regular expression that matches sentences of this template."""
    parts = [
        re.escape(text) + (f"(?P<{name}>.+?)" if name else "")
        for text, name, _, _ in string.Formatter().parse(template)
    ]
    return re.compile("".join(parts), re.DOTALL)
