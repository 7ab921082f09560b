"""Corpora: what models were further trained on gives them their colour; without that, families."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from probes.types import Tables

from . import _style
from ._marks import MARKERS, ModelMark, marks
from ._page import LegendEntry


def looks(tables: Tables) -> dict[str, ModelMark]:
    """The mark of each model: by its corpus where any model has one, else by its family.

    The `family` of such a mark is the corpus; models without one are grey.
    """
    usual, of = marks(tables), corpora(tables)
    names = sorted(set(of.values()))
    if not names:
        return usual
    styles = {
        name: (_style.COLOURS[i % len(_style.COLOURS)], MARKERS[i % len(MARKERS)])
        for i, name in enumerate(names)
    }
    plain = (_style.GREY, "o")
    return {
        model: ModelMark(of.get(model, ""), *styles.get(of.get(model, ""), plain), pale=mark.pale)
        for model, mark in usual.items()
    }


def corpora(tables: Tables) -> Mapping[str, str]:
    """Model -> its corpus, of those that have one."""
    if "corpus" not in tables.models:
        return {}
    pairs = zip(tables.models["model"], tables.models["corpus"], strict=True)
    return {str(model): corpus for model, corpus in pairs if isinstance(corpus, str) and corpus}


def legend(shown: Iterable[ModelMark]) -> list[LegendEntry]:
    """What the colours mean, where they mean anything."""
    known = {mark.family: mark for mark in shown if mark.family}
    return [
        LegendEntry(_style.shorten(name), replace(mark, pale=False).style(solid=True))
        for name, mark in sorted(known.items())
    ]
